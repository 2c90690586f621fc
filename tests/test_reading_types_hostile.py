"""A type that is told by reading is the type when it runs, whatever classes the values have that a program is given."""

from __future__ import annotations

import ast
import random
from pathlib import Path
from typing import Any

import pytest

from perfprof.rules.reading import signatures, types
from perfprof.rules.reading.program import Program

VALUES = """
class Text(str):
    def same(self, *given): return self
    __add__ = __radd__ = __rmod__ = __getitem__ = __format__ = __str__ = __repr__ = __eq__ = __lt__ = same
    lower = strip = join = split = copy = same
    __hash__ = str.__hash__
class Number(int):
    def same(self, *given): return self
    __add__ = __radd__ = __mul__ = __rmul__ = __sub__ = __rsub__ = __neg__ = __invert__ = __or__ = __ror__ = same
    __mod__ = __rmod__ = __eq__ = __int__ = __abs__ = __round__ = same
    __hash__ = int.__hash__
    def __repr__(self): return Text("n")
class Rows(list):
    def same(self, *given): return self
    __add__ = __radd__ = __iadd__ = __mul__ = __rmul__ = __getitem__ = copy = same
class Odd(set):
    def text(self, *given): return Text("q")
    __format__ = __repr__ = __str__ = __add__ = __radd__ = __mod__ = __rmod__ = __abs__ = __round__ = text
    __or__ = __ror__ = __and__ = __rand__ = __sub__ = __rsub__ = __eq__ = __lt__ = __contains__ = text
    def __len__(self): return True
    def __index__(self): return True
values = [
    Text("a b"), Number(3), Rows([Text("a"), Text("b")]), Odd([1]), (Text("a"),), [Text("a")], {Text("a"): Odd()},
    True, 2, 3.5, "k", b"x", [1], range(3), None,
]
"""
ATOMS = [
    "x",
    "x",
    "y",
    "1",
    "True",
    "2.5",
    "'a b'",
    "''",
    "'%s'",
    "b'q'",
    "[]",
    "{1}",
    "[x]",
    "(x,)",
    "{1: x}",
    "None",
]
SHAPES = [
    "len({a})", "int({a})", "str({a})", "str({a})", "repr({a})", "hex({a})", "ascii({a})", "abs({a})", "round({a})",
    "list({a})", "tuple({a})", "set({a})", "sorted({a})", "sum({a})", "f'{{x}}'", "f'{{x!r}}'", "f'{{len(x)}}'",
    "f'a{{x}}'", "({a} + {b})", "({a} - {b})", "({a} * {b})", "({a} % {b})", "({a} | {b})", "({a} // {b})",
    "({a} == {b})", "({a} < {b})", "({a} in {b})", "({a} and {b})", "({a} if x else {b})", "(not {a})", "(-{a})",
    "({a}).lower()", "({a}).strip()", "({a}).split()", "({a}).copy()", "({a}).encode()", "({a}).join({b})",
    "({a}).format({b})", "({a}).replace({b}, {b})", "({a}).count({b})", "({a})[0]", "({a})[1:]", "[z for z in {a}]",
    "{a}",
]  # fmt: skip
BODIES = [
    "return {a}", "return {a}", "v = {a}\n    v += {b}\n    return v", "v = {a}\n    v |= {b}\n    return v",
    "v = {a}\n    for _ in 'ab': v = v + {b}\n    return v", "v = {a}\n    if x: v = {b}\n    return v",
    "v = 0\n    for w in range({a}): v = w\n    return v", "v = 0\n    for v, w in enumerate({a}): pass\n    return v",
    "v = ''\n    for v in ({a}).split({b}): pass\n    return v",
]  # fmt: skip


def expression(depth: int, chance: random.Random) -> str:
    if not depth:
        return chance.choice(ATOMS)
    a, b = (expression(depth - 1, chance) for _ in "ab")
    return chance.choice(SHAPES).format(a=a, b=b)


def wrong(root: Path, seed: int, count: int = 800) -> tuple[int, list[str]]:
    """How often a told type was seen at work, and the functions that gave another one."""
    chance = random.Random(seed)
    bodies = ["return " + shape.format(a="x", b="y") for shape in SHAPES]  # each of them at least once by itself
    bodies += [
        chance.choice(BODIES).format(a=expression(chance.choice((1, 1, 2)), chance), b=expression(1, chance))
        for _ in range(count)
    ]
    source = "".join(f"def f{place}(x, y):\n    {body}\n" for place, body in enumerate(bodies))
    (root / "example.py").write_text(source, "utf-8")
    module = Program(root, lambda path: path.read_text("utf-8")).module(root / "example.py")
    assert module is not None
    names: dict[str, Any] = {}
    exec(VALUES + source, names)
    seen, found = 0, []
    for function in module.functions:
        kinds = [types.builtin_type(one.value, function) for one in function.every(ast.Return) if one.value]
        given = outcomes(names[function.qualname], names["values"], chance) if kinds and kinds[0] else []
        seen += len(given)
        others = {type(one) for one in given if type(one).__name__ != kinds[0]}
        found += [f"{ast.unparse(function.node)}: {kinds[0]}, not {others}"] if others else []
    return seen, found


def outcomes(called: Any, values: list[Any], chance: random.Random) -> list[Any]:
    given = []
    for x in values:
        try:
            given.append(called(x, chance.choice(values)))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, MemoryError):
            continue
    return given


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(3))
def test_what_is_told_is_so(seed: int, tmp_path: Path) -> None:
    seen, found = wrong(tmp_path, seed)
    assert found == []
    assert seen > 500


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", [ast.JoinedStr, ast.Compare, "str"])
def test_a_wrong_proof_is_seen(kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Readings that believe every text, every comparison, every ``str(x)``: what runs tells them wrong."""
    if kind == "str":
        monkeypatch.setattr(signatures, "TEXTS", frozenset())
        monkeypatch.setitem(signatures.GIVEN, "str", "str")
    else:
        told = {ast.JoinedStr: "str", ast.Compare: "bool"}[kind]
        monkeypatch.setitem(types._READ, kind, lambda reading, node: told)
    assert wrong(tmp_path, 0)[1]
