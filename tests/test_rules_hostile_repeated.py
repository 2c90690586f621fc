"""Old against new over hostile inputs, for the rules about repeated work.

Guards name the types that were seen, so each program is rewritten for several made-up evidences, and then runs on what
was seen and on what was not. Programs, pool and comparison are those of `test_rules_hostile`, besides the bodies here.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_rules_hostile import POOL as WILD
from test_rules_hostile import RULES, Meddler, Once, compiled, copied, outcome

from perfprof.optimizer.writing.edits import apply_edits
from perfprof.profilers.observations import Seen, Watch
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Level, Rule, weigh

RUNS = 150
MINE = {
    "regex-in-loop",
    "constant-rebuilt-in-loop",
    "loop-invariant-call",
    "prefix-sum",
    "window-sum",
}
INTS, WORDS, NUMBERS = ("int",), ("str",), ("int", "bool", "float")

PROGRAMS: dict[str, tuple[str, list[tuple[str, ...]]]] = {
    "sum": ("for x in xs:\n        out.append((x, sum(ys)))", [INTS]),
    "sum-while": ("i = 0\n    while i < len(xs):\n        out.append(sum(ys))\n        i += 1", [INTS]),
    "max": ("for x in xs:\n        out.append((x, max(ys)))", [INTS, WORDS, NUMBERS]),
    "min-default": ("for x in xs:\n        out.append((x, min(ys, default=0)))", [INTS]),
    "max-or": ("for x in xs:\n        if ys:\n            out.append(max(ys))", [INTS, WORDS, NUMBERS]),
    "sorted": ("for x in xs:\n        for y in sorted(ys):\n            out.append((x, y))", [INTS, WORDS, NUMBERS]),
    "sorted-name": ("for x in xs:\n        ys2 = sorted(ys)\n        out.append(ys2[0])", [INTS, WORDS, NUMBERS]),
    "sorted-slice": ("for x in xs:\n        out.append(sorted(ys)[:2])", [INTS, WORDS, NUMBERS]),
    "set": ("for x in xs:\n        if x in set(ys):\n            out.append(x)", [INTS, WORDS, NUMBERS]),
    "set-name": ("for x in xs:\n        known = set(ys)\n        if x in known:\n            out.append(len(known))", [INTS, WORDS]),
    "frozenset": ("out = [x for x in xs if x not in frozenset(ys)]", [INTS, WORDS, NUMBERS]),
    "list": ("for x in xs:\n        out.append(list(ys).count(x))", [INTS, WORDS]),
    "comprehension": ("out = [x for x in xs if x in [y.lower() for y in ys]]", [WORDS]),
    "comprehension-int": ("for x in xs:\n        out.append([y * 2 + 1 for y in ys if y > 1][:1])", [INTS]),
    "longest": ("for x in xs:\n        out.append((x, max(len(y) for y in ys)))", [WORDS]),
    "join": ("for x in xs:\n        out.append(', '.join(ys))", [WORDS]),
    "join-generator": ("for x in xs:\n        out.append('-'.join(y.strip() for y in ys))", [WORDS]),
    "any": ("for x in xs:\n        out.append(any(y > 1 for y in ys))", [INTS, NUMBERS]),
    "all": ("out = [x for x in xs if all(ys)]", [INTS, WORDS, NUMBERS]),
    "two": ("for x in xs:\n        out.append(sum(ys) + len(zs) if ys is not out else 0)", [INTS]),
    "two-operands": ("for x in xs:\n        for y in sorted(set(ys) - set(zs)):\n            out.append(y)", [INTS]),
    "dict": ("known = {}\n    for y in ys:\n        known[y] = 1\n    for x in xs:\n        if x in sorted(known):\n            out.append(x)", [INTS]),
    "nested": ("for x in xs:\n        for z in zs:\n            out.append(sum(ys))", [INTS]),
    "grows": ("for x in xs:\n        out.append(sum(ys))\n        zs.append(x)", [INTS]),
    "given-out": ("for x in xs:\n        zs.append(max(ys))", [INTS]),
    "broken": ("for x in xs:\n        if not x:\n            break\n        out.append(min(ys))", [INTS, WORDS]),
    "caught": ("for x in xs:\n        try:\n            out.append(max(ys))\n        except ValueError:\n            out.append(x)", [INTS]),
    "prefix": ("for i in range(len(xs)):\n        out.append(sum(ys[:i]))", [INTS]),
    "prefix-next": ("for i, x in enumerate(xs):\n        out.append((x, sum(xs[: i + 1])))", [INTS]),
    "prefix-unknown": ("for x in xs:\n        out.append(sum(ys[:x]))", [INTS]),
    "prefix-rebound": ("for i in range(len(xs)):\n        out.append([sum(ys[:i]) for i in xs])", [INTS]),
    "suffix": ("out = [sum(ys[i:]) for i in range(-2, len(xs) + 2)]", [INTS]),
    "window": ("for i in range(len(xs)):\n        out.append(sum(ys[i : i + 2]))", [INTS]),
    "window-unknown": ("for x in xs:\n        for z in zs:\n            out.append(sum(ys[x:z]))", [INTS]),
    "window-back": ("for i in range(len(xs)):\n        out.append(sum(ys[i - 2 : i]))", [INTS]),
    "table": ("for x in xs:\n        out.append({'a': 1, 'b': 2, 1: 3}.get(x, x))", [INTS]),
    "table-item": ("for x in xs:\n        try:\n            out.append({'a': 1, 1: 2}[x])\n        except KeyError:\n            out.append(0)", [INTS]),
    "table-name": ("for x in xs:\n        known = {'a', 'b', 1}\n        if x in known:\n            out.append(x)", [INTS]),
    "table-set": ("out = [x for x in xs if x in set('ab')]", [INTS]),
    "table-dict": ("for x in xs:\n        names = dict(a=1, b=2)\n        for y in ys:\n            out.append(names.get(y))", [INTS]),
    "match": ("for x in xs:\n        out.append(re.match('a|b', x) is None)", [INTS]),
    "sub": ("out = [re.sub('[ab]', '#', x, flags=re.I) for x in xs]", [INTS]),
    "split": ("for x in xs:\n        for part in re.split('a', x, maxsplit=1):\n            out.append(part)", [INTS]),
    "compile": ("for x in xs:\n        pattern = re.compile('a')\n        out.append(pattern.findall(x))", [INTS]),
}  # fmt: skip


def source_of(body: str) -> str:
    return f"import re\n\n\ndef work(xs, ys, zs):\n    out = []\n    {body}\n    return out\n"


def imagined(watch: Watch, types: tuple[str, ...]) -> Seen:
    plain = {f"builtins.{name}": 500 for name in types}
    kind = watch.id.rpartition(":")[2]
    held = plain if kind in {"turns", "index", "start", "stop"} else {"builtins.list": 1000}
    held = {"builtins.dict": 1000} if watch.detail == "dict" else held
    count = 10 if watch.kind == "entry" else 10_000
    return Seen(watch.id, count, held, 100, 100, 1_000_000, plain, {"plain": 5, "other": 5})


def rewrites(source: str, types: tuple[str, ...]) -> Iterator[tuple[Rule, str]]:
    program = Program(Path("/"), lambda path: source)
    module = program.module(Path("/work.py"))
    assert module is not None
    for rule in RULES:
        assert rule.in_function is not None
        for suspect in (one for function in module.functions for one in rule.in_function(function, program)):
            if rule.name not in MINE:
                continue
            seen = {watch.id: imagined(watch, types) for watch in suspect.watches}
            proofs, level = weigh(rule, Case(suspect, program, seen))
            if level is not Level.OPEN:
                yield rule, apply_edits(source, rule.rewrite(Case(suspect, program, seen, proofs=proofs)).edits)


CASES = [
    pytest.param(name, types, new, id=f"{name}-{rule.name}-{types[-1]}")
    for name, (body, evidences) in PROGRAMS.items()
    for types in evidences
    for rule, new in rewrites(source_of(body), types)
]


def test_every_program_is_rewritten() -> None:
    assert not set(PROGRAMS) - {str(case.values[0]) for case in CASES}


@pytest.mark.parametrize(("name", "types", "new"), CASES)
def test_old_and_new_agree(name: str, types: tuple[str, ...], new: str) -> None:
    old, chance = source_of(PROGRAMS[name][0]), random.Random(name)
    functions = [compiled(old), compiled(new)]
    for _ in range(RUNS):
        given = arguments(chance, types)
        before, after = (outcome(function, copied(given)) for function in functions)
        assert before == after, (given, new)


def arguments(chance: random.Random, types: tuple[str, ...]) -> list[object]:
    """Three lists, often of what was seen; sometimes wild, one list twice, a tuple, or an iterator that meddles."""
    friendly: dict[str, list[object]] = {
        "int": [0, 1, 2, 3, 7, -1],
        "str": ["a", "b", "A", "", "ab "],
        "float": [1, 2.5, True, float("nan"), -0.0],
    }
    pool: list[object] = friendly[types[-1]]
    if chance.random() < 0.4:
        pool = [*WILD[: chance.choice([5, 12, len(WILD)])]]
    lists: list[object] = [[chance.choice(pool) for _ in range(chance.choice([0, 1, 2, 5, 9]))] for _ in range(3)]
    shape = chance.random()
    if shape < 0.1:
        lists[1] = lists[0]
    elif shape < 0.2:
        lists[2] = lists[1]
    elif shape < 0.3:
        lists[1] = tuple(lists[1])  # type: ignore[arg-type]
    elif shape < 0.4:
        lists[1] = Once(lists[1])  # type: ignore[arg-type]
    elif shape < 0.5:
        lists[0] = Meddler(lists[0])  # type: ignore[arg-type]
    elif shape < 0.55:
        lists[1] = None
    return lists
