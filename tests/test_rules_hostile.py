"""Old against new over hostile inputs: whatever was observed, a guarded rewrite must mean the same.

The evidence here is made up on purpose: safety must not rest on it. Values come from one pool of shared objects, so
that identity, NaN, 1 == 1.0 == True, unhashable and wildly comparing objects meet in all arguments.
"""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from perfprof.optimizer.writing.edits import apply_edits
from perfprof.profilers.observations import Seen, Watch
from perfprof.rules import registry
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Rule, Suspect, weigh

RULES = [
    rule
    for rule in registry().values()
    if rule.in_function is not None and Path(rule.origin).parent.name == "python"
]
RUNS = 400


class Anything:
    """Equal to everything, and hashes as nobody expects."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 7

    def __repr__(self) -> str:
        return "Anything()"


class Loose(str):
    """A string that compares without case."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self.lower() == other.lower()

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


class Refuses:
    """Raises when it is compared."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparison")

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return "Refuses()"


class Once:
    """Stands for an iterator that is made anew for each run."""

    def __init__(self, rows: list[object]) -> None:
        self.rows = rows


class Meddler:
    """Stands for a generator that adds to the searched list while the loop asks it for its rows."""

    def __init__(self, rows: list[object]) -> None:
        self.rows = rows

    def meddling(self, others: object) -> Iterator[object]:
        for row in self.rows:
            if isinstance(others, list):
                others.append(row)
            yield row


NAN = float("nan")
POOL = [0, 1, 2, 3, 1.0, True, False, None, "a", "A", "b", "", NAN, float("nan"), -0.0, (1, 2), (1,), [1], {}, b"a"]
POOL += [Anything(), Loose("A"), Loose("a"), Refuses(), [1, 2], ([],), object()]

SPELLINGS = {
    "loop": "for a in xs:\n        for b in ys:\n            if b == a:\n                out.append((a, b))",
    "loop-reversed": "for a in xs:\n        for b in ys:\n            if a == b:\n                out.append((a, b))",
    "first": "for a in xs:\n        for b in ys:\n            if b == a:\n                out.append(b)\n                break",
    "else": (
        "for a in xs:\n        for b in ys:\n            if b == a:\n                out.append(b)\n"
        "                break\n        else:\n            out.append(None)"
    ),
    "flag": (
        "for a in xs:\n        hit = False\n        for b in ys:\n            if b == a:\n                hit = True\n"
        "                break\n        if hit:\n            out.append(a)"
    ),
    "continue": (
        "for a in xs:\n        for b in ys:\n            if b != a:\n                continue\n"
        "            out.append((a, b))"
    ),
    "last": (
        "for a in xs:\n        last = None\n        for b in ys:\n            if b == a:\n                last = b\n"
        "        out.append(last)"
    ),
    "next": "out = [next((b for b in ys if b == a), 'none') for a in xs]",
    "any": "out = [a for a in xs if any(b == a for b in ys)]",
    "all": "out = [a for a in xs if all(b != a for b in ys)]",
    "group": "out = [[b for b in ys if b == a] for a in xs]",
    "sum": "out = [sum(1 for b in ys if b == a) for a in xs]",
    "comprehension": "out = [(a, b) for a in xs for b in ys if b == a]",
    "index-loop": "for i in range(len(xs)):\n        for j in range(len(ys)):\n            if xs[i] == ys[j]:\n                out.append((i, j))",
    "enumerate": "for a in xs:\n        for j, b in enumerate(ys):\n            if b == a:\n                out.append((a, j))",
    "pairs": "for a in xs:\n        for b, c in zip(ys, ys):\n            if b == a:\n                out.append((a, c))",
    "helper": "for a in xs:\n        out.append(find(ys, a))",
    "method": "repo = Repo(ys)\n    for a in xs:\n        out.append(repo.find(a))",
    "method-raises": (
        "repo = Repo(ys)\n    for a in xs:\n        try:\n            out.append(repo.must(a))\n"
        "        except LookupError:\n            out.append('none')"
    ),
    "in": "for a in xs:\n        if a in ys:\n            out.append(a)",
    "not-in": "out = [a for a in xs if a not in ys]",
    "tuple-in": "for a in xs:\n        if (a, 1) in ys:\n            out.append(a)",
    "item": "for a in xs:\n        if a[0] in ys:\n            out.append(a)",
    "seen": "for a in xs:\n        if a not in out:\n            out.append(a)",
    "seen-key": "for a in xs:\n        if a in ys:\n            continue\n        if a not in out:\n            out.append(a)",
    "seen-given": "out = list(ys)\n    for a in xs:\n        if a not in out:\n            out.append(a)",
    "dict-rows": (
        "rows = [{'k': y} for y in ys]\n    for a in xs:\n        for row in rows:\n            if row['k'] == a:\n"
        "                out.append(row['k'])"
    ),
    "get-rows": (
        "rows = [{'k': y} if y else {} for y in ys]\n    for a in xs:\n        for row in rows:\n"
        "            if row.get('k') == a:\n                out.append(a)"
    ),
    "attributes": (
        "rows = [Row(k=y) for y in ys]\n    for a in xs:\n        for row in rows:\n            if row.k == a and row.k:\n"
        "                out.append(row.k)\n                break"
    ),
    "missing": (
        "rows = [Row(k=y) if y else Row() for y in ys]\n    for a in xs:\n        for row in rows:\n"
        "            if row.k == a:\n                out.append(row.k)\n                break"
    ),
    "missing-item": (
        "rows = [{'k': y} if y else {} for y in ys]\n    for a in xs:\n        for row in rows:\n"
        "            if row['k'] == a:\n                out.append(a)\n                break"
    ),
    "item-by-number": (
        "rows = [[y] if y else [] for y in ys]\n    for a in xs:\n        for row in rows:\n"
        "            if row[0] == a:\n                out.append(a)\n                break"
    ),
    "pair-key": (
        "rows = [Row(k=y, v=1) for y in ys]\n    for a in xs:\n        for row in rows:\n"
        "            if (row.k, row.v) == (a, 1):\n                out.append(a)"
    ),
    "text-key": (
        "rows = [Row(k=y) for y in ys]\n    for a in xs:\n        for row in rows:\n"
        "            if row.k.lower() == a:\n                out.append(a)\n                break"
    ),
    "lowered": "for a in xs:\n        for b in ys:\n            if str(b).lower() == a:\n                out.append((a, b))",
    "out-is-given": "for a in xs:\n        for b in ys:\n            if b == a:\n                zs.append(b)\n                break",
    "seen-is-given": "for a in xs:\n        if a not in ys:\n            ys.append(a)",
    "seen-and-set": "for a in xs:\n        if a not in ys:\n            ys.append(a)\n            zs[0] = 'b'",
    "position": "for a in xs:\n        out.append(ys.index(a))",
    "position-caught": (
        "for a in xs:\n        try:\n            out.append(ys.index(a))\n"
        "        except ValueError as error:\n            out.append(str(error))"
    ),
    "position-of-own": "for a in xs:\n        out.append((xs.index(a), ys.index(a)))",
    "position-of-item": "out = [ys.index(a[0]) for a in xs]",
    "count": "for a in xs:\n        zs.append(ys.count(a))",
    "count-own": "out = [a for a in xs if xs.count(a) > 1]",
    "count-pair": "out = [(ys.count(a), ys.count((a, 1)), ys.count(a)) for a in xs]",
    "copied-list": "for a in xs:\n        if a not in (1, 'a'):\n            out = out + [a]",
    "copied-lists": "for a in xs:\n        out = out + a",
    "copied-given": "for a in xs:\n        out = out + ys",
    "copied-dict": "known = {}\n    for a in xs:\n        known = {**known, a: len(known)}\n    out = list(known.items())",
    "copied-dicts": "known = dict()\n    for a in xs:\n        known = {**known, **a, 'k': 1}\n    out = list(known.items())",
    "summed": "for a in zs:\n        out.append(sum(ys, []))",
    "summed-made": "out = sum([[x, *ys] for x in xs], [])",
    "summed-items": "out = sum([x for x in xs], start=[])",
    "queue": (
        "queue = list(xs)\n    while queue:\n        a = queue.pop(0)\n        out.append(a)\n"
        "        if len(out) < 30 and a in (1, 'a'):\n            queue.extend(ys)\n    out.append(len(queue))"
    ),
    "queue-levels": (
        "queue = [*xs]\n    while queue:\n        level = []\n        for _ in range(len(queue)):\n"
        "            level.append(queue.pop(0))\n        out.append(level)\n        if len(out) < 4:\n"
        "            queue += ys"
    ),
    "prepended": "for a in xs:\n        out.insert(0, a)\n        if a in out:\n            out.extend(ys)",
    "keys": (
        "known = {'a': 1, 1: 2, 'b': 3}\n    for a in xs:\n        if a in list(known.keys()):\n            out.append(a)\n"
        "        elif type(a) in (int, str):\n            known[a] = len(known)"
    ),
    "keys-of-given": "for a in xs:\n        if a not in tuple(ys):\n            out.append(a)",
    "values": "known = dict(enumerate(ys))\n    for a in xs:\n        if a in known.values():\n            zs.append(a)",
    "values-of-item": "known = dict(enumerate(ys))\n    out = [a for a in xs if a[0] not in list(known.values())]",
    "anti-join": (
        "for a in xs:\n        found = False\n        for b in ys:\n            if b == a:\n                found = True\n"
        "                break\n        if not found:\n            out.append(a)"
    ),
    "group-by-keys": (
        "groups = {}\n    for i, a in enumerate(xs):\n        groups[i] = [b for b in ys if b == a]\n"
        "    out = list(groups.items())"
    ),
    "distinct": "out = [a for i, a in enumerate(ys) if a not in ys[:i]]",
    "given-grows": "for a in xs:\n        if a in ys:\n            zs.append(a)",
}
HEAD = "def find(rows, key):\n    for row in rows:\n        if row == key:\n            return row\n    return None\n\n\n"
HEAD += "class Repo:\n    def __init__(self, rows):\n        self.rows = rows\n\n    def find(self, key):\n"
HEAD += "        return next((row for row in self.rows if row == key), None)\n\n    def must(self, key):\n"
HEAD += "        for row in self.rows:\n            if row == key:\n                return row\n        raise LookupError\n\n\n"


def source_of(spelling: str) -> str:
    return f"{HEAD}def work(xs, ys, zs):\n    out = []\n    {spelling}\n    return out\n"


def imagined(watch: Watch, rows: str) -> Seen:
    """Evidence that nobody collected: sizes that pay, plain attributes, and ints and strings for keys."""
    keys = {"builtins.int": 500, "builtins.str": 500}
    kinds = {
        "dict": {"builtins.dict": 1000},
        "base": {"builtins.list": 1000},
        "item": {rows or "builtins.list": 1000},
    }
    kinds |= {"more": {"builtins.list": 1000}, "leaf": {"builtins.str": 1000}, "loop": {"builtins.list": 1000}}
    types = kinds.get(watch.id.rpartition(":")[2][:4], keys)
    elements = {rows: 1000} if rows else keys
    count = 10 if watch.kind == "entry" else 1000
    return Seen(watch.id, count, types, 100, 100, 100_000, elements, {"plain": 5, "other": 5})


def rewritten(rule: Rule, source: str) -> str | None:
    program = Program(Path("/"), lambda path: source)
    module = program.module(Path("/work.py"))
    assert module is not None
    assert rule.in_function is not None
    for function in module.functions:
        for suspect in rule.in_function(function, program):
            case = case_of(rule, suspect, program)
            if case is not None:
                return apply_edits(source, rule.rewrite(case).edits)
    return None


def case_of(rule: Rule, suspect: Suspect, program: Program) -> Case | None:
    source = suspect.function.module.source if suspect.function is not None else ""
    rows = (
        "builtins.dict"
        if "{'k'" in source
        else "builtins.list" if "[[y]" in source or "sum(ys" in source or "start=" in source else ""
    )
    if "(a, 1)" in source:
        rows = "builtins.tuple[builtins.int,builtins.int]"
    seen = {watch.id: imagined(watch, rows) for watch in suspect.watches}
    proofs, level = weigh(rule, Case(suspect, program, seen))
    return Case(suspect, program, seen, proofs=proofs) if level else None


CASES = [
    pytest.param(name, rule.name, new, id=f"{name}-{rule.name}")
    for name, spelling in SPELLINGS.items()
    for rule in RULES
    if (new := rewritten(rule, source_of(spelling))) is not None
]


def test_every_spelling_is_understood() -> None:
    missing = set(SPELLINGS) - {str(case.values[0]) for case in CASES}
    assert not missing


@pytest.mark.parametrize(("name", "rule", "new"), CASES)
def test_old_and_new_agree_on_hostile_inputs(name: str, rule: str, new: str) -> None:
    old, chance = source_of(SPELLINGS[name]), random.Random(name)
    assert ast.dump(ast.parse(old)) != ast.dump(ast.parse(new))
    functions = [compiled(old), compiled(new)]
    for _ in range(RUNS):
        given = arguments(chance)
        before, after = (outcome(function, copied(given)) for function in functions)
        assert before == after, (given, new)


def compiled(source: str) -> object:
    names: dict[str, object] = {"Row": SimpleNamespace}
    exec(compile(source, "work.py", "exec"), names)
    return names["work"]


def arguments(chance: random.Random) -> list[object]:
    """Three arguments; sometimes of few and friendly values, sometimes one object twice, a tuple, or an iterator."""
    pool = POOL[: chance.choice([4, 7, len(POOL), len(POOL)])] if chance.random() < 0.7 else ["a", "b", 1, 2]
    lists = [[chance.choice(pool) for _ in range(chance.choice([0, 1, 2, 5, 9]))] for _ in range(3)]
    shape = chance.random()
    if shape < 0.1:
        lists[2] = lists[1]
    elif shape < 0.15:
        lists[0] = lists[1]
    elif shape < 0.25:
        return [lists[0], tuple(lists[1]), lists[2]]
    elif shape < 0.3:
        return [lists[0], Once(lists[1]), lists[2]]
    elif shape < 0.33:
        return [lists[0], None, lists[2]]
    elif shape < 0.4:
        return [Meddler(lists[0]), lists[1], lists[2]]
    return list(lists)


def copied(given: list[object]) -> list[object]:
    """New containers with the same elements, aliases kept."""
    twins: dict[int, object] = {}
    for one in given:
        if isinstance(one, Once):
            twins[id(one)] = iter(one.rows)
        else:
            twins.setdefault(id(one), copy.copy(one))
    first = given[0]
    if isinstance(first, Meddler):
        twins[id(first)] = first.meddling(twins[id(given[1])])
    return [twins[id(one)] for one in given]


def outcome(function: object, given: list[object]) -> object:
    """Result or exception, and the arguments afterwards; by identity where values cannot be compared."""
    assert callable(function)
    try:
        result: object = ("gives", marks(function(*given)))
    except Exception as error:
        result = ("raises", type(error).__name__, str(error))
    return result, [marks(one) if isinstance(one, (list, tuple)) else None for one in given]


def marks(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [marks(one) for one in value]
    return (
        (type(value).__name__, repr(value))
        if type(value) in (int, str, bool, float, bytes, type(None))
        else id(value)
    )
