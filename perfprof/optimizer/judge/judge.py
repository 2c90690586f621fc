"""The judge: baseline first, then each patch through the layers, cheapest first, then the accepted ones together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from perfprof.optimizer.judge import captured, reading
from perfprof.optimizer.judge.baseline import Baseline, first_runs
from perfprof.optimizer.judge.counting import Counting, OldRuns, functions_of
from perfprof.optimizer.judge.ending import as_interruption
from perfprof.optimizer.judge.layers import Layers
from perfprof.optimizer.judge.lease import Lease
from perfprof.optimizer.judge.reaching import Reach
from perfprof.optimizer.judge.replay import Call
from perfprof.optimizer.judge.sets import SetJudge
from perfprof.optimizer.judge.settings import Settings
from perfprof.optimizer.judge.trial import Outcome, Trial
from perfprof.optimizer.judge.verdict import Together, Verdict
from perfprof.optimizer.judge.watching import observed
from perfprof.optimizer.judge.workbench import FOREVER, Workbench
from perfprof.optimizer.judge.workplace import DiskWatch
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.optimizer.project import Project


class Judge:
    """Use as a context manager: it makes two copies of the project and removes them at the end.

    calls: the folder of captured calls; by default ``folder/calls``, looked for when the first patch comes.
    executor: runs the processes of one layer side by side; ours ends with the judge.
    base: changes that make the working tree the old code, for a patch that is in it already.
    """

    def __init__(
        self,
        project: Project,
        *,
        calls: Path | None = None,
        folder: Path | None = None,
        settings: Settings | None = None,
        progress: Callable[[str], None] = lambda text: None,
        executor: Executor | None = None,
        base: Sequence[FileChange] = (),
    ) -> None:
        self.project = project
        self._calls = calls if calls is not None else folder / "calls" if folder is not None else None
        self._settings = settings or Settings()
        self._progress = progress
        self._own = ThreadPoolExecutor(self._settings.jobs) if executor is None else None
        self._executor = executor or self._own
        self._bench = Workbench(project, base)
        self._baseline: Baseline | None = None
        self._layers: Layers | None = None
        self._counting: Counting | None = None
        self._trials: dict[str, Trial] = {}
        self._base = base
        self._old_runs = OldRuns()
        self._reach = Reach()
        self._lease = Lease(tell=progress)
        self._at_end = ExitStack()

    def __enter__(self) -> Judge:
        self._at_end.enter_context(as_interruption())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def twin(self) -> Judge:
        """A judge of the same project with copies of its own, so that two patches can be judged at once.

        It knows the baseline, and what it finds is known here; it works one process at a time.
        """
        settings = replace(self._settings, jobs=1)
        other = Judge(self.project, calls=self._calls, settings=settings, progress=self._progress, base=self._base)
        other._baseline, other._trials, other._old_runs = self.baseline(), self._trials, self._old_runs
        other._reach = self._reach
        return other

    def close(self) -> None:
        """End all processes, remove all copies."""
        with self._at_end:
            self._bench.close()
            if self._own is not None:
                self._own.shutdown(wait=True, cancel_futures=True)

    @DiskWatch()
    def baseline(self) -> Baseline:
        """Run workload and tests once on the old code. Raises BaselineError if one of them fails."""
        if self._baseline is None:
            self._baseline = first_runs(self._bench, self._settings.timeout or FOREVER, self._progress)
        return self._baseline

    @DiskWatch()
    def observe(self, functions: Sequence[str]) -> int:
        """Run the workload on the old code and keep real calls of these functions (``path::qualified.name``).

        Gives the number of calls kept.
        """
        if self.project.workload is None or not functions:
            return 0
        self._progress("observe the changed functions")
        self._calls = observed(self._bench, functions, self.baseline().workload_timeout)
        return len(self._captured())

    def announce(self, patches: Iterable[Patch]) -> None:
        """These patches will come: runs of the old code that several of them need are made once."""
        self._bench.follow()
        calls = self._captured()
        trials = [Trial(patch, captured.case_of(patch, calls, frozenset())) for patch in patches]
        waiting = [trial for trial in trials if trial.patch.counter or not trial.case.calls]
        self._old_runs.announce(map(functions_of, waiting))
        self._reach.announce((name for trial in trials for name in trial.patch.functions), len(trials))

    @DiskWatch()
    def patch(self, patch: Patch) -> Verdict:
        """Judge one patch by itself, on one core. Raises BaselineError if nothing can be judged here."""
        with self._lease.core():
            return self._patch(patch)

    def _patch(self, patch: Patch) -> Verdict:
        trial = Trial(patch, captured.case_of(patch, self._captured(), self._imported()))
        self._trials[patch.digest] = trial
        if not trial.ask("certificate", lambda _: reading.certificate(patch)):
            return trial.verdict()
        if not patch.changes:
            trial.ask(
                "syntax", lambda _: ("skipped", "no code changes: a migration is judged on a scratch database")
            )
            return trial.verdict()
        if trial.ask("syntax", lambda _: self._stale(patch) or reading.syntax(patch)):
            self._run_layers(trial)
        return trial.verdict()

    @DiskWatch()
    def together(self, patches: Sequence[Patch]) -> Together:
        """All accepted patches at once: the whole suite, the whole workload; culprits are found and dropped.

        No other perfprof of this user runs anything meanwhile.
        """
        layers, _ = self._ready()
        trials = [self._trials[patch.digest] for patch in patches if patch.digest in self._trials]
        with self._lease.machine():
            return SetJudge(layers, self.baseline(), trials).judge(patches, self._progress)

    def suite(self, changes: Sequence[FileChange]) -> Outcome:
        """The tests once with these changes; ("skipped", why) where there are none."""
        layers, _ = self._ready()
        if self.baseline().suite is None:
            return "skipped", self.baseline().tests
        with self._lease.core():
            return layers.suite(tuple(changes))

    def _imported(self) -> frozenset[str]:
        return self._baseline.by_workload if self._baseline is not None else frozenset()

    def _stale(self, patch: Patch) -> Outcome | None:
        """A patch is only good for the text that it was made from."""
        for change in patch.changes:
            if self._bench.old.text(change.path) != change.before:
                return "failed", f"{change.path} is not what it was when the patch was made"
        return None

    def _captured(self) -> tuple[Call, ...]:
        return captured.read(self._calls, (self._bench.root, self._bench.old.path))

    def _run_layers(self, trial: Trial) -> None:
        layers, counting = self._ready()
        questions = (
            ("replay", layers.replay),
            ("differential", layers.typed),
            ("hostile", layers.hostile),
            ("growth", layers.growth),
            ("deep", self._deep),
            ("tests", layers.tests),
        )
        for name, question in questions:
            if name == "deep" and not self._settings.deep:
                continue
            self._progress(f"{trial.patch.title}: {name}")
            if not trial.ask(name, question):
                return
        if self._count(trial, counting) and not trial.doubt():
            self._time(trial, layers, counting)

    def _deep(self, trial: Trial) -> Outcome:
        from perfprof.optimizer.judge.deep import deep

        self._bench.old.write(())
        return deep(self._bench.stage("", self.baseline().seen), trial.patch, self._settings.deep)

    def _time(self, trial: Trial, layers: Layers, counting: Counting) -> None:
        """Captured calls where there are any; the whole workload where these have not told the gain."""
        self._progress(f"{trial.patch.title}: benchmark")
        if trial.used:
            trial.ask("function", layers.function)
        counted = trial.patch.counter and trial.comparison is not None and trial.comparison.metric != "cpu"
        if trial.untold and not (counted and not counting.slower(trial)):
            trial.ask("workload", layers.workload)

    def _count(self, trial: Trial, counting: Counting) -> bool:
        """Count in the running workload where that is the evidence; False if the patch is out."""
        if self.project.workload is None:
            return True
        if trial.outcome("replay") != "passed" or trial.outcome("differential") != "passed":
            self._progress(f"{trial.patch.title}: answers")
            if not trial.ask("answers", counting.answers):
                return False
        return not trial.patch.counter or trial.ask("counter", counting.counter)

    def _ready(self) -> tuple[Layers, Counting]:
        baseline = self.baseline()
        if self._layers is None or self._counting is None:
            assert self._executor is not None
            self._layers = Layers(self._bench, baseline, self._settings, self._executor, self._reach)
            self._counting = Counting(self._bench, baseline.workload_timeout, self._old_runs)
        return self._layers, self._counting
