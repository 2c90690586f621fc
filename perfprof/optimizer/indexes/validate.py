"""Judge a migration that builds an index: on a scratch copy, with the recorded statements, by exact counters.

It must apply, be used, leave every answer as it was, make the statements that use it cheaper by what the rule
promises, slow no other one, be paid back by what it saves, and go away without a trace.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from perfprof.errors import PerfprofError
from perfprof.optimizer.indexes.clocks import Spent, spent
from perfprof.optimizer.indexes.trials import Trial, tried
from perfprof.optimizer.judge.verdict import Comparison, Decision, Layer, Verdict
from perfprof.optimizer.patches import Patch
from perfprof.optimizer.reports import figures
from perfprof.optimizer.scratch.scratch import Scratch
from perfprof.profilers.recording import Execution
from perfprof.rules.catalog import Dictionary
from perfprof.rules.rule import Migration
from perfprof.rules.schema.workload import Asked, asked

WORST = 1.1  # no recorded statement may become dearer than this
SLACK = {"vm-steps": 100.0, "shared-buffers": 4.0}  # a step down one more tree, which is no reason to say no
PAID_BACK = 2.0  # what reading saves must be this much more than what writing pays


@dataclass(frozen=True, slots=True)
class _State:
    """All that is measured, once before the migration and once after."""

    trials: tuple[Trial, ...]
    insertion: float | None


def judge_migration(
    patch: Patch, scratch: Scratch, executions: Iterable[Execution], *, keep: bool = False
) -> Verdict:
    """Try the migration of a patch on ``scratch``, which is left as it was found.

    executions: of the original database. keep: leave an accepted migration in place, so that those that are judged
    after it are judged beside it. Never raises for what the migration does: that is a rejection.
    """
    migration = patch.migration
    assert migration is not None, "judge_migration is asked about migrations only"
    trial = _Judgement(patch, migration, scratch, asked(executions, scratch.dialect))
    for step in (trial.before, trial.apply, trial.plan, trial.results, trial.counter, trial.writes):
        if not trial.goes_on(step):
            break
    if trial.applied:
        trial.goes_on(trial.undo)
    verdict = trial.verdict()
    if keep and verdict.decision == "accepted":
        scratch.apply(migration.up)
    return verdict


class _Judgement:
    """The questions in order, each answered once; the first failure decides."""

    def __init__(self, patch: Patch, migration: Migration, scratch: Scratch, workload: tuple[Asked, ...]) -> None:
        self.patch = patch
        self.migration = migration
        self.scratch = scratch
        self.layers: list[Layer] = []
        self.clock: Spent | None = None
        self.comparison: Comparison | None = None
        self.applied = False
        self.schema = ""
        self.old = self.new = _State((), None)
        self.used: frozenset[str] = frozenset()
        book = Dictionary(scratch.catalog.tables(), scratch.dialect)
        self.table = book.table(f"{migration.schema}.{migration.table}" if migration.schema else migration.table)
        self.workload = tuple(
            one for one in workload if any(book.table(use.name) == self.table for use in one.reading.tables)
        )
        self.inserts = sum(
            one.changed
            for one in workload
            if one.reading.kind == "insert"
            and book.table(one.reading.writes) == self.table
            and not self._fills(one)
        )

    def _fills(self, one: Asked) -> bool:
        return self.table is not None and one.fills(self.table.rows)

    def goes_on(self, step: Callable[[], Layer | None]) -> bool:
        """Ask one question; whether the next is worth asking."""
        start = time.perf_counter()
        try:
            layer = step()
        except PerfprofError as error:
            layer = Layer(step.__name__, "failed", str(error).replace("\n", " "))
        if layer is not None:
            seconds = time.perf_counter() - start
            self.layers.append(Layer(layer.name, layer.outcome, layer.reason, seconds))
        return layer is None or layer.outcome == "passed"

    def before(self) -> Layer | None:
        """Measure what is; a table that is not there ends it."""
        if self.table is None:
            return Layer("apply", "failed", f"there is no table {self.migration.table}")
        self.schema = self.scratch.schema()
        self.old = self._state()
        return None

    def apply(self) -> Layer:
        """Run up; the index must be there and whole."""
        self.applied = True
        self.clock = spent(self._readers(self.old), self.scratch)
        self.scratch.apply(self.migration.up)
        if not self.scratch.valid(self.migration.name):
            return Layer("apply", "failed", f"up does not build a valid index {self.migration.name}")
        size = self.scratch.index_bytes(self.migration.name)
        return Layer("apply", "passed", f"built on {self.scratch.note}; it takes {size / 1e6:.2f} MB")

    def plan(self) -> Layer:
        """Which recorded statements use it now."""
        catalog = self.scratch.catalog
        self.used = frozenset(
            one.reading.fingerprint
            for one in self.workload
            if any(scan.index == self.migration.name for scan in catalog.plan(one.text))
        )
        if not self.used:
            return Layer("plan", "failed", "no recorded statement uses the index")
        if not self.scratch.filled:
            use = f"{figures.counted(len(self.used), 'statement')} would use it"
            return Layer("plan", "cannot tell", f"{use}, but there is no data to try; run it on a file that stays")
        return Layer("plan", "passed", f"{len(self.used)} of {len(self.workload)} statements on the table use it")

    def results(self) -> Layer:
        """The same rows before and after, for every set of parameters."""
        self.new = self._state()
        turned = 0
        for old, new in zip(self.old.trials, self.new.trials, strict=True):
            if old.multisets != new.multisets:
                what = f"the answer of `{old.asked.reading.fingerprint[:120]}` changes"
                if old.asked.reading.limited:
                    todo = "its ORDER BY leaves open which rows come first: add a unique column"
                    return Layer("results", "cannot tell", f"{what}: {todo}")
                return Layer("results", "failed", what)
            turned += old.sequences != new.sequences
        runs = sum(len(trial.runs) for trial in self.new.trials)
        note = f"; {turned} without a fixed order give the same rows in another order" if turned else ""
        return Layer("results", "passed", f"{runs} executions gave the same rows before and after{note}")

    def counter(self) -> Layer:
        """What the statements that use it cost, weighted by calls; and that no other read became dearer."""
        pairs = list(zip(self.old.trials, self.new.trials, strict=True))
        mine = [pair for pair in pairs if pair[0].asked.reading.fingerprint in self.used and pair[0].runs]
        if not mine:
            return Layer("counter", "cannot tell", "none of the statements that use it can be run on the copy")
        metric, worse = self.scratch.metric, self._worst(pairs)
        before, after = (tuple(pair[number].weighted for pair in mine) for number in (0, 1))
        ratio = sum(before) / max(sum(after), 1.0)
        self.comparison = Comparison(metric, before, after, ratio, ratio, ratio)
        if worse:
            return Layer("counter", "failed", f"`{worse}` becomes dearer")
        if ratio < self.patch.promise:
            return Layer("counter", "failed", f"{metric} go down {ratio:.2f}x, not {self.patch.promise:g}x")
        told = f"{sum(before):,.0f} -> {sum(after):,.0f} {metric}, {ratio:,.1f}x"
        assert self.clock is not None, "it is read before the index is built"
        times = self.clock.beside(spent(self._readers(self.new), self.scratch))
        return Layer("counter", "passed", f"{told} ({times})")

    def _readers(self, state: _State) -> list[Trial]:
        """The statements that only read, once each: what the clocks are read for."""
        return [one for one in state.trials if one.asked.reading.reads_only]

    def _worst(self, pairs: list[tuple[Trial, Trial]]) -> str:
        """A statement that became dearer, empty if there is none."""
        worse = (old for old, new in pairs if _worse(old, new, SLACK[self.scratch.metric]))
        return next((one.asked.reading.fingerprint[:120] for one in worse), "")

    def writes(self) -> Layer:
        """What keeping the index up to date costs the recorded writes, against what it saves."""
        saved = sum(old.weighted - new.weighted for old, new in self._pairs(writing=False))
        paid = sum(new.weighted - old.weighted for old, new in self._pairs(writing=True))
        one = "not tried"
        if self.old.insertion is not None and self.new.insertion is not None:
            paid += self.inserts * (self.new.insertion - self.old.insertion)
            one = f"{self.old.insertion:,.0f} -> {self.new.insertion:,.0f} {self.scratch.metric}"
        told = f"an insert costs {one}; {self.inserts:,} were recorded"
        if paid * PAID_BACK > saved > 0 or saved <= 0 < paid:
            return Layer("writes", "failed", f"{told}; writes pay {paid:,.0f}, reads save {saved:,.0f}")
        return Layer("writes", "passed", told)

    def undo(self) -> Layer:
        """Run down; nothing may remain."""
        self.scratch.apply(self.migration.down)
        if self.scratch.schema() != self.schema:
            return Layer("undo", "failed", "after down the schema is not what it was")
        return Layer("undo", "passed", "down leads back to the schema as it was")

    def verdict(self) -> Verdict:
        """The weakest answer decides."""
        decision: Decision = "accepted"
        told = self.layers[-1].reason
        for layer in self.layers:
            if layer.name == "counter":
                told = layer.reason
            if layer.outcome != "passed":
                decision = "rejected" if layer.outcome == "failed" else "cannot tell"
                told = layer.reason
                break
        return Verdict(self.patch.digest, (), decision, told, tuple(self.layers), self.comparison)

    def _state(self) -> _State:
        known = {trial.asked.reading.fingerprint: trial for trial in self.old.trials}
        trials = tuple(tried(one, self.scratch, known.get(one.reading.fingerprint)) for one in self.workload)
        assert self.table is not None
        return _State(trials, self.scratch.insertion(self.table.name, self.table.schema))

    def _pairs(self, *, writing: bool) -> list[tuple[Trial, Trial]]:
        """Statements that only write, or those that look rows up; INSERT is measured by `insertion`."""
        pairs = zip(self.old.trials, self.new.trials, strict=True)
        chosen = []
        for old, new in pairs:
            written = not old.asked.reading.reads_only and old.asked.reading.fingerprint not in self.used
            if written == writing and old.asked.reading.kind != "insert":
                chosen.append((old, new))
        return chosen


def _worse(old: Trial, new: Trial, slack: float) -> bool:
    """A read that became dearer; writes are weighed as a whole."""
    if not old.asked.reading.reads_only or not old.runs:
        return False
    return new.mean > old.mean * WORST + slack
