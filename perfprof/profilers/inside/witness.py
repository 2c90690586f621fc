"""Which of the project's files did this run execute, and from which copy? Used as ``sitecustomize`` by the judge.

PERFPROF_WITNESS        file that gets one line a file: path, interpreter, and the folders of the project on sys.path
PERFPROF_WITNESS_ROOTS  folders, separated as in PATH; files elsewhere are not noted

PERFPROF_REACH_IMPORT   set where tests are told apart, see replaying/reach.py

The interpreter raises the audit event "exec" for the code of every module that it runs, whoever loads it.
"""

import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))


def _watch(file: str, roots: "tuple[str, ...]") -> None:
    seen = set()

    def note(event: str, arguments: "tuple[object, ...]") -> None:
        if event != "exec":
            return
        try:
            name = arguments[0].co_filename  # type: ignore[attr-defined]
            if name in seen or name.startswith("<"):
                return
            seen.add(name)
            path = os.path.abspath(name)
            if path.startswith(roots):
                descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
                try:
                    os.write(descriptor, os.fsencode("\t".join((path, sys.executable, *_folders(roots)))) + b"\n")
                finally:
                    os.close(descriptor)
        except Exception:  # the program must not notice
            return

    sys.addaudithook(note)


def _folders(roots: "tuple[str, ...]") -> "list[str]":
    entries = [os.path.abspath(entry or ".") for entry in sys.path]
    return [entry for entry in entries if (entry + os.sep).startswith(roots)]


def _chain() -> None:
    """Run the user's own sitecustomize in our place, if there is one; its errors stay its own."""
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec("sitecustomize")
    if spec is None or spec.loader is None:
        return
    module = sys.modules["sitecustomize"]
    module.__spec__, module.__loader__, module.__file__ = spec, spec.loader, spec.origin
    spec.loader.exec_module(module)


if __name__ == "sitecustomize":
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != _HERE]
    if os.environ.get("PERFPROF_WITNESS"):
        _watch(
            os.environ["PERFPROF_WITNESS"],
            tuple(root + os.sep for root in os.environ.get("PERFPROF_WITNESS_ROOTS", "").split(os.pathsep) if root),
        )
    if os.environ.get("PERFPROF_REACH_IMPORT"):
        __import__("_perfprof_reach")
    _chain()
