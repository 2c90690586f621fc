"""Run a command as a child: unchanged, in its own process group, its exit code and its CPU time known."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Any

from perfprof.errors import UsageError

Stream = int | IO[Any] | None

_FORWARDED = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
_SHELL = "/bin/sh"
_GRACE = 3.0  # seconds between SIGTERM and SIGKILL when the time is up


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended. exit_code: as a shell has it, 128 + n for signal n. seconds: wall clock.

    cpu_seconds: user and system time of the child and of all its descendants that were waited for.
    interrupted: perfprof was asked to stop meanwhile (Ctrl-C, SIGTERM) and passed it on. timed_out: it was stopped
    because its time was up.
    """

    exit_code: int
    seconds: float
    cpu_seconds: float
    interrupted: bool = False
    timed_out: bool = False


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
    stdin: Stream = None,
    stdout: Stream = None,
    stderr: Stream = None,
    started: Callable[[int], None] | None = None,
) -> Ran:
    """Run ``argv`` in ``cwd`` to its end.

    The program is found on the PATH of ``env``, as the user's shell would. Streams are inherited unless given; SIGINT
    and SIGTERM that reach perfprof go to the child's group, a second one kills it. When stdin is a terminal the child
    shares our group, so that reading, Ctrl-C and Ctrl-Z work as without us. ``started`` is told the child's pid.
    UsageError if the command or the folder is not there.
    """
    environment = dict(os.environ if env is None else env)
    alone = stdin is not None or not _is_terminal()
    clock = time.perf_counter()
    stopper = _Stopper(alone)
    with stopper.forwarding():
        child = _start(argv, cwd, environment, (stdin, stdout, stderr), alone=alone)
        stopper.begin(child.pid)
        with stopper.ending_after(timeout), lifeline(child.pid, group=alone):
            try:
                if started is not None:
                    started(child.pid)
                status, usage = _wait(child)
            except BaseException:  # of ours, not of the child, which must not outlive it
                stopper.kill()
                raise
    seconds = time.perf_counter() - clock
    return Ran(_exit_code(status), seconds, usage, stopper.interrupted, stopper.timed_out)


@contextmanager
def lifeline(pid: int, *, group: bool) -> Iterator[None]:
    """Whoever starts a process ends it with SIGKILL if it is itself gone at once, as by kill -9 or for want of memory.

    A shell waits for a line on a pipe that nobody else holds; where it comes to the end of the pipe instead, it does what
    is left to do. group: the process leads one, and all of it ends.
    """
    if os.name != "posix" or not os.path.exists(_SHELL):
        yield
        return
    argv = [_SHELL, "-c", 'read -r line || kill -9 "$0" 2>/dev/null', f"-{pid}" if group else str(pid)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, env={}, cwd="/", start_new_session=True
    ) as shell:
        assert shell.stdin is not None
        try:
            yield
        finally:
            with suppress(OSError):
                shell.stdin.write(b"done\n")
                shell.stdin.flush()


def _start(
    argv: Sequence[str], cwd: Path, env: Mapping[str, str], streams: tuple[Stream, Stream, Stream], *, alone: bool
) -> subprocess.Popen[bytes]:
    program = _program(argv, cwd, env)
    stdin, stdout, stderr = streams
    try:
        return subprocess.Popen(
            list(argv),
            executable=program,
            cwd=cwd,
            env=env,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            **_own_group(alone),
        )
    except OSError as error:
        raise UsageError(f"{argv[0]} cannot be started: {error.strerror}", where=str(program)) from None


