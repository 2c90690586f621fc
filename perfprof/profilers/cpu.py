"""CPU samples by py-spy, from outside: for programs that cannot bear a signal, or need SIGPROF themselves.

Its samples are of wall clock, so on a busy machine they count waiting for a core (docs/decisions/0007).

A Python that starts asks at the gate (``inside/arm.py``). The first one of a tree gets a py-spy of its own, attached
before the program begins; whatever descends from it samples itself, too, because py-spy notices children only after a
while. The merge takes for each process what saw more of it.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from perfprof.profilers.merge import Seen
from perfprof.profilers.recording import Frame

Choice = Literal["auto", "py-spy", "loops", "off"]

RATE = 200  # samples a second; inside/loops.py has the same
_ATTACHED = 8  # py-spy processes at most; later trees sample themselves
_READY = "Sampling process"
_PATIENCE = 10.0  # seconds that attaching may take on a busy machine (one that may not look in ends at once)
_RECORD = re.compile(r'^(?=process \d+:")', re.MULTILINE)
_PROCESS = re.compile(r'(?:^|";)process (\d+):"')
_FRAME = re.compile(r"(.*?) \((.*?)(?::(\d+))?\)", re.DOTALL)
_WAITING = {  # functions of the standard library that end in a call which sleeps
    "threading.py": frozenset({"wait", "_wait_for_tstate_lock", "join", "acquire"}),
    "selectors.py": frozenset({"select"}),
}


def find_py_spy() -> str | None:
    """The binary next to this interpreter, else the one on PATH."""
    beside = Path(sys.executable).parent / ("py-spy.exe" if os.name == "nt" else "py-spy")
    return str(beside) if beside.is_file() else shutil.which("py-spy")


def gate_is_possible(choice: Choice) -> bool:
    """Whether to try py-spy at all."""
    return choice == "py-spy" and find_py_spy() is not None and hasattr(os, "mkfifo")


def leave_to_look() -> dict[str, str]:
    """What a process must know to let py-spy, a child of ours, look into it; empty where no leave is needed."""
    if yama_scope() == "1" and os.geteuid() != 0:
        return {"PERFPROF_TRACER": str(os.getpid())}
    return {}


def yama_scope() -> str:
    """Who may look into whose processes on this Linux; empty where nothing is restricted."""
    try:
        return Path("/proc/sys/kernel/yama/ptrace_scope").read_text("ascii").strip()
    except OSError:
        return ""


class Gate:
    """Answers each Python that starts how it is sampled, and keeps the py-spy processes; a context manager.

    notes: why py-spy could not be used, one sentence each. waited: seconds that starts were held up.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._py_spy = find_py_spy() or "py-spy"
        self._attached: dict[int, _PySpy] = {}
        self.notes: list[str] = []
        self.waited = 0.0

    def __enter__(self) -> Gate:
        path = self._folder / "gate"
        os.mkfifo(path, 0o600)
        self._fifo = os.open(path, os.O_RDWR)  # for writing too, so that it never ends
        self._thread = threading.Thread(target=self._answer_all, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        os.write(self._fifo, b"stop\n")
        self._thread.join()
        os.close(self._fifo)
        for spy in self._attached.values():
            spy.finish()

    def samples(self) -> dict[int, Seen]:
        """What py-spy saw, by process; read after the gate is closed."""
        found: dict[int, Seen] = {}
        for spy in self._attached.values():
            if spy.output.exists():
                read_raw(spy.output.read_text("utf-8", "replace"), found)
            else:
                self._note("py-spy left no samples")
        return found

    def _answer_all(self) -> None:
        with open(self._fifo, encoding="ascii", closefd=False) as asked:
            for line in asked:
                name = line.strip()
                if name == "stop":
                    return
                self._answer(name)

    def _answer(self, name: str) -> None:
        start = time.perf_counter()
        answer = "py-spy" if self._attach(int(name.partition("-")[0])) else "loops"
        self.waited += time.perf_counter() - start
        draft = self._folder / f"{name}.draft"
        draft.write_text(answer, encoding="ascii")
        draft.replace(self._folder / name)

    def _attach(self, pid: int) -> bool:
        """Have py-spy sample this process, unless it descends from one that is sampled."""
        if len(self._attached) >= _ATTACHED or self.notes or self._descends(pid):
            return False
        spy = _PySpy(self._py_spy, pid, self._folder / f"py-spy-{pid}.txt")
        if spy.is_ready(_PATIENCE):
            self._attached[pid] = spy
            return True
        spy.finish()
        self._note(f"py-spy could not attach ({spy.complaint}), so processes sampled themselves, loop by loop")
        return False

    def _descends(self, pid: int) -> bool:
        import psutil

        try:
            family = {pid, *(parent.pid for parent in psutil.Process(pid).parents())}
        except psutil.Error:
            return True
        return not family.isdisjoint(self._attached)

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


class _PySpy:
    """One py-spy on one process and its children; it ends with the process."""

    def __init__(self, program: str, pid: int, output: Path) -> None:
        self.output = output
        self.complaint = "it does not start"
        self._ready = threading.Event()
        self._sampling = False
        options = ["-f", "raw", "--full-filenames", "-t", "-s", "-r", str(RATE), "-o", str(output)]
        try:
            self._process: subprocess.Popen[str] | None = subprocess.Popen(
                [program, "record", *options, "--pid", str(pid)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
        except OSError as error:
            self._process, self.complaint = None, str(error.strerror)
            self._ready.set()
            return
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def is_ready(self, patience: float) -> bool:
        """Wait until it samples."""
        self._ready.wait(patience)
        return self._sampling

    def finish(self) -> None:
        """Wait for it to write its file; it is interrupted if it does not see that the process is gone."""
        if self._process is None:
            return
        for number in (signal.SIGINT, signal.SIGKILL):
            try:
                self._process.wait(5.0 if self._sampling else 0.1)
                break
            except subprocess.TimeoutExpired:
                self._process.send_signal(number)
        self._process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        first = ""
        for line in self._process.stdout:
            if _READY in line:
                self._sampling = True
                self._ready.set()
            first = first or line.strip()
        if first and not self._sampling:
            self.complaint = first.removeprefix("Error: ")
        self._process.stdout.close()
        self._ready.set()


def read_raw(text: str, into: dict[int, Seen]) -> None:
    """Read py-spy's raw format: processes, thread and frames of a stack, ``;`` between them, and a count a line.

    A command line stands in quotes as it is, with semicolons and line ends, so lines are found by their beginning.
    """
    for record in _RECORD.split(text):
        head, _, tail = record.partition('";thread (')
        stack, _, count = tail.partition("\n")[0].rpartition(" ")
        pids = [int(pid) for pid in _PROCESS.findall(head)]
        if not pids or not count.isdigit():
            continue
        label, *frames = stack.split(";")
        seen = into.get(pids[-1])
        if seen is None:
            command = head[head.rindex(f'process {pids[-1]}:"') :].partition('"')[2]
            seen = into[pids[-1]] = Seen(pids[-1], pids[-2] if len(pids) > 1 else 0, command)
        found = tuple(_frames(frames))
        if not found or not _waits(found[-1]):
            seen.stacks[_thread(label, pids[-1]), found] += int(count)


def _waits(frame: Frame) -> bool:
    """Whether a thread that stands there waits for another one; py-spy cannot tell on every system."""
    functions = _WAITING.get(frame.path.replace("\\", "/").rpartition("/")[2], frozenset())
    return "python3." in frame.path and frame.function.rpartition(".")[2] in functions


def _thread(label: str, pid: int) -> str:
    number, _, name = label.partition("): ")
    number = number.rstrip(")")
    return name or ("MainThread" if number == str(pid) else number)


def _frames(parts: list[str]) -> Iterator[Frame]:
    for part in parts:
        match = _FRAME.fullmatch(part)
        if match is not None:
            yield Frame(match.group(2), match.group(1), int(match.group(3) or 0))
