"""Old against new over hostile inputs: functions that only ask a list, for what they make of their argument."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from typing import ClassVar

import pytest
from hostile import OWN, POOL, Loose, compare, entangled, lists, rewrites, seen

from perfprof.profilers.observations import Seen, Watch

RUNS = 400
ASKS = {
    "lowered": "word.lower() in known",
    "lowered-not": "word.lower() not in known",
    "stripped": "word.strip() in known",
    "beginning": "word[:1] in known",
    "replaced": "word.replace('b', 'a') in known",
    "prefix": "word.removeprefix('a') in known",
    "as-text": "str(word) in known",
    "as-lowered-text": "str(word).lower() in known",
    "pair": "(word, 1) in known",
    "pair-of-text": "(word.lower(), word) in known",
}
TIMES = ["[x for x in xs if asks(ys, x)]", "[asks(ys, x) for x in xs]", "[x for x in xs if not asks(ys, word=x)]"]
WORDS: list[object] = ["a", "A", "b", " a", "ab", "", "1", 1, 2, ("a", 1), ("A", 1), (1, 1), ("a", "a"), ("a", "A")]
KINDS: dict[str, dict[str, int]] = {
    "words": {"builtins.str": 1000},
    "numbers": {"builtins.int": 500, "builtins.str": 500},
    "pairs": {"builtins.tuple[builtins.str,builtins.int]": 1000},
    "twins": {"builtins.tuple[builtins.str]": 1000},
}


class Moody:
    """Tells when its text is asked."""

    asked: ClassVar[list[str]] = []

    def lower(self) -> str:
        self.asked.append("lower")
        return "ab"[len(self.asked) % 2]

    strip = lower

    def __str__(self) -> str:
        return self.lower()


def asked() -> int:
    """How often since the last time."""
    times = len(Moody.asked)
    Moody.asked.clear()
    return times


def imagined(kind: dict[str, int], watch: Watch) -> Seen:
    listed = watch.kind == "collection" or watch.id.rpartition(":")[2].startswith("loop")
    return seen(watch, {"builtins.list": 1000} if listed else kind, kind)


def cases() -> Iterator[object]:
    for name, test in ASKS.items():
        for number, times in enumerate(TIMES):
            source = (
                f"def asks(known, word):\n    return {test}\n\n\ndef work(xs, ys, zs):\n    return {times}, zs\n"
            )
            known = set[str]()
            for word, kind in KINDS.items():
                for rule, new in rewrites(source, partial(imagined, kind), {"list-membership"}):
                    if new not in known:
                        yield pytest.param(name, source, new, id=f"{name}-{number}-{rule.name}-{word}")
                    known.add(new)


CASES = list(cases())


def test_every_spelling_is_understood() -> None:
    assert {str(case.values[0]) for case in CASES} == set(ASKS)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("name", "source", "new"), CASES)
def test_old_and_new_agree_on_hostile_inputs(name: str, source: str, new: str) -> None:
    chance = random.Random(name)
    compare(source, new, RUNS, lambda: arguments(chance), told=asked)


def arguments(chance: random.Random) -> list[object]:
    """Words, pairs of them, words that compare otherwise, and everything."""
    pools: list[list[object]] = [WORDS, WORDS[:7], [*WORDS, Loose("A"), Loose("a"), Moody()], [*WORDS, *POOL, *OWN]]
    return entangled(chance, *lists(chance, chance.choice(pools), (0, 1, 2, 5, 9)))
