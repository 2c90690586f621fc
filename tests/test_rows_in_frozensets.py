"""Rows that stand in a frozenset, which nobody can change: old against new, also where it is another collection."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hostile import RULES, Anything, Plain, for_few

from perfprof.optimizer.writing.edits import apply_edits
from perfprof.profilers.observations import Seen, Watch
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Level, weigh

LOOP = "    for x in xs:\n        for y in ys:\n            if x == y:\n                out.append(y)\n"
PROGRAMS = {
    "comprehension": "def work(xs, ys):\n    return [(x, y) for x in xs for y in ys if y == x]\n",
    "loop": f"def work(xs, ys):\n    out = []\n{LOOP}    return out\n",
    "first": f"def work(xs, ys):\n    out = []\n{LOOP}                break\n    return out\n",
    "next": "def work(xs, ys):\n    return [next((y for y in ys if y == x), 0) for x in xs]\n",
}
# Nothing but the test reads the row: what it has in common with the wanted one alone is asked.
ALONE = {
    "kept": "def work(xs, ys):\n    return [x for x in xs for y in ys if y == x]\n",
    "counted": f"def work(xs, ys):\n    out = []\n{LOOP.replace('(y)', '(x)')}    return out\n",
    "turned": "def work(xs, ys):\n    return sum(1 for x in xs for y in ys if x == y)\n",
    "exists": "def work(xs, ys):\n    return [any(y == x for y in ys) for x in xs]\n",
    "flag": f"def work(xs, ys):\n    out = []\n{LOOP.replace('(y)', '(x)')}                break\n"
    "        else:\n            out.append(0)\n    return out\n",
    "lowered": "def work(xs, ys):\n    return [x for x in xs for y in ys if y == str(x).lower()]\n",
}
PROGRAMS |= ALONE
KEYS = {"builtins.int": 50, "builtins.str": 50}
POOL: list[object] = [1, 1.0, True, "a", "b", 2, 3, None, (1,), float("nan"), Anything(), Plain(), 7, "c", 0, False]


def imagined(watch: Watch) -> Seen:
    kind = watch.id.rpartition(":")[2]
    types = {"builtins.frozenset": 100} if kind == "base0" else KEYS
    types = {"builtins.list": 100} if kind.startswith("loop") else types
    return Seen(watch.id, 10, types, 100, 100, 1_000, KEYS, {"plain": 5, "other": 5})


def rewritten(source: str) -> list[str]:
    """What every rule that has something to say makes of it."""
    program, found = Program(Path("/"), lambda path: source), []
    module = program.module(Path("/work.py"))
    assert module is not None
    for rule in RULES:
        assert rule.in_function is not None
        for suspect in (one for function in module.functions for one in rule.in_function(function, program)):
            if {watch.kind for watch in suspect.watches} & {"again", "order"}:
                continue
            case = Case(suspect, program, {watch.id: imagined(watch) for watch in suspect.watches})
            proofs, level = weigh(rule, case)
            assert level is not Level.OPEN, proofs
            edits = rule.rewrite(Case(suspect, program, case.seen, proofs=proofs)).edits
            found.append(for_few(apply_edits(source, edits), source))
    return found


def outcome(source: str, xs: list[object], ys: object) -> str:
    names: dict[str, object] = {}
    exec(source, names)
    try:
        return repr(names["work"](xs, ys))  # type: ignore[operator]
    except Exception as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize("name", PROGRAMS)
def test_same_answers(name: str) -> None:
    """Whatever the collection is in the end: a frozenset, a set, a list, a tuple."""
    source, chance = PROGRAMS[name], random.Random(7)
    news = rewritten(source)
    assert any("frozenset" in new for new in news)
    for new in news:
        for _ in range(300):
            pool = [one for one in POOL if type(one) in (int, str)] if chance.random() < 0.5 else POOL
            make = chance.choice([frozenset, frozenset, set, list, tuple])
            xs, ys = chance.choices(POOL, k=5), make(chance.choices(pool, k=chance.randrange(12)))
            assert outcome(source, list(xs), ys) == outcome(new, list(xs), ys), new


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_index_is_made_only_for_rows_that_are_read(name: str) -> None:
    (new,) = rewritten(PROGRAMS[name])
    assert ("ys_set & {" in new) == (name in ALONE)
    assert ("setdefault" in new) == (name not in ALONE)


def test_a_set_is_walked_as_before() -> None:
    """Of a set that somebody may change nothing is made."""
    source = f"def work(xs, ys):\n    out = []\n{LOOP}        ys -= {{x}}\n    return out\n"
    with pytest.raises(AssertionError):
        rewritten(source)
