"""Captured calls of the changed functions, old and new by turns in one process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from perfprof.optimizer.judge.pairs import Pairs, ratio_text, spoken
from perfprof.optimizer.judge.replay import Call, Case, Stage, start
from perfprof.optimizer.judge.statistics import FEWEST, FIRST, LOOKS, Answered, decide
from perfprof.optimizer.judge.verdict import Comparison

_NOISE = 0.10  # a loss below this on one size is not worth a word,
_UNSEEN = 2e-6  # nor one of so many seconds a call
_LOSS = 0.8  # old/new below which nobody would take it for the calls that he makes
_PART = 0.1  # of what is won in sum: less is no price
_SHORT = 0.4  # CPU seconds for calls with fewer elements
_DEAREST = 3.0  # seconds of one call; a dearer one is timed only if there is no other
_ORDINARY = 10  # elements: so many are nothing unusual wherever there were many
_FELT = 1e-4  # seconds that such a call may take more: a set that is made for ten questions costs some 10 us
_MOST = 30.0  # CPU seconds for one patch, where one call takes long


@dataclass
class FunctionTimes:
    """What the function benchmark found. losses: sizes on which the new code is slower, as sentences.

    usual: why it is no gain for usual calls: most of those that were seen, or those with ten elements; empty if it is, or
    if what they lose is next to nothing.
    """

    answered: Answered
    comparison: Comparison | None = None
    memory: Comparison | None = None
    losses: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    problem: str = ""
    usual: str = ""


@dataclass(frozen=True)
class _Class:
    label: str
    function: str
    blobs: tuple[bytes, ...]
    weight: int
    seconds: float  # of the old code, for all of them once


def function_benchmark(
    stage: Stage, case: Case, used: Mapping[int, float], *, promise: float, seconds: float
) -> FunctionTimes:
    """Time the captured calls ``used`` (index -> seconds of the old code), weighed by how often their like occurred.

    Looks after 5, 10, 20 and 40 pairs, a fresh process and another hash seed for each; ends when decided, or when
    ``seconds`` of CPU time are spent; where the calls are dear, not before ten pairs, or `_MOST`.
    """
    classes = _classes(case, used, seconds)
    bench = _Bench(stage, case, classes)
    seconds = max(seconds, min(_MOST, 2 * LOOKS[0] * sum(one.seconds for one in classes)))
    answered, left = decide((), ()), seconds
    for number, look in enumerate((FIRST, *LOOKS)):
        problem = bench.measure(number, look - answered.pairs, left)
        if problem:
            return FunctionTimes(answered, problem=problem)
        left -= bench.spent
        total = bench.weighed()
        answered = total.decide(promise)
        if answered.decision != "cannot tell" or answered.pairs < look:
            break
        if look > FIRST and left < seconds / 4:
            break
        left = max(left, seconds / 2)  # the first look is short: what it leaves open deserves the ten pairs
    if answered.pairs < FEWEST:
        return FunctionTimes(answered, problem=f"only {answered.pairs} pairs could be measured in {seconds:.0f} s")
    return bench.times(answered)


class _Bench:
    """The measurements of one patch so far."""

    def __init__(self, stage: Stage, case: Case, classes: Sequence[_Class]) -> None:
        self._stage = stage
        self._case = case
        self._classes = classes
        self._pairs = {one.label: Pairs() for one in classes}
        self._memory: dict[str, int] = {}
        self._short: list[dict[str, Any]] = []
        self.spent = 0.0  # CPU seconds of the last measurement: a busy machine makes it late, not dearer
        self._weight = sum(one.weight for one in classes) or 1

    def measure(self, number: int, pairs: int, seconds: float) -> str:
        """One fresh process for so many pairs; gives the reason if nothing could be measured."""
        job = {**self._job(), "pairs": pairs, "seconds": seconds, "short": 0.0 if number else _SHORT}
        ran, answers = start(self._stage, job, 100 + number, max(30.0, 20 * seconds))
        self.spent = ran.cpu
        for answer in answers:
            for label, (old, new) in answer.get("seconds", {}).items():
                self._pairs[label].before.append(old)
                self._pairs[label].after.append(new)
            self._memory.update(answer.get("memory", {}))
            self._short += answer.get("short", [])
        if any("seconds" in answer for answer in answers):
            return ""
        problems = [problem for answer in answers for problem in answer.get("problems", ())]
        how = "took too long" if ran.late else "failed"
        return "; ".join(problems) or f"the timing process {how}: {ran.last_lines(3)}"

    def _job(self) -> dict[str, Any]:
        changes = [(change.path, change.before, change.after) for change in self._case.changes]
        main = any(b"__main__" in blob for one in self._classes for blob in one.blobs)
        classes = [{"label": one.label, "function": one.function, "blobs": one.blobs} for one in self._classes]
        case = {"id": self._case.id, "changes": changes, "calls": [], "main": main}
        return {"task": "timing", "cases": [case], "classes": classes}

    def weighed(self) -> Pairs:
        """Seconds a call over all sizes, each as often as it occurred."""
        count = min(len(self._pairs[one.label].before) for one in self._classes)
        parts = [(one.weight / self._weight, self._pairs[one.label]) for one in self._classes]
        return Pairs(
            [sum(share * pairs.before[i] for share, pairs in parts) for i in range(count)],
            [sum(share * pairs.after[i] for share, pairs in parts) for i in range(count)],
        )

    def times(self, answered: Answered) -> FunctionTimes:
        """All that was found."""
        felt = [one for one in self._short if one["size"] >= _ORDINARY and one["new"] - one["old"] > _FELT]
        return FunctionTimes(
            answered,
            self.weighed().comparison("cpu", answered),
            _memory(self._memory),
            (*self._losses(), *(() if felt else _with_fewer(self._short))),
            tuple(_size_line(one, self._pairs[one.label]) for one in self._classes),
            usual=self._usual() or ", ".join(_with_fewer(felt)),
        )

    def _losses(self) -> Iterator[str]:
        for one in self._classes:
            pairs = self._pairs[one.label]
            answered = decide(pairs.before, pairs.after, smallest=_NOISE)
            if answered.decision == "slower" and _lost(pairs) > _UNSEEN:
                yield f"slower on {one.label} ({one.weight:,} of {self._weight:,} calls seen): {spoken(answered)}"

    def _usual(self) -> str:
        """Most calls that were seen are clearly slower, and that is not next to nothing beside what the others win."""
        lost, won, weight = 0.0, 0.0, 0
        for one in self._classes:
            pairs = self._pairs[one.label]
            seconds = _lost(pairs)
            if seconds > _UNSEEN and decide(pairs.before, pairs.after).high < _LOSS:
                weight, lost = weight + one.weight, lost + one.weight * seconds
            else:
                won -= one.weight * seconds
        if 2 * weight <= self._weight or lost < _PART * won:
            return ""
        return f"slower for most calls that were seen ({weight:,} of {self._weight:,})"


def _lost(pairs: Pairs) -> float:
    """Seconds that a call takes more."""
    return median(pairs.after) - median(pairs.before)


def _with_fewer(short: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Where calls with fewer elements are slower: for each place the most elements with which they are."""
    most: dict[str, Mapping[str, Any]] = {}
    for one in short:
        if one["size"] > most.get(one["place"], {"size": 0})["size"]:
            most[one["place"]] = one
    for place, one in most.items():
        elements = "1 element" if one["size"] == 1 else f"{one['size']} elements or fewer"
        took = f"{one['old'] * 1e6:,.3g} -> {one['new'] * 1e6:,.3g} us"
        ratio = ratio_text(one["old"] / one["new"])
        yield f"slower with {elements} in {place} instead of {one['of']:,}: {ratio} ({took})"


