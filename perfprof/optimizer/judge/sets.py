"""Patches that were accepted one by one, all at once: whole suite, whole workload, culprits dropped."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from perfprof.optimizer.judge.baseline import Baseline
from perfprof.optimizer.judge.layers import Layers
from perfprof.optimizer.judge.pairs import ratio_text, spoken
from perfprof.optimizer.judge.statistics import Answered, decide, together
from perfprof.optimizer.judge.trial import Trial
from perfprof.optimizer.judge.verdict import Together
from perfprof.optimizer.judge.whole import WorkloadTimes
from perfprof.optimizer.merging import conflict, merged
from perfprof.optimizer.patches import Patch

Check = Callable[[Sequence[Patch]], str]


def judge_set(
    patches: Sequence[Patch],
    trials: Sequence[Trial | None],
    layers: Layers,
    baseline: Baseline,
    progress: Callable[[str], None],
) -> Together:
    """Merge, test, and time the set; what breaks it is dropped with the reason."""
    dropped: dict[str, str] = unclear(patches, trials)
    kept = _mergeable([patch for patch in patches if patch.digest not in dropped], dropped)
    progress(f"{len(kept)} patches together: tests")
    told: list[str] = []
    kept = without_culprits(kept, lambda some: _tested(some, trials, layers, baseline, told), dropped)
    if baseline.workload is None or not kept:
        return _result(kept, dropped, told[-1] if told else baseline.tests, None, ())
    progress(f"{len(kept)} patches together: workload")
    kept = without_culprits(kept, lambda some: layers.runs(merged(some)), dropped)
    if not kept:
        return _result(kept, dropped, baseline.tests, None, ())
    times = layers.whole(merged(kept))
    if times.failed:
        dropped.update({patch.digest: f"together: {times.failed}" for patch in kept})
        kept = []
    if times.answered.decision == "slower":
        for patch in kept:
            dropped[patch.digest] = f"together the workload is slower: {spoken(times.answered)}"
        kept = []
    return _result(kept, dropped, told[-1] if told else baseline.tests, times, _notes(kept, trials, times))


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


def unclear(patches: Sequence[Patch], trials: Sequence[Trial | None]) -> dict[str, str]:
    """Several claims of gain at once must hold together (Holm); those that are too weak for that, with the reason."""
    timed = [
        (patch, trial.answered, trial.comparison)
        for patch, trial in zip(patches, trials, strict=True)
        if trial is not None and trial.answered is not None and trial.comparison is not None
        if trial.comparison.metric == "cpu"
    ]
    if len(timed) < 2:
        return {}
    answers = together([(comparison.before, comparison.after) for _, _, comparison in timed])
    return {
        patch.digest: f"{spoken(alone)} is not clear enough among {len(timed)} claims"
        for (patch, alone, _), answer in zip(timed, answers, strict=True)
        if answer.decision != "faster"
    }


def _mergeable(patches: Sequence[Patch], dropped: dict[str, str]) -> list[Patch]:
    kept: list[Patch] = []
    for patch in patches:
        place = conflict(patch, kept)
        if place:
            dropped[patch.digest] = f"changes the same lines as another patch ({place})"
        else:
            kept.append(patch)
    return kept


def _tested(
    patches: Sequence[Patch], trials: Sequence[Trial | None], layers: Layers, baseline: Baseline, told: list[str]
) -> str:
    """The reason why the suite objects, empty if it does not; not run again for one patch that passed it alone."""
    if baseline.suite is None:
        return ""
    alone = next((trial for trial in trials if trial and len(patches) == 1 and trial.patch is patches[0]), None)
    if alone is not None and alone.outcome("tests") == "passed":
        told.append(next(layer.reason for layer in alone.layers if layer.name == "tests"))
        return ""
    outcome, reason = layers.suite(merged(patches))
    if outcome == "passed":
        told.append(reason)
        return ""
    return reason


def _notes(patches: Sequence[Patch], trials: Sequence[Trial | None], times: WorkloadTimes) -> tuple[str, ...]:
    """Wins that vanish in the whole are told: what the parts promise by their share, and what came of it."""
    answered = times.answered
    expected = expected_ratio(patches, trials)
    if math.isnan(answered.ratio) or expected < 1.1 or answered.high >= 1 + (expected - 1) / 2:
        return ()
    parts = f"the patches by themselves let one expect {ratio_text(expected)} of the whole workload"
    return (f"{parts}; together it is {spoken(answered)}, so part of their gain vanishes",)


def expected_ratio(patches: Sequence[Patch], trials: Sequence[Trial | None]) -> float:
    """What Amdahl's law makes of shares and single ratios."""
    answered = {trial.patch.digest: trial.answered for trial in trials if trial is not None}
    left = 1.0
    for patch in patches:
        single: Answered | None = answered.get(patch.digest)
        share = patch.finding.share if patch.finding is not None else None
        if single is not None and share and single.ratio > 1:
            left -= share * (1 - 1 / single.ratio)
    return 1 / max(left, 0.01)


def _result(
    kept: Sequence[Patch], dropped: dict[str, str], tests: str, times: WorkloadTimes | None, notes: tuple[str, ...]
) -> Together:
    changes = tuple((change.path, change.before, change.after) for change in merged(kept))
    times = times or WorkloadTimes(decide((), ()))
    return Together(
        tuple(patch.digest for patch in kept),
        tuple(dropped.items()),
        changes,
        tests,
        times.cpu,
        times.wall,
        times.memory,
        notes,
    )
