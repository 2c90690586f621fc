"""Run a test suite by whatever command the user gave, and understand what it says."""

from __future__ import annotations

import re
from dataclasses import dataclass

from perfprof.optimizer.judge.processes import Ran

_PYTEST_COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed|deselected)\b")
_PYTEST_LINE = re.compile(r"^=*\s*((?:\d+ \w+(?:, )?)+|no tests ran)\b.* in [\d.]+s", re.MULTILINE)
_PYTEST_NAME = re.compile(r"^(?:FAILED|ERROR) (\S+(?: \[[^\]]*\])?)", re.MULTILINE)
_UNITTEST_RAN = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)
_UNITTEST_END = re.compile(r"^(?:FAILED|OK)(?: \(([^)]*)\))?\s*$", re.MULTILINE)
_UNITTEST_NAME = re.compile(r"^(?:FAIL|ERROR): (\S+(?: \([^)]*\))?)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Suite:
    """One run of the tests. passed: -1 if the command does not tell. failures: names of tests, where they are known."""

    ran: Ran
    passed: int = -1
    failed: int = -1
    failures: tuple[str, ...] = ()

    @property
    def green(self) -> bool:
        """Exit code 0, in time."""
        return self.ran.well

    @property
    def empty(self) -> bool:
        """Did it say that it ran no test at all?"""
        return self.passed == 0 and self.failed == 0

    def sentence(self) -> str:
        """``212 passed`` or what went wrong."""
        if self.ran.late:
            return f"the tests did not end within {self.ran.limit:.0f} s"
        if self.green:
            return f"{self.passed:,} passed" if self.passed >= 0 else "exit code 0"
        if self.failures:
            more = f" and {len(self.failures) - 3} more" if len(self.failures) > 3 else ""
            return f"{len(self.failures)} failed: {', '.join(self.failures[:3])}{more}"
        return f"the tests ended with exit code {self.ran.code}"


def read(ran: Ran) -> Suite:
    """Counts and names from the output of pytest or unittest; for anything else the exit code decides."""
    lines = _PYTEST_LINE.findall(ran.output)
    if lines:
        counts = {word.rstrip("s"): int(number) for number, word in _PYTEST_COUNT.findall(lines[-1])}
        failed = counts.get("failed", 0) + counts.get("error", 0)
        names = tuple(dict.fromkeys(_PYTEST_NAME.findall(ran.output)))
        return Suite(
            ran, counts.get("passed", 0) + counts.get("xfailed", 0) + counts.get("xpassed", 0), failed, names
        )
    total = _UNITTEST_RAN.findall(ran.output)
    if total:
        names = tuple(dict.fromkeys(_UNITTEST_NAME.findall(ran.output)))
        return Suite(ran, int(total[-1]) - len(names) - _skipped(ran.output), len(names), names)
    return Suite(ran)


def _skipped(output: str) -> int:
    ends = _UNITTEST_END.findall(output)
    found = re.search(r"skipped=(\d+)", ends[-1]) if ends else None
    return int(found.group(1)) if found else 0