def _classes(case: Case, used: Mapping[int, float], seconds: float) -> list[_Class]:
    """Calls by function and size, from the smallest; of the dear ones as many as 25 pairs can afford, and the dearest.

    That is where the time goes: calls of one size may cost a thousand times one another.
    """
    ordered = _grouped(case, used)
    several = len({call.function for call in case.calls}) > 1
    dearest = max((cost for cost in used.values() if cost <= _DEAREST), default=0.0)
    chosen = [_affordable(calls, seconds / 25 / len(ordered), dearest) for _, calls in ordered]
    return [
        _Class(
            f"{function.partition('::')[2]} {size}" if several else size,
            function,
            tuple(call.blob for _, call in kept),
            sum(call.weight for _, call in calls),
            sum(cost for cost, _ in kept),
        )
        for ((function, size), calls), kept in zip(ordered, chosen, strict=True)
    ]


def _grouped(case: Case, used: Mapping[int, float]) -> list[tuple[tuple[str, str], list[tuple[float, Call]]]]:
    """(function, size) with seconds and calls, from the smallest."""
    grouped: dict[tuple[str, str], list[tuple[float, Call]]] = {}
    for index, cost in used.items():
        call = case.calls[index]
        grouped.setdefault((call.function, size_class(call.size)), []).append((cost, call))
    return sorted(grouped.items(), key=lambda item: min(call.size for _, call in item[1]))


def _affordable(calls: list[tuple[float, Call]], seconds: float, dearest: float) -> list[tuple[float, Call]]:
    """At most three, from cheap to dear; the dear ones only if they fit, the cheapest and the ``dearest`` in any case."""
    ranked = sorted(calls, key=lambda pair: pair[0])
    ranked = [pair for pair in ranked if pair[0] <= _DEAREST] or ranked[:1]
    places = dict.fromkeys((0, len(ranked) // 2, len(ranked) - 1))
    kept: list[tuple[float, Call]] = []
    for cost, call in (ranked[place] for place in places):
        seconds -= cost
        if not kept or seconds >= 0 or cost == dearest:
            kept.append((cost, call))
    return kept


def size_class(size: int) -> str:
    """0, 1, 2-7, 8-63, 64-511 … in words."""
    if size < 2:
        return f"size {size}"
    low = 2
    high = 8
    while size >= high:
        low, high = high, high * 8
    return f"size {low:,}-{high - 1:,}"


def _size_line(one: _Class, pairs: Pairs) -> str:
    ratio = median(old / max(new, 1e-9) for old, new in zip(pairs.before, pairs.after, strict=True))
    return f"{one.label}: {ratio_text(ratio)} ({one.weight:,} calls)"


def _memory(memory: Mapping[str, int]) -> Comparison | None:
    if not memory.get("old") or not memory.get("new"):
        return None
    ratio = memory["old"] / memory["new"]
    return Comparison("bytes", (float(memory["old"]),), (float(memory["new"]),), ratio, ratio, ratio)
