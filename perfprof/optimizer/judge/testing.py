"""The layer of tests: those that reach the change for one patch, the whole suite for a set; what fails is repeated."""

from __future__ import annotations

from collections.abc import Collection

from perfprof.optimizer.judge.baseline import Baseline
from perfprof.optimizer.judge.reaching import Found, Reach, identity, reached, run_some
from perfprof.optimizer.judge.settings import Settings
from perfprof.optimizer.judge.suites import Suite
from perfprof.optimizer.judge.trial import Outcome, Trial
from perfprof.optimizer.judge.workbench import Executed, Workbench
from perfprof.optimizer.patches import FileChange

SEVERAL = 3  # patches from which on it pays to find out which tests reach which function


class Testing:
    """Questions about tests. flaky: tests that failed and passed on the same code since the baseline; they decide nothing."""

    __test__ = False  # for pytest, which would take it for tests of ours

    def __init__(self, bench: Workbench, baseline: Baseline, settings: Settings, reach: Reach) -> None:
        self._bench = bench
        self._baseline = baseline
        self._settings = settings
        self._reach = reach
        self.flaky: set[str] = set()

    def alone(self, trial: Trial) -> Outcome:
        """The tests that reach the patch; all where that is not known; none that take long if a set will be tested."""
        before = self._baseline.suite
        if before is None:
            return "skipped", self._baseline.tests
        changed = {change.path for change in trial.patch.changes}
        code = all(path.endswith(".py") for path in changed)
        if code and self._baseline.by_tests and not changed & self._baseline.by_tests:
            return "skipped", "the tests do not import the changed file"
        if self._reach.patches < SEVERAL:
            return self.whole(trial.patch.changes)
        return self._one_of_several(trial, before.ran.seconds, code=code)

    def _one_of_several(self, trial: Trial, seconds: float, *, code: bool) -> Outcome:
        """seconds: that the whole suite takes, which is run for the accepted ones in any case."""
        if code and seconds > self._settings.short_suite:
            tests = self._reach.tests(trial.patch.functions, self._reached)
            if tests is not None:
                return self._some(trial.patch.changes, tests)
        if seconds > self._settings.long_suite:
            return "skipped", f"the suite takes {seconds:.0f} s: run once for all accepted patches"
        return self.whole(trial.patch.changes)

    def whole(self, changes: tuple[FileChange, ...]) -> Outcome:
        """The whole suite on the new tree with these changes."""
        before = self._baseline.suite
        assert before is not None
        self._bench.new.write(changes)
        ran = self._bench.run_tests(self._bench.new, timeout=self._baseline.tests_timeout)
        outcome, reason = self._weighed(ran, {change.path for change in changes})
        if outcome == "passed" and ran[0].green and 0 <= ran[0].passed < before.passed and not self._unsteady:
            return "failed", f"tests: only {ran[0].passed:,} passed instead of {before.passed:,}"
        return outcome, reason

    @property
    def _unsteady(self) -> set[str]:
        return self.flaky | set(self._baseline.flaky)

    def _reached(self, functions: Collection[str]) -> Found:
        return reached(self._bench, functions, 2 * self._baseline.tests_timeout)

    def _some(self, changes: tuple[FileChange, ...], tests: Collection[str]) -> Outcome:
        if not tests:
            return "skipped", "no test reaches the changed functions"
        self._bench.new.write(changes)
        ran = run_some(self._bench, self._bench.new, tests, self._baseline.tests_timeout)
        outcome, reason = self._weighed(ran, {change.path for change in changes})
        return outcome, f"{reason} (the {len(tests):,} that reach the change)"

    def _weighed(self, ran: tuple[Suite, Executed], changed: set[str]) -> Outcome:
        suite, executed = ran
        note = ""
        if not suite.green:
            failures = set(suite.failures) - self._unsteady
            if failures:
                failures, note = self._repeated(failures)
            if failures or not suite.failures:
                return "failed", f"tests: {suite.sentence()}"
        strays = changed & executed.outside
        if strays:
            told = ", ".join(sorted(strays))
            return "cannot tell", f"the tests ran {told} from the project folder, not from the copy"
        return "passed", f"tests: {suite.sentence()}, as before{note}"

    def _repeated(self, failures: set[str]) -> tuple[set[str], str]:
        """What fails again on the same code; what does not is flaky, and named."""
        again, _ = run_some(self._bench, self._bench.new, failures, self._baseline.tests_timeout)
        known = {identity(name) for name in again.failures}
        if not again.green and not known:
            return failures, ""  # it did not say what failed
        moody = {name for name in failures if identity(name) not in known}
        self.flaky |= moody
        note = f"; flaky, so they decide nothing: {', '.join(sorted(moody))}" if moody else ""
        return failures - moody, note
