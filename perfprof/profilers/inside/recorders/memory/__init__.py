"""Memory: who allocates, and what grows. For a run of its own, whose times say nothing.

PERFPROF_MEMRAY          a folder where memray can be imported from, if the program's interpreter has none of its own
PERFPROF_MEMRAY_PYTHON   the version of Python that it is for

memray writes a file of its own next to the journal, also when the process is killed; where it cannot be imported,
tracemalloc tells of live blocks at each census.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from ... import journal
from . import census

_FRAMES = 8  # of a stack that tracemalloc keeps

_state: dict[str, Any] = {"tracker": None}


def arm() -> None:
    """Trace, and take a census of types and containers from time to time."""
    backend = "memray" if _memray() else "tracemalloc"
    if backend == "tracemalloc":
        import tracemalloc

        tracemalloc.start(_FRAMES)
    census.start(backend)
    journal.SHARE = 0.5  # a census takes its time, and times say nothing here
    journal.add(census.collect, census.forked)


def _memray() -> bool:
    """Start memray on this process and its forks; False if it cannot be had."""
    ours = ".".join(map(str, sys.version_info[:2])) == os.environ.get("PERFPROF_MEMRAY_PYTHON")
    folder = os.environ.get("PERFPROF_MEMRAY", "") if ours else ""
    try:
        memray = _imported(folder)
        file = os.path.join(os.environ["PERFPROF_FOLDER"], f"memory-{os.getpid()}.memray")
        tracker = memray.Tracker(file, trace_python_allocators=True, follow_fork=True, memory_interval_ms=20)
        tracker.__enter__()
    except Exception:  # another version, another platform
        return False
    _state["tracker"] = tracker
    import atexit

    atexit.register(_stop)
    return True


def _imported(folder: str) -> Any:
    try:
        return __import__("memray")
    except ImportError:
        if not folder:
            raise
    sys.path.append(folder)
    try:
        return __import__("memray")
    finally:
        sys.path.remove(folder)


def _stop() -> None:
    tracker, _state["tracker"] = _state["tracker"], None
    if tracker is not None:
        census.take()
        tracker.__exit__(None, None, None)
