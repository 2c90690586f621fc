"""What the program did: recorders, probes and the files they write."""
