"""The layers that run something, in the trees of a workbench."""

from __future__ import annotations

import math
from concurrent.futures import Executor
from dataclasses import replace

from perfprof.optimizer.judge.baseline import Baseline
from perfprof.optimizer.judge.benchmark import function_benchmark
from perfprof.optimizer.judge.clocked import Clocks
from perfprof.optimizer.judge.exponents import exponents
from perfprof.optimizer.judge.pairs import memory_note, spoken
from perfprof.optimizer.judge.processes import Ran
from perfprof.optimizer.judge.reaching import Reach
from perfprof.optimizer.judge.replay import Played, Stage, play
from perfprof.optimizer.judge.settings import Settings
from perfprof.optimizer.judge.statistics import Answered
from perfprof.optimizer.judge.testing import Testing
from perfprof.optimizer.judge.trees import Tree
from perfprof.optimizer.judge.trial import Outcome, Trial
from perfprof.optimizer.judge.weighing import Weighed, weigh_differential, weigh_replay
from perfprof.optimizer.judge.whole import Side, WorkloadTimes, workload_benchmark
from perfprof.optimizer.judge.workbench import Workbench
from perfprof.optimizer.patches import FileChange


class Layers:
    """Each method is one question: it gives an outcome and its reason, and adds what it measured to the trial."""

    def __init__(
        self, bench: Workbench, baseline: Baseline, settings: Settings, executor: Executor, reach: Reach
    ) -> None:
        self._bench = bench
        self._baseline = baseline
        self._settings = settings
        self._executor = executor
        self._played: dict[str, Played] = {}
        self.moody = ""  # what makes the workload a weak witness
        self._testing = Testing(bench, baseline, settings, reach)

    def replay(self, trial: Trial) -> Outcome:
        """Captured calls, old against new; the derived inputs are run in the same processes."""
        if not trial.case.calls:
            return "cannot tell", "no call of the changed functions was captured"
        outside = self._outside(trial)
        if outside:
            return "cannot tell", outside
        settings = self._settings
        played = play(
            self._stage(trial), [trial.case], self._executor, seeds=settings.seeds, limits=settings.limits
        )
        self._played[trial.case.id] = played[trial.case.id]
        weighed = weigh_replay(trial.case, played[trial.case.id])
        trial.used = weighed.used
        trial.largest = max(played[trial.case.id].apart(kind) for kind in ("", "typed", "hostile"))
        return weighed.outcome, weighed.reason

    def typed(self, trial: Trial) -> Outcome:
        """Inputs of the types that were seen."""
        return _skipped(self._derived(trial, "typed"))

    def hostile(self, trial: Trial) -> Outcome:
        """Inputs of types that were never seen: what a patch takes for granted without a guard."""
        weighed = self._derived(trial, "hostile")
        if weighed.outcome == "failed" and trial.patch.domain == "seen":
            trial.notes.append(f"for other types than were seen it differs: {weighed.reason}")
            return "skipped", f"left out, as asked: {weighed.reason}"
        if weighed.mild and trial.patch.domain == "hinted":
            return "cannot tell", weighed.reason
        return _skipped(weighed)

    def _derived(self, trial: Trial, kind: str) -> Weighed:
        played = self._played.get(trial.case.id)
        within = trial.case.tolerance
        return (
            weigh_differential(played, kind, within) if played else Weighed("cannot tell", "nothing was replayed")
        )

    def growth(self, trial: Trial) -> Outcome:
        """How the counted work grows, old and new; never a reason to reject."""
        if not trial.used:
            return "skipped", "no captured call was replayed"
        return exponents(self._stage(trial), trial.case, trial.used)

    def tests(self, trial: Trial) -> Outcome:
        """The tests that reach the change, or all."""
        return self._testing.alone(trial)

    def suite(self, changes: tuple[FileChange, ...]) -> Outcome:
        """The whole suite on the new tree with these changes."""
        return self._testing.whole(changes)

    def function(self, trial: Trial) -> Outcome:
        """Captured calls timed by turns."""
        times = function_benchmark(
            self._stage(trial),
            trial.case,
            trial.used,
            promise=trial.patch.promise,
            seconds=self._settings.function_seconds,
        )
        if times.problem:
            return "cannot tell", times.problem
        trial.answered = times.answered
        trial.memory, trial.usual = times.memory, times.usual
        trial.notes += [*times.losses, *memory_note(times.memory)]
        if trial.comparison is None:
            trial.comparison = times.comparison
        sizes = f" ({'; '.join(times.sizes)})" if len(times.sizes) > 1 else ""
        told = f"{spoken(times.answered)} over {times.answered.pairs} pairs{sizes}"
        return ("passed" if times.answered.decision == "faster" else "cannot tell"), told

    def workload(self, trial: Trial) -> Outcome:
        """The whole workload by turns, where no call could be timed."""
        if self._bench.project.workload is None:
            return "skipped", "no workload given"
        failed = self.runs(trial.patch.changes)
        if failed:
            return "failed", failed
        times = self._clocked(trial)
        if times.parted is not None and "faster" in {times.parted.decision, times.answered.decision}:
            # A clock takes time itself, and the old code may make more of the calls that carry one.
            times = replace(self.whole(trial.patch.changes), part=times.part, parted=times.parted)
        if times.failed:
            return "failed", times.failed
        answered, told = _of_whole(times)
        self._add(trial, times, answered)
        if trial.patch.counter and answered.decision == "slower":
            return "failed", f"slower all the same: {told}"
        return ("passed" if answered.decision == "faster" else "cannot tell"), told

    def _add(self, trial: Trial, times: WorkloadTimes, answered: Answered) -> None:
        """What was measured of the workload, and what of it decides."""
        parted = answered is times.parted
        trial.answered, trial.memory = answered, times.memory
        whole = f"in the running workload, which is {spoken(times.answered)}" if parted else ""
        trial.unconfirmed = parted and not trial.used and times.answered.decision != "faster"
        trial.notes += [*filter(None, [whole, self.moody]), *memory_note(times.memory)]
        if trial.comparison is None or trial.comparison.metric == "cpu":
            trial.comparison = times.part if parted else times.cpu

    def _clocked(self, trial: Trial) -> WorkloadTimes:
        """With clocks on the changed functions, of which a rule's promise is; without them where they are in the way."""
        patch = trial.patch
        if patch.functions and not patch.counter:
            clocks = Clocks(self._bench, patch.functions)
            clocks.write(self._bench.old, ())
            clocks.write(self._bench.new, patch.changes)
            times = self._timed(patch.promise, clocks)
            if not times.failed:
                return times
        return self.whole(patch.changes)

    def runs(self, changes: tuple[FileChange, ...]) -> str:
        """Does the workload run with these changes at all? How it ended, if not well. Leaves bytecode behind, too."""
        self._bench.new.write(changes)
        ran = self._run(self._bench.new, 0)
        if ran.well:
            return ""
        how = "took too long" if ran.late else f"ended with exit code {ran.code}"
        return f"the workload {how} with the new code: {ran.last_lines(3)}"

    def whole(self, changes: tuple[FileChange, ...], promise: float = 1.0) -> WorkloadTimes:
        """Old tree against new tree with these changes."""
        self._bench.old.write(())
        self._bench.new.write(changes)
        return self._timed(promise, None)

    def _timed(self, promise: float, clocks: Clocks | None) -> WorkloadTimes:
        """The workload by turns in both trees as they are."""
        found: dict[Side, float] = {}

        def run(side: Side, seed: int) -> Ran:
            tree = self._bench.old if side == "old" else self._bench.new
            ran = self._run(tree, seed, clocks)
            found[side] = clocks.seconds() if clocks is not None else math.nan
            return ran

        seconds = self._settings.workload_seconds
        return workload_benchmark(run, promise=promise, seconds=seconds, part=lambda side: found[side])

    def _run(self, tree: Tree, seed: int, clocks: Clocks | None = None) -> Ran:
        """The workload; once more if it fails, for some fail now and then, whatever their code."""

        def once() -> Ran:
            more = clocks.started() if clocks is not None else None
            return self._bench.run_workload(tree, timeout=self._baseline.workload_timeout, seed=seed, more=more)

        ran = once()
        if ran.well or ran.late:
            return ran
        again = once()
        if again.well:
            self.moody = "the workload failed in one of two runs of the same code"
        return again

    def _stage(self, trial: Trial) -> Stage:
        """The old code; files that the patch makes are there, too, for its new code may import them."""
        self._bench.old.write([change for change in trial.patch.changes if not change.before])
        main = next((call.main for call in trial.case.calls if call.main), "")
        return self._bench.stage(main, self._baseline.seen)

    def _outside(self, trial: Trial) -> str:
        strays = {change.path for change in trial.patch.changes} & self._baseline.outside
        if strays:
            return f"{', '.join(sorted(strays))} ran from the project folder, not from the copy: an import path leads there"
        return ""


def _of_whole(times: WorkloadTimes) -> tuple[Answered, str]:
    """What decides, and all in words: the changed functions, unless the whole is clear and they are not, for work can move."""
    answered, parted = times.answered, times.parted
    told = f"whole workload {spoken(answered)} over {answered.pairs} pairs"
    if parted is None:
        return answered, told
    told += f"; the changed functions in it {spoken(parted)}"
    moved = answered.decision == "faster" and parted.decision != "faster"
    return (answered if moved or answered.decision == "slower" else parted), told


def _skipped(weighed: Weighed) -> Outcome:
    """Derived inputs that could not be tried are no objection."""
    return ("skipped" if weighed.outcome == "cannot tell" else weighed.outcome), weighed.reason
