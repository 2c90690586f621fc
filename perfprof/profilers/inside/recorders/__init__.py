"""What notes the program's deeds while it runs: one module or package each, with ``arm()``, which PERFPROF_RECORD names.

A recorder adds its lines to the journal (``journal.add``); the part of the same subject in `profilers/parts` makes
rows of them. Adding one takes a file here and a file there, and its name in `workload.RECORDERS`.
"""
