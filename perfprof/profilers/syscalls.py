"""System calls of the whole tree of processes, counted by strace; slow, so a run of its own."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from perfprof.errors import UsageError
from perfprof.profilers.journals import Journal, Line
from perfprof.profilers.tools import without_strace

_FILE = "strace.txt"


def around(argv: Sequence[str], journals: Path) -> list[str]:
    """The command under strace, which stands aside (-D): signals and exit code stay the program's."""
    reason = without_strace()
    if reason:
        raise UsageError(f"system calls cannot be counted: {reason}")
    strace = shutil.which("strace") or "strace"
    return [strace, "-D", "-f", "-q", "-c", "-S", "time", "-o", str(journals / _FILE), "--", *argv]


def read_summary(journals: Path) -> Journal:
    """The table that strace wrote, as lines for the parts."""
    try:
        text = (journals / _FILE).read_text("utf-8", "replace")
    except OSError:
        text = ""
    lines: list[Line] = []
    for row in text.splitlines():
        words = row.split()  # % time, seconds, usecs/call, calls, errors if any, name
        if len(words) in (5, 6) and words[0].replace(".", "").isdigit() and words[-1] != "total":
            failed = int(words[4]) if len(words) == 6 else 0
            lines.append(["syscall", words[-1], int(words[3]), failed, float(words[1])])
    return Journal({"pid": 0}, lines or [["note", "strace left no summary"]])
