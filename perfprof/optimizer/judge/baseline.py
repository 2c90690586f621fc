"""The project before any change: its workload must run and its tests must be green, or nothing may be decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from perfprof.errors import BaselineError
from perfprof.optimizer.judge.processes import Ran
from perfprof.optimizer.judge.suites import Suite
from perfprof.optimizer.judge.workbench import Executed, Workbench
from perfprof.optimizer.project import Project

CHEAP = 10.0  # seconds; a suite that takes less is run twice to see whether it is flaky
LEAST_TIMEOUT = 30.0
_COPY = "It ran in a copy of the project, in which nothing was changed; what lies beside the project is not there."


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the old code does. reached: files that the workload and that the tests imported, relative to the root.

    flaky: tests that failed in one of two runs; they decide nothing. notes: what lowers the certainty, as sentences.
    outside: files of the project that ran from the user's folder and not from the copy. seen: the workload's run.
    """

    workload: Ran | None
    suite: Suite | None
    flaky: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    by_workload: frozenset[str] = frozenset()
    by_tests: frozenset[str] = frozenset()
    outside: frozenset[str] = frozenset()
    seen: Executed = field(default_factory=Executed)

    @property
    def workload_timeout(self) -> float:
        """Seconds that a later run of the workload may take."""
        return max(LEAST_TIMEOUT, 10 * self.workload.seconds) if self.workload else LEAST_TIMEOUT

    @property
    def tests_timeout(self) -> float:
        """Seconds that a later run of the tests may take."""
        return max(LEAST_TIMEOUT, 10 * self.suite.ran.seconds) if self.suite else LEAST_TIMEOUT

    @property
    def tests(self) -> str:
        """What the tests say, or what it costs that there are none."""
        if self.suite is None:
            return "no tests given: only recorded and derived calls were compared, nothing that they do not reach"
        flaky = f"; flaky, so they decide nothing: {', '.join(self.flaky)}" if self.flaky else ""
        return f"{self.suite.sentence()}{flaky}"

    @property
    def summary(self) -> str:
        """One line for the step log."""
        parts = [f"workload {self.workload.seconds:.1f} s"] if self.workload else []
        if self.suite is not None:
            parts.append(f"tests {self.suite.ran.seconds:.1f} s, {self.suite.sentence()}")
        else:
            parts.append("no tests given")
        return " · ".join([*parts, *(f"flaky: {name}" for name in self.flaky[:3])])


def first_runs(bench: Workbench, timeout: float, progress: Callable[[str], None]) -> Baseline:
    """Workload and tests on the old tree. Raises BaselineError if one of them fails. timeout: seconds for each."""
    project = bench.project
    workload, by_workload = None, Executed()
    if project.workload is not None:
        progress("the workload before any change")
        workload, by_workload = bench.watched(project.workload, bench.old, timeout)
        checked_workload(project, workload, bench.left_out)
    suite, by_tests = None, Executed()
    flaky: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    if project.tests is not None:
        progress("the tests before any change")
        executed: list[Executed] = []

        def run() -> Suite:
            suite, files = bench.run_tests(bench.old, timeout=timeout)
            executed.append(files)
            return suite

        suite, flaky, notes = checked_tests(project, run)
        by_tests = executed[0]
    outside = by_workload.outside | by_tests.outside
    return Baseline(workload, suite, flaky, notes, by_workload.inside, by_tests.inside, outside, by_workload)


def checked_workload(project: Project, ran: Ran, left_out: tuple[str, ...]) -> None:
    """Raises BaselineError if the workload failed."""
    if ran.well:
        return
    how = f"did not end within {ran.limit:.0f} s" if ran.late else f"ended with exit code {ran.code}"
    raise BaselineError(
        f"the workload {how} before any change\n{ran.last_lines()}",
        where=str(project.workload),
        todo=f"{_COPY} Make it run by itself first.{_missing(left_out)}",
    )


def checked_tests(project: Project, run: Callable[[], Suite]) -> tuple[Suite, tuple[str, ...], tuple[str, ...]]:
    """Run the tests, twice if they are quick. Gives the suite, its flaky tests and notes. Raises BaselineError if red."""
    suite = run()
    if suite.empty:
        raise _red(project, suite, "the tests command runs no test")
    again = suite if suite.ran.late or suite.ran.seconds > CHEAP else run()
    if suite.green and again.green:
        return suite, (), ()
    better, worse = (suite, again) if suite.green else (again, suite)
    flaky = tuple(sorted(set(suite.failures) ^ set(again.failures)))
    if not flaky or set(suite.failures) & set(again.failures):
        how = "the tests fail in one of two runs" if better.green else "the tests fail before any change"
        raise _red(project, worse, how)
    return better, flaky, (f"flaky tests decide nothing: {', '.join(flaky)}",)


def _red(project: Project, suite: Suite, what: str) -> BaselineError:
    return BaselineError(
        f"{what}: {suite.sentence()}\n{suite.ran.last_lines()}",
        where=str(project.tests),
        todo=f"{_COPY} Make them pass first.",
    )


def _missing(left_out: tuple[str, ...]) -> str:
    if not left_out:
        return ""
    return f" Too large to copy and ignored by git, so the copy lacks them: {', '.join(left_out[:5])}."
