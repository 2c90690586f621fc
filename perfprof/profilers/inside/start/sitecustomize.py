"""The way in: this folder stands first on PYTHONPATH, so the interpreter imports this file before the program.

It arms the recorders that PERFPROF_* asks for, takes its folder off ``sys.path`` and runs the ``sitecustomize``
that would have run without us.
"""

import os
import sys

_START = os.path.dirname(os.path.abspath(__file__))


def _arm() -> None:
    """Load our modules as a package under a private name that no program has."""
    package = type(sys)("_perfprof")
    package.__path__ = [os.path.dirname(_START)]
    sys.modules["_perfprof"] = package
    from _perfprof import arm  # type: ignore[import-not-found]

    arm.arm()


def _chain() -> None:
    """Run the user's own sitecustomize in our place, if there is one; its errors stay its own."""
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec("sitecustomize")
    if spec is None or spec.loader is None:
        return
    module = sys.modules["sitecustomize"]
    module.__spec__, module.__loader__, module.__file__ = spec, spec.loader, spec.origin
    spec.loader.exec_module(module)


sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != _START]
if os.environ.get("PERFPROF_FOLDER"):
    try:
        _arm()
    except Exception:  # the program runs without us rather than not at all
        pass
_chain()
