"""Running a program of a test under the probes."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path

from perfprof.profilers.workload import Observations, observe

PYTHON = os.environ.get("PERFPROF_TEST_PYTHON", sys.executable)


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(text))


def observed(folder: Path, *argv: str, watches=(), captures=(), expected: int = 0) -> Observations:
    output = folder / "out.txt"
    found = observe(
        [PYTHON, *argv], cwd=folder, folder=folder / ".perfprof", watches=watches, captures=captures, output=output
    )
    assert found.exit_code == expected, output.read_text()
    return found
