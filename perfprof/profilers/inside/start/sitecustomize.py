"""The way in: this folder stands first on PYTHONPATH, so the interpreter imports this file before the program.

It arms the recorders that PERFPROF_* asks for, takes its folder off ``sys.path`` and runs the ``sitecustomize``
that would have run without us. Interpreters too old for the recorders can read it, too, and only do the latter.
"""

import os
import sys

_start = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != _start]

if os.environ.get("PERFPROF_FOLDER") and sys.version_info >= (3, 10):
    try:
        _package = type(sys)("_perfprof")  # our modules as a package under a name that no program has
        _package.__path__ = [os.path.dirname(_start)]
        sys.modules["_perfprof"] = _package
        from _perfprof import arm  # type: ignore[import-not-found]

        arm.arm()
    except Exception:  # the program runs without us rather than not at all
        pass

try:
    from importlib.machinery import PathFinder
except ImportError:  # Python 2
    PathFinder = None  # type: ignore[assignment,misc]

_spec = PathFinder.find_spec("sitecustomize") if PathFinder is not None else None
if _spec is not None and _spec.loader is not None:
    _module = sys.modules["sitecustomize"]
    _module.__spec__, _module.__loader__, _module.__file__ = _spec, _spec.loader, _spec.origin
    _spec.loader.exec_module(_module)  # its errors stay its own
