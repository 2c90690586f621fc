"""Patches that were accepted one by one, all at once: whole suite, whole workload, culprits dropped."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from perfprof.optimizer.judge.baseline import Baseline
from perfprof.optimizer.judge.layers import Layers
from perfprof.optimizer.judge.pairs import memory_note, ratio_text, spoken
from perfprof.optimizer.judge.statistics import decide, together
from perfprof.optimizer.judge.trial import Trial
from perfprof.optimizer.judge.verdict import Together
from perfprof.optimizer.judge.whole import WorkloadTimes
from perfprof.optimizer.patches import Patch
from perfprof.optimizer.writing.merging import conflict, merged

Check = Callable[[Sequence[Patch]], str]


class SetJudge:
    """Judges one set. trials: what is known of each patch by its digest."""

    def __init__(self, layers: Layers, baseline: Baseline, trials: Sequence[Trial]) -> None:
        self._layers = layers
        self._baseline = baseline
        self._trials = {trial.patch.digest: trial for trial in trials}
        self._tests = baseline.tests
        self._dropped: dict[str, str] = {}

    def judge(self, patches: Sequence[Patch], progress: Callable[[str], None]) -> Together:
        """Merge, test, and time the set; what breaks it is dropped with the reason."""
        self._dropped |= unclear([self._trials[one.digest] for one in patches if one.digest in self._trials])
        kept = self._mergeable(patches)
        progress(f"{len(kept)} patches together: tests")
        kept = without_culprits(kept, self._tested, self._dropped)
        times = WorkloadTimes(decide((), ()))
        if self._baseline.workload is not None:
            progress(f"{len(kept)} patches together: workload")
            kept = without_culprits(kept, lambda some: self._layers.runs(merged(some)), self._dropped)
            times = self._layers.whole(merged(kept)) if kept else times
            kept = self._unless_slower(kept, times)
        changes = tuple((change.path, change.before, change.after) for change in merged(kept))
        accepted, dropped = tuple(patch.digest for patch in kept), tuple(self._dropped.items())
        notes = self._notes(kept, times)
        return Together(accepted, dropped, changes, self._tests, times.cpu, times.wall, times.memory, notes)

    def _mergeable(self, patches: Sequence[Patch]) -> list[Patch]:
        kept: list[Patch] = []
        for patch in patches:
            place = "" if patch.digest in self._dropped else conflict(patch, kept)
            if place:
                self._dropped[patch.digest] = f"changes the same lines as another patch ({place})"
            elif patch.digest not in self._dropped:
                kept.append(patch)
        return kept

    def _tested(self, patches: Sequence[Patch]) -> str:
        """The reason why the suite objects, or empty; not run again for one patch that has passed it alone."""
        if self._baseline.suite is None:
            return ""
        known = self._trials.get(patches[0].digest) if len(patches) == 1 else None
        outcome, reason = known.answer("tests") if known is not None else ("", "")
        if outcome != "passed":
            outcome, reason = self._layers.suite(merged(patches))
        if outcome != "passed":
            return reason
        self._tests = reason
        return ""

    def _unless_slower(self, patches: list[Patch], times: WorkloadTimes) -> list[Patch]:
        slower = times.answered.decision == "slower"
        why = times.failed or (f"the workload is slower: {spoken(times.answered)}" if slower else "")
        if not why:
            return patches
        self._dropped |= {patch.digest: f"together with the others {why}" for patch in patches}
        return []

    def _notes(self, patches: Sequence[Patch], times: WorkloadTimes) -> tuple[str, ...]:
        """Wins that vanish in the whole are told: what the parts promise by their share, and what came of it."""
        answered = times.answered
        expected = self._expected(patches)
        memory = tuple(memory_note(times.memory))
        if math.isnan(answered.ratio) or expected < 1.1 or answered.high >= 1 + (expected - 1) / 2:
            return memory
        parts = f"the patches by themselves let one expect {ratio_text(expected)} of the whole workload"
        return (f"{parts}; together it is {spoken(answered)}, so part of their gain vanishes", *memory)

    def _expected(self, patches: Sequence[Patch]) -> float:
        """What Amdahl's law makes of shares and single ratios."""
        left = 1.0
        for patch in patches:
            trial = self._trials.get(patch.digest)
            share = (patch.finding.share if patch.finding is not None else None) or 0.0
            if trial is not None and trial.answered is not None and trial.answered.ratio > 1:
                left -= share * (1 - 1 / trial.answered.ratio)
        return 1 / max(left, 0.01)


def without_culprits(patches: Sequence[Patch], check: Check, dropped: dict[str, str]) -> list[Patch]:
    """The patches that pass ``check`` together; each culprit is found by halving, in about log2(n) checks.

    check: gives the reason why a set of patches is not good, or "". The set before the culprit is known to be good.
    """
    kept = list(patches)
    good = 0  # so many from the start are known to be good together
    while kept and (reason := check(kept)):
        bad = len(kept)
        while bad - good > 1:
            middle = (good + bad) // 2
            told = check(kept[:middle])
            if told:
                bad, reason = middle, told
            else:
                good = middle
        culprit = kept.pop(bad - 1)
        dropped[culprit.digest] = f"together with {good} others: {reason}" if good else reason
    return kept


def unclear(trials: Sequence[Trial]) -> dict[str, str]:
    """Several claims of gain at once must hold together (Holm); those that are too weak for that, with the reason."""
    timed = [
        (trial.patch, trial.answered, trial.comparison)
        for trial in trials
        if trial.answered is not None and trial.comparison is not None and trial.comparison.metric == "cpu"
    ]
    if len(timed) < 2:
        return {}
    answers = together([(comparison.before, comparison.after) for _, _, comparison in timed])
    return {
        patch.digest: f"{spoken(alone)} is not clear enough among {len(timed)} claims"
        for (patch, alone, _), answer in zip(timed, answers, strict=True)
        if answer.decision != "faster"
    }
