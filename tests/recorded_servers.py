"""Start a server as its user would, under ``perfprof record``, and read the recording when it has ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError

import psutil

from perfprof.profilers.recording import Recording


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def recorded_server(folder: Path, *argv: str, port: int, options: tuple[str, ...] = ()) -> Iterator[str]:
    """The base address of the server; it gets SIGTERM at the end, and its recording is ``folder/r.sqlite``."""
    command = [sys.executable, "-m", "perfprof", "record", "--sampler", "loops", "-o", "r.sqlite", *options]
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    with open(folder / "out.txt", "wb") as output:
        process = subprocess.Popen(
            [*command, "--", *argv], cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env
        )
    base = f"http://127.0.0.1:{port}"
    try:
        _wait(port, process, folder)
        yield base
    finally:
        _settle(process)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def _settle(process: subprocess.Popen) -> None:
    """Until nobody works any more: the last answer may be out before its request is over."""
    until = time.monotonic() + 10
    quiet = 0
    while quiet < 10 and time.monotonic() < until:
        time.sleep(0.02)
        quiet = 0 if _works(process.pid) else quiet + 1


def _works(pid: int) -> bool:
    """Whether a thread of these processes runs or waits for a core; where the system does not tell, none does."""
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        tasks = [task for one in family for task in Path(f"/proc/{one.pid}/task").glob("*/stat")]
        return any(task.read_text("utf-8", "replace").rpartition(")")[2].split()[0] == "R" for task in tasks)
    except (psutil.Error, OSError):  # one that ended meanwhile
        return True


def _wait(port: int, process: subprocess.Popen, folder: Path) -> None:
    for _ in range(1200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, (folder / "out.txt").read_text()
        time.sleep(0.05)
    raise AssertionError((folder / "out.txt").read_text())


def get(url: str) -> int:
    """The status."""
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            answer.read()
            return answer.status
    except HTTPError as error:
        return error.code
    except URLError as error:
        raise AssertionError(url) from error


def recording(folder: Path) -> Recording:
    """What was recorded; the server's output is told if there is nothing."""
    assert (folder / "r.sqlite").exists(), (folder / "out.txt").read_text()
    return Recording.open(folder / "r.sqlite")
