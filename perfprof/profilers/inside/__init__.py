"""What runs inside the user's process: recorders, probes, captures.

Only the standard library, Python 3.10 and newer. The folder is loaded under the name ``_perfprof`` by
``start/sitecustomize.py``, so its modules name one another relatively and never meet a module of the program.
Nothing here prints, raises into the program or changes its exit code.
"""