def _program(argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> str:
    """The file that ``argv[0]`` names, searched as a shell in ``cwd`` would search it."""
    if not argv:
        raise UsageError("there is no command to run", todo="give one after --, e.g. -- python workload.py")
    if not cwd.is_dir():
        raise UsageError("there is no such folder to run the command in", where=str(cwd))
    name = argv[0]
    if os.sep in name:
        return _file(cwd, name)
    program = shutil.which(name, path=env.get("PATH", os.defpath))
    if program is not None:
        return program
    todo = "check the spelling"
    if (cwd / name).exists():
        todo = f"for the file in this folder: -- python {name}" if name.endswith(".py") else f"-- ./{name}"
    raise UsageError(f"{name}: there is no such command on PATH", todo=todo)


def _file(cwd: Path, name: str) -> str:
    found = cwd / name
    if not found.exists():
        raise UsageError(f"{name}: there is no such program", where=str(cwd))
    if found.is_dir() or not os.access(found, os.X_OK):
        todo = f"run it by its interpreter: -- python {name}" if name.endswith(".py") else f"chmod +x {name}"
        raise UsageError(f"{name} is not executable", where=str(cwd), todo=todo)
    return str(found.absolute())


def _is_terminal() -> bool:
    try:
        return os.isatty(0)
    except OSError:
        return False


def _own_group(alone: bool) -> dict[str, Any]:
    if not alone or os.name != "posix":
        return {}
    if sys.version_info >= (3, 11):
        return {"process_group": 0}
    return {"preexec_fn": os.setpgrp}


def _wait(child: subprocess.Popen[Any]) -> tuple[int, float]:
    """Wait for the child: its status and the CPU seconds of it and its descendants."""
    if not hasattr(os, "wait4"):
        code = child.wait()
        return code, 0.0
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)  # it is reaped: Popen must not wait again
    return child.returncode, usage.ru_utime + usage.ru_stime


def _exit_code(code: int) -> int:
    return code if code >= 0 else 128 - code


class _Stopper:
    """Passes signals on to the child, also those that come while it is being started, and ends it when its time is up."""

    def __init__(self, alone: bool) -> None:
        self._pid = 0
        self._early: list[int] = []
        self._alone = alone
        self._over = threading.Event()
        self.interrupted = False
        self.timed_out = False

    def begin(self, pid: int) -> None:
        """Now it is known who the child is: it gets what came before."""
        self._pid = pid
        for number in self._early:
            self._send(number)

    @contextmanager
    def forwarding(self) -> Iterator[None]:
        """SIGINT and its like go to the child, as long as this lasts; only the main thread can arrange it."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        wanted = [number for number in _FORWARDED if signal.getsignal(number) != signal.SIG_IGN]
        before = {number: signal.signal(number, self._forward) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, signal.SIG_DFL if handler is None else handler)

    @contextmanager
    def ending_after(self, timeout: float | None) -> Iterator[None]:
        """SIGTERM after ``timeout`` seconds, SIGKILL a little later."""
        watcher = threading.Thread(target=self._end, args=(timeout,), daemon=True) if timeout is not None else None
        if watcher is not None:
            watcher.start()
        try:
            yield
        finally:
            self._over.set()
            if watcher is not None:
                watcher.join()

    def kill(self) -> None:
        """End it at once."""
        self._send(signal.SIGKILL)

    def _forward(self, number: int, frame: FrameType | None) -> None:
        if not self._pid:
            self._early.append(signal.SIGKILL if self.interrupted else number)
        elif self.interrupted:
            self._send(signal.SIGKILL)
        elif number != signal.SIGINT or self._alone:  # a terminal sends Ctrl-C to the whole group itself
            self._send(number)
        self.interrupted = True

    def _end(self, timeout: float) -> None:
        if self._over.wait(timeout):
            return
        self.timed_out = True
        self._send(signal.SIGTERM)
        if not self._over.wait(_GRACE):
            self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        if self._alone and os.name == "posix":
            with suppress(ProcessLookupError):
                os.killpg(self._pid, number)
        else:
            _send_to_tree(self._pid, number)


def _send_to_tree(pid: int, number: int) -> None:
    """To the child and its descendants, where it has no group of its own."""
    import psutil

    with suppress(psutil.NoSuchProcess):
        child = psutil.Process(pid)
        for process in [*child.children(recursive=True), child]:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
