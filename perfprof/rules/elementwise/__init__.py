"""Loops over the elements of arrays: reading them, what a run must tell, and the same with whole arrays."""
