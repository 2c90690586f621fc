"""Samples of a program that runs already: py-spy looks in from outside, nothing in the program is touched."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

from perfprof.errors import PerfprofError, UsageError
from perfprof.profilers.cpu import RATE, find_py_spy, read_raw, yama_scope
from perfprof.profilers.merge import Seen, Writer
from perfprof.profilers.packages import without_secrets
from perfprof.profilers.recording import Recording


def attach(pid: int, folder: Path, seconds: float) -> Recording:
    """Sample process ``pid`` and its children for ``seconds``, or until it ends or Ctrl-C; ``folder/recording.sqlite``.

    UsageError if there is no such process, PerfprofError with the reason if py-spy may not look into it.
    """
    import psutil

    try:
        process = psutil.Process(pid)
        command, before = without_secrets(" ".join(process.cmdline())), _cpu(process)
    except psutil.Error as error:
        raise UsageError(f"there is no process {pid} to look into ({error})") from None
    begun, started = time.perf_counter(), datetime.now(timezone.utc)
    seen = _sampled(pid, seconds)
    used = _cpu(process) - before if process.is_running() else 0.0
    folder.mkdir(parents=True, exist_ok=True)
    writer = Writer(folder / "recording.sqlite")
    writer.add_all([], seen)
    meta = {"command": command, "folder": os.getcwd(), "exit_code": "0", "interval": str(1 / RATE)}
    meta |= {"started": started.isoformat(timespec="seconds"), "seconds": f"{time.perf_counter() - begun:.3f}"}
    meta |= {
        "cpu_seconds": f"{max(used, 0.0):.3f}",
        "notes": "only samples: recorders must be there from the start",
    }
    writer.finish(meta)
    return Recording.open(folder / "recording.sqlite")


def _sampled(pid: int, seconds: float) -> dict[int, Seen]:
    py_spy = find_py_spy()
    if py_spy is None:
        raise PerfprofError("py-spy is not installed", todo="Install it: pip install py-spy")
    place = Path(tempfile.mkdtemp(prefix="perfprof-attach-"))
    output = place / "samples.txt"
    options = ["-f", "raw", "--full-filenames", "-t", "-s", "-r", str(RATE), "-d", str(max(round(seconds), 1))]
    try:
        ended, said = _run([py_spy, "record", *options, "-o", str(output), "--pid", str(pid)])
        if not output.exists():
            first = next(
                (line for line in said.splitlines() if "rror" in line), said.strip() or f"exit code {ended}"
            )
            raise PerfprofError(f"py-spy may not look into it: {first}", where=f"process {pid}", todo=_advice())
        found: dict[int, Seen] = {}
        read_raw(output.read_text("utf-8", "replace"), found)
        return found
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _run(argv: list[str]) -> tuple[int, str]:
    """Run py-spy in a session of its own; Ctrl-C ends the sampling, and what was seen is kept."""
    process = subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    try:
        said, _ = process.communicate()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate()
    return process.returncode, said.decode("utf-8", "replace")


def _advice() -> str:
    if os.geteuid() != 0 and yama_scope() not in ("", "0"):
        return "Run it as root, or allow it: sysctl kernel.yama.ptrace_scope=0"
    return "Is it a Python program of yours? In a container the capability SYS_PTRACE is needed."


def _cpu(process: object) -> float:
    times = process.cpu_times()  # type: ignore[attr-defined]
    return float(times.user + times.system)
