"""The errors a user may see: what went wrong, where, and what to do.

PerfprofError            exit code 1
├── UsageError           2: wrong use or wrong configuration
└── BaselineError        3: the workload or the tests fail before any change
"""

from __future__ import annotations


class PerfprofError(Exception):
    """Something that a user can understand and act on; shown without a traceback."""

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.todo = todo

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        todo = f"\n  {self.todo}" if self.todo else ""
        return f"{place}{self.what}{todo}"


class UsageError(PerfprofError):
    """The command line or the configuration cannot be understood."""


class BaselineError(PerfprofError):
    """The workload or the tests fail before perfprof has changed anything."""

    exit_code = 3
