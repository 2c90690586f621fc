"""Tests by their id, one line each; perfprof's plugin for pytest says when one is over."""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter

from .. import journal

_lines: list[str] = []


def arm() -> None:
    """Have the journal ask for the lines."""
    journal.add(_collect, _lines.clear)


def note(name: str, outcome: str, seconds: float, cpu: float) -> None:
    """One test is over. seconds: wall clock with its fixtures. cpu: of this process, user and system."""
    _lines.append(journal.encode(["test", name, outcome, round(seconds, 6), round(cpu, 6)]))
    if perf_counter() > journal.due:
        journal.flush()


def _collect() -> Iterable[str]:
    lines = _lines[:]
    del _lines[: len(lines)]
    return lines
