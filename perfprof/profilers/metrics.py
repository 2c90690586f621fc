"""What the processes of a run use while it runs, looked at from outside at a fixed period."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from perfprof.profilers.journals import Journal

if TYPE_CHECKING:
    import psutil

PERIOD = 0.5  # seconds between two looks; at the beginning less, so that a short run is seen, too
_FIRST = 0.05
_THINNED = 4_000  # looks after which the period doubles: a day is not a hundred thousand rows


class Metrics:
    """Looks at a process and all that descend from it; a context manager. ``watch`` is told the first one's pid."""

    def __init__(self, period: float = PERIOD) -> None:
        self._period = period
        self._lines: list[list[Any]] = []
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._known: dict[int, psutil.Process] = {}

    def __enter__(self) -> Metrics:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def watch(self, pid: int) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._look_on, args=(pid,), daemon=True)
        self._thread.start()

    def journal(self) -> Journal:
        """What was seen, as lines for the parts."""
        return Journal({"pid": os.getpid()}, self._lines)

    def _look_on(self, pid: int) -> None:
        import psutil

        pause, looks = _FIRST, 0
        try:
            first = psutil.Process(pid)
            while not self._over.wait(pause):
                with contextlib.suppress(
                    IndexError
                ):  # psutil may read an empty line of a process that ends just now
                    self._look(first)
                looks += 1
                pause = min(pause * 1.5, self._period * 2 ** (looks // _THINNED))
        except psutil.Error:  # it is gone
            return

    def _look(self, first: psutil.Process) -> None:
        import psutil

        at = round(time.time(), 3)
        network = psutil.net_io_counters()
        self._lines.append(["machine", at, network.bytes_sent, network.bytes_recv, psutil.cpu_percent()])
        for process in (first, *first.children(recursive=True)):
            known = self._known.setdefault(process.pid, process)
            try:
                self._lines.append(["metric", at, known.pid, *_figures(known)])
            except psutil.Error:  # it ended meanwhile, or is somebody else's
                continue


def _figures(process: psutil.Process) -> tuple[float, ...]:
    """CPU seconds, resident bytes, threads, bytes read and written, open files, connections, seconds in the queue for
    a core; -1 for what is unknown.
    """
    with process.oneshot():
        used = process.cpu_times()
        return (
            round(used.user + used.system, 3),
            process.memory_info().rss,
            process.num_threads(),
            *_written(process),
            _count(getattr(process, "num_fds", None)),
            _count(lambda: len(process.net_connections("inet"))),
            _queued(process.pid),
        )


def _written(process: psutil.Process) -> tuple[int, int]:
    import psutil

    try:
        counters = process.io_counters()
    except (psutil.Error, OSError, AttributeError):  # macOS has none
        return -1, -1
    return counters.read_bytes, counters.write_bytes


def _queued(pid: int) -> float:
    """Seconds that the threads which are there now were ready to run and had no core; Linux tells."""
    found = 0
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += int((thread / "schedstat").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):  # another system, or a thread that ended meanwhile
        return -1
    return round(found / 1e9, 3)


def _count(asked: Any) -> int:
    import psutil

    try:
        return int(asked())
    except (psutil.Error, OSError, TypeError):
        return -1
