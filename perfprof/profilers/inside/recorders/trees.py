"""Call trees of chosen requests and tests by pyinstrument: where the time went, waiting (`[await]`) included.

PERFPROF_TREE             a request is followed if its path contains this; empty for none
PERFPROF_PYINSTRUMENT     perfprof's pyinstrument, for programs that have none of their own
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable
from time import perf_counter
from types import ModuleType
from typing import Any

from .. import journal, serving

_MOST = 5  # of the slowest that are kept in a process
_INTERVAL = 0.001  # seconds
_LONGEST = 20_000  # characters of a tree

_INSIDE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep

_slowest: list[_Tree] = []
_said: set[str] = set()


class _Tree:
    """One request or test that was followed."""

    __slots__ = ("name", "seconds", "session", "written")

    def __init__(self, name: str, seconds: float, session: Any) -> None:
        self.name, self.seconds, self.session, self.written = name, seconds, session, False


def arm() -> None:
    """Follow requests whose path contains PERFPROF_TREE; tests are told of by perfprof's plugin for pytest."""
    journal.add(_collect, _forked)
    wanted = os.environ.get("PERFPROF_TREE", "")
    if wanted:
        serving.on_begin = lambda request: _begin_request(request, wanted)


def _begin_request(request: Any, wanted: str) -> Callable[[], None] | None:
    return begin(f"{request.method} {request.path}") if wanted in request.path else None


def begin(name: str) -> Callable[[], None] | None:
    """Follow what this thread or task does from here; what is given ends it. None if it cannot be followed."""
    try:
        profiler = _load().Profiler(interval=_INTERVAL, async_mode="enabled")
        profiler.start()
    except Exception as error:  # another profiler is at work here, or pyinstrument cannot be imported
        _say(f"no call trees: {error}")
        return None
    start = perf_counter()

    def end() -> None:
        try:
            _keep(_Tree(name, perf_counter() - start, profiler.stop()))
        except Exception as error:  # it ends in another thread than it began in
            _say(f"no call tree of some requests: {error}")

    return end


def _keep(tree: _Tree) -> None:
    _slowest.append(tree)
    _slowest.sort(key=lambda one: -one.seconds)
    del _slowest[_MOST:]


def _say(text: str) -> None:
    _said.add(text)


def _collect() -> Iterable[str]:
    lines = [journal.encode(["note", text]) for text in sorted(_said)]
    for tree in _slowest:
        if not tree.written:
            tree.written = True
            lines.append(journal.encode(["tree", tree.name, round(tree.seconds, 6), _text(tree)]))
            tree.session = None
    return lines


def _text(tree: _Tree) -> str:
    console: Any = sys.modules["pyinstrument.renderers"].ConsoleRenderer
    hidden = {"hide_regex": f"{re.escape(_INSIDE)}.*"}  # our own frames are not the program's
    renderer = console(unicode=True, color=False, short_mode=True, processor_options=hidden)
    text: str = renderer.render(tree.session)
    lines = [line[3:] if line.startswith(".  ") else line for line in text.splitlines()]
    kept = [
        line.rstrip()
        for line in lines
        if line.strip(" .") and not line.startswith(("pyinstrument ", "Profile at "))
    ]
    return "\n".join(kept)[:_LONGEST]


def _load() -> Any:
    """The program's pyinstrument, or perfprof's by its path."""
    try:
        import pyinstrument  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return _carried(os.environ.get("PERFPROF_PYINSTRUMENT", ""))
    return pyinstrument


def _carried(place: str) -> ModuleType:
    """pyinstrument from ``place``; its C part belongs to one version of Python, for others it brings one in Python."""
    from importlib import import_module
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location(
        "pyinstrument", os.path.join(place, "__init__.py"), submodule_search_locations=[place]
    )
    if not place or spec is None or spec.loader is None:
        raise ImportError("pyinstrument is not installed")
    module = sys.modules["pyinstrument"] = module_from_spec(spec)
    try:
        try:
            import_module("pyinstrument.low_level.stat_profile")
        except ImportError:
            plain: Any = import_module("pyinstrument.low_level.stat_profile_python")
            plain.measure_timing_overhead = lambda: {"walltime": 0.0}
            plain.walltime_coarse_resolution = lambda: None
            sys.modules["pyinstrument.low_level.stat_profile"] = plain
            _say("call trees were taken in plain Python (this version has no pyinstrument): calls look too dear")
        spec.loader.exec_module(module)
    except BaseException:
        for name in [name for name in sys.modules if name.partition(".")[0] == "pyinstrument"]:
            del sys.modules[name]
        raise
    return module


def _forked() -> None:
    _slowest.clear()
    _said.clear()
