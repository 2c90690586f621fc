"""Run a command to its end, or to its time limit, in a process group that can be ended as a whole."""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import select
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from perfprof.errors import BaselineError, PerfprofError
from perfprof.profilers.processes import lifeline

if TYPE_CHECKING:
    import psutil

TOKEN = "PERFPROF_JUDGED_BY"  # noqa: S105 (an environment variable by which our descendants are known)
LAST_BYTES = 64_000
_LOOK_EVERY = 0.05  # seconds between two looks at the memory
_GRACE = 5.0  # seconds until a process that was killed is over, at most


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended.

    code: exit code, negative for a signal. seconds: wall clock. cpu: user and system seconds of it and of all its
    descendants that were waited for. memory: peak resident bytes of its processes together, 0 if unknown.
    output: the end of what it wrote, both streams. late: it was ended because its time, ``limit`` seconds, was over.
    """

    argv: tuple[str, ...]
    code: int
    seconds: float
    cpu: float
    memory: int
    output: str
    late: bool = False
    limit: float = math.inf

    @property
    def well(self) -> bool:
        """Did it end by itself with exit code 0?"""
        return self.code == 0 and not self.late

    def last_lines(self, count: int = 15) -> str:
        """The end of its output, for a message."""
        return "\n".join(self.output.rstrip().splitlines()[-count:])


class Processes:
    """All commands of one judge, so that none outlives it."""

    def __init__(self) -> None:
        self.token = f"{os.getpid()}-{time.time_ns()}"
        self._running: set[int] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._numbers = itertools.count(1)

    def run(self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float) -> Ran:
        """Run a command with no input; its output is kept in memory, its end only."""
        begun = time.monotonic()
        with tempfile.TemporaryFile() as paper:
            token = f"{self.token}.{next(self._numbers)}"
            process = self._start(argv, cwd, {**env, TOKEN: token}, paper)
            memory = _Memory(process.pid)
            late = False
            try:
                with lifeline(process.pid, group=True):
                    late = not _ended(process.pid, begun + timeout, memory.look)
            finally:
                _kill_group(process.pid)
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
                with self._lock:
                    self._running.discard(process.pid)
            if late:
                self.sweep(token)
            return Ran(
                tuple(argv),
                process.returncode,
                time.monotonic() - begun,
                usage.ru_utime + usage.ru_stime,
                memory.peak,
                _tail(paper),
                late,
                timeout,
            )

    def close(self) -> None:
        """End whatever still runs, also what left its process group."""
        with self._lock:
            self._closed = True
            running = tuple(self._running)
        for pid in running:
            _kill_group(pid)
        self.sweep()

    def sweep(self, token: str = "") -> None:
        """End descendants that are no longer in a group of ours, known by a variable in their environment.

        token: of the run whose descendants are meant; empty for all of this judge.
        """

        def ours(environment: Mapping[str, str]) -> bool:
            known = environment.get(TOKEN, "")
            return known == token if token else known.startswith(f"{self.token}.")

        kill_where(ours)

    def _start(
        self, argv: Sequence[str], cwd: Path, env: Mapping[str, str], paper: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise PerfprofError("the judge was closed while it worked")
            try:
                process = subprocess.Popen(
                    list(argv),
                    cwd=cwd,
                    env=dict(env),
                    stdin=subprocess.DEVNULL,
                    stdout=paper,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                what = f"the command cannot be started: {error.strerror}"
                raise BaselineError(
                    what, where=argv[0], todo="Check its name and whether it is installed."
                ) from None
            self._running.add(process.pid)
            return process


class _Memory:
    """Peak resident memory by asking the kernel for its high-water marks (``ru_maxrss`` starts at the parent's)."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peaks: dict[int, int] = {}

    @property
    def peak(self) -> int:
        return sum(self._peaks.values())

    def look(self) -> None:
        todo = [self._pid]
        while todo:
            pid = todo.pop()
            with contextlib.suppress(OSError, ValueError, IndexError):
                status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
                mark = status.split("VmHWM:", 1)[1].split(None, 1)[0]
                self._peaks[pid] = max(self._peaks.get(pid, 0), int(mark) * 1024)
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
                todo += [int(child) for child in children.split()]


def _ended(pid: int, deadline: float, look: Callable[[], None]) -> bool:
    """Wait for the end of a process without collecting it; False when the time is over first."""
    descriptor = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else -1
    try:
        while True:
            left = deadline - time.monotonic()
            if left <= 0:  # it may have ended in time, and nobody had a core to see it
                return _over(pid)
            if descriptor >= 0:
                select.select([descriptor], [], [], min(left, _LOOK_EVERY))
            else:
                time.sleep(min(left, 0.005))
            if _over(pid):
                return True
            look()
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def _over(pid: int) -> bool:
    """Has it ended? It is left to be collected, so that its number cannot belong to another process yet."""
    if hasattr(os, "waitid"):
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    import psutil

    return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def kill_where(meant: Callable[[Mapping[str, str]], bool]) -> None:
    """End the processes with variables that are meant, but not this one; those that cannot be looked into are left.

    What they were about to write is written when it returns: it waits for them a little.
    """
    import psutil

    killed: list[psutil.Process] = []
    for pid in psutil.pids():
        # IndexError: of a process that ends just now psutil may read an empty line.
        with contextlib.suppress(psutil.Error, OSError, IndexError):
            process = psutil.Process(pid)
            if pid != os.getpid() and meant(process.environ()):
                process.kill()
                killed.append(process)
    until = time.monotonic() + _GRACE
    while any(_lives(process) for process in killed) and time.monotonic() < until:
        time.sleep(0.005)


def _lives(process: psutil.Process) -> bool:
    """Not over yet; who has nobody to collect it is over, too."""
    import psutil

    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except (psutil.Error, OSError, IndexError):
        return False


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _tail(paper: IO[bytes]) -> str:
    size = paper.seek(0, os.SEEK_END)
    paper.seek(max(0, size - LAST_BYTES))
    return paper.read().decode("utf-8", "replace")
