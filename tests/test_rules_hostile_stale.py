"""Old against new where what is looked for changes the list: its ``==`` adds, takes away, replaces, or gives another list.

The set is then of a list that is no more; every later question has to be answered by the list.
"""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest
from hostile import compiled, rewrites, seen

from perfprof.profilers.observations import Seen, Watch

RUNS = 150
RULES = {"list-membership", "dict-keys-scan", "list-count"}
WORDS = ["a", "b", "c", "d", "e", "f"]
# what asks, with `xs` for what is walked, `ys` for the list
BODIES = {
    "statement": "for x in xs:\n    if x not in ys:\n        out.append(x)",
    "chosen": "out = [x for x in xs if x in ys]",
    "first": "for x in xs:\n    if x in ys:\n        out.append(x)\n        break",
    "any": "out.append([any(x in ys for x in [*xs]), all(x not in ys for x in xs)])",
    "sum": "out.append(sum(1 for x in xs if x in ys))",
    "item": "out = [r[0] for r in [[x] for x in xs] if r[0] in ys]",
    "attribute": "for r in rows:\n    if r.k not in ys:\n        out.append(r.k)",
    "numbered": "out = [i for i, x in enumerate(xs) if x in ys]",
    "generator": "for x in (y for y in xs):\n    out.append(x in ys)",
    "lambda": "out = list(filter(lambda x: x in ys, xs))",
    "twice": "for x in xs:\n    out.append((x in ys, x not in ys))",
    "mixed": "for r in rows:\n    out.append((r.k in ys, 'b' in ys))",
    "both": "for x, r in zip(xs, rows):\n    out.append((x in ys, r.k in ys))",
    "while": "i = 0\nwhile i < len(xs):\n    x = xs[i]\n    i += 1\n    if x in ys:\n        out.append(x)",
    "walked": "for x in [r.k for r in rows if r.k in ys]:\n    out.append(x)",
    "grows": "for x in xs:\n    if x not in ys:\n        ys.append(x)",
    "grows-of-rows": "for r in rows:\n    if r.k not in ys:\n        ys.append(r.k)",
    "grows-else": "for x in xs:\n    if x in ys:\n        out.append(x)\n    else:\n        ys.append(x)",
    "count": "for x in xs:\n    out.append(ys.count(x))",
    "deeper": "for x in xs:\n    for r in rows:\n        out.append((x in ys, r.k in ys))",
}
PLACES = {"parameter": "ys", "attribute": "self.ys", "global": "YS"}


class Changing:
    """What changes the list that it is asked of. It cannot be hashed."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, held: SimpleNamespace, deeds: list[str], answer: bool) -> None:
        self.held, self.deeds, self.answer = held, deeds, answer

    def __eq__(self, other: object) -> bool:
        if not self.deeds:
            return self.answer
        deed, ys = self.deeds.pop(), self.held.ys
        if deed == "add":
            ys.append("b")
        elif deed == "clear":
            ys.clear()
        elif deed == "replace":
            ys[:1] = ["c"]
        elif deed == "move":
            ys.insert(0, ys.pop() if ys else "d")
        elif deed == "walked":
            self.held.xs.append("e")
        elif deed == "another":
            self.held.ys = ["d", *ys]
            self.held.give(self.held.ys)
        return self.answer

    def __repr__(self) -> str:
        return "Changing()"


def given(number: int) -> SimpleNamespace:
    """The lists of a run, the same for the same number."""
    chance = random.Random(number)
    held = SimpleNamespace(xs=[], ys=chance.choices(WORDS[: chance.choice([1, 3])], k=chance.choice([0, 1, 2, 5])))
    deeds = ["add", "clear", "replace", "move", "", *(["walked"] if chance.random() < 0.3 else [])]
    deeds += ["another"] if chance.random() < 0.3 else []
    for _ in range(chance.choice([1, 3, 9])):
        odd = Changing(held, chance.choices(deeds, k=2), chance.random() < 0.2)
        held.xs.append(odd if chance.random() < 0.3 else chance.choice([*WORDS, "a", None, 1]))
    if chance.random() < 0.15:
        held.ys.append(Changing(held, ["add"], False))
    held.rows = [SimpleNamespace(k=x) for x in held.xs]
    return held


def imagined(watch: Watch) -> Seen:
    texts = {"builtins.str": 1000}
    listed = watch.kind == "collection" or watch.id.rpartition(":")[2].startswith(("loop", "also"))
    return seen(watch, {"builtins.list": 1000} if listed else texts, texts)


def imagined_none(watch: Watch) -> Seen:
    texts = {"builtins.str": 900, "builtins.NoneType": 100}
    listed = watch.kind == "collection" or watch.id.rpartition(":")[2].startswith(("loop", "also"))
    return seen(watch, {"builtins.list": 1000} if listed else texts, {"builtins.str": 1000})


def program(body: str, place: str) -> str:
    body = body.replace("ys", PLACES[place])
    lines = "\n    ".join(body.splitlines())
    return f"YS = []\n\n\ndef give(ys):\n    global YS\n    YS = ys\n\n\ndef work(xs, ys, rows, self):\n    out = []\n    {lines}\n    return out\n"


def outcome(source: str, number: int, place: str) -> object:
    held = given(number)
    work = compiled(source)
    assert callable(work)
    held.give = work.__globals__["give"]  # type: ignore[attr-defined]
    held.give(held.ys)
    first = held.ys
    try:
        result = repr(work(held.xs, held.ys, held.rows, held))
    except Exception as error:
        result = repr(error)
    return result, repr(first), repr(held.xs)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", BODIES)
def test_a_list_that_what_is_looked_for_changes_answers_itself(name: str, place: str) -> None:
    source = program(BODIES[name], place)
    for evidence in (imagined, imagined_none):
        for rule, new in rewrites(source, evidence, RULES):
            for number in range(RUNS):
                old, now = outcome(source, number, place), outcome(new, number, place)
                assert old == now, (rule.name, number, new)


def test_each_kind_of_question_is_rewritten() -> None:
    made = {name for name, body in BODIES.items() if list(rewrites(program(body, "parameter"), imagined, RULES))}
    assert made == set(BODIES)
