"""Samples of a running process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from perfprof.errors import PerfprofError, UsageError
from perfprof.profilers.attach import attach
from perfprof.profilers.cpu import find_py_spy

PROGRAM = """
def spin():
    total = 0
    while True:
        for i in range(1_000):
            total += i

print("ready", flush=True)
spin()
"""


@pytest.mark.skipif(find_py_spy() is None, reason="py-spy is not installed")
def test_a_running_program_is_sampled_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    command = [sys.executable, str(tmp_path / "program.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            recording = attach(process.pid, tmp_path / "run", 1.0)
        except PerfprofError as error:
            pytest.skip(str(error))  # no right to look into other processes here
        finally:
            still = process.poll() is None
            process.kill()
    assert still
    with recording:
        assert recording.share(tmp_path / "program.py", 2, 6) > 0.9
        assert float(recording.meta["cpu_seconds"]) > 0


def test_no_such_process(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    with pytest.raises(UsageError, match="no process"):
        attach(child.pid, tmp_path, 1.0)


def test_what_is_no_python_is_told(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "30"]) as process:
        try:
            with pytest.raises(PerfprofError, match=f"process {process.pid}"):
                attach(process.pid, tmp_path, 1.0)
        finally:
            process.kill()
