"""Old and new code of a function side by side in the target's interpreter: replay, differential runs and timing.

Loaded by path (see ``perfprof/profilers/inside/replay.py``), standard library only, Python 3.10 to 3.14.
"""
