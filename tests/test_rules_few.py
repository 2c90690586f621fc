"""What is built for look-ups is built only where there are enough of them to pay, as far as that can be read before the loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hostile import RULES, seen

from perfprof.optimizer.writing.edits import apply_edits
from perfprof.profilers.observations import Seen, Watch
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, weigh

ASKS = "    for row in rows:\n        if row in ids:\n            out.append(row)\n"
# what stands before the loop, the loop, and how its turns are counted before it; "" where nothing may be asked
SHAPES = {
    "given": ("", ASKS, "len(rows) > 8"),
    "made": ("rows = [one for one in given]", ASKS, "len(rows) > 8"),
    "comprehension": ("", "    out = [row for row in rows if row in ids]\n", "len(rows) > 8"),
    "counted": (
        "",
        "    for at, row in enumerate(rows):\n        out += [at] if row in ids else []\n",
        "len(rows) > 8",
    ),
    "pairs": ("", "    for a, b in zip(rows, given):\n        out += [a] if b in ids else []\n", "len(rows) > 8"),
    "numbers": ("n = len(given)", "    for i in range(n):\n        out += [i] if i in ids else []\n", "n > 8"),
    "position": ("", "    for row in rows:\n        out.append(ids.index(row))\n", "len(rows) > 16"),
    "count": ("", "    for row in rows:\n        out.append(ids.count(row))\n", "len(rows) > 8"),
    "itself": ("", "    for one in ids:\n        out.append(ids.count(one))\n", ""),
    "join": (
        "",
        "    for row in rows:\n        for one in ids:\n            if one == row:\n                out.append(one)\n",
        "len(rows) > 8",
    ),
    "grows": (
        "",
        "    for row in rows:\n        if row not in ids:\n            ids.append(row)\n",
        "len(rows) > 32",
    ),
    "grows-empty": (
        "ids = []",
        "    for row in rows:\n        if row not in ids:\n            ids.append(row)\n",
        "",
    ),
    "loops-between": (
        "",
        "    for row in rows:\n        for one in row:\n            if one in ids:\n                out.append(one)\n",
        "",
    ),
    "asked-in-a-loop": (
        "",
        ASKS + "        for one in row:\n            if one in ids:\n                out.append(one)\n",
        "",
    ),
    "made-here": ("ids = [one for one in given]", ASKS, ""),
    "attribute": ("", "    for row in given.rows:\n        if row in ids:\n            out.append(row)\n", ""),
    "not-always": (
        "if given:\n        found = list(given)",
        "    out = given and [row for row in found if row in ids]\n",
        "",
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_turns_are_counted_where_they_can_be(name: str) -> None:
    before, loop, wanted = SHAPES[name]
    (new,) = rewritten(f"def work(given, rows, ids):\n    out = []\n    {before}\n{loop}    return out, ids\n")
    assert (wanted in new) if wanted else (" > " not in new)


def test_what_has_no_value_is_not_asked_for_its_length() -> None:
    before, loop, _ = SHAPES["not-always"]
    (new,) = rewritten(f"def work(given, rows, ids):\n    out = []\n    {before}\n{loop}    return out\n")
    names: dict[str, object] = {}
    exec(new, names)
    work = names["work"]
    assert callable(work)
    assert (work([], [], ["a"]), work(["a", "b"], [], ["a"])) == ([], ["a"])


def rewritten(source: str, told: Callable[[Watch], Seen] | None = None) -> list[str]:
    """What the rules make of a source, seen with lists of strings unless ``told``."""
    program = Program(Path("/"), lambda path: source)
    module = program.module(Path("/work.py"))
    assert module is not None
    found = []
    for rule in RULES:
        assert rule.in_function is not None
        for suspect in (one for function in module.functions for one in rule.in_function(function, program)):
            case = Case(suspect, program, {one.id: (told or imagined)(one) for one in suspect.watches})
            proofs, level = weigh(rule, case)
            if level and rule.worth(case).enough:
                found.append(apply_edits(source, rule.rewrite(replace(case, proofs=proofs)).edits))
    return found


def imagined(watch: Watch) -> Seen:
    """Lists of strings, asked for strings."""
    held = {"builtins.str" if watch.kind == "types" else "builtins.list": 9}
    return seen(watch, held, {"builtins.str": 9})


@pytest.mark.parametrize(
    ("test", "safe"), [("flag", False), ("rows", True), ("not ids", True), ("flag and rows", False)]
)
def test_nothing_is_built_for_the_other_branch(test: str, *, safe: bool) -> None:
    branches = "[] if not ids else {}" if test == "not ids" else "{} if " + test + " else []"
    asks = branches.format("[row for row in rows if row in ids]")
    assert bool(rewritten(f"def work(flag, rows, ids):\n    return {asks}\n")) == safe


@pytest.mark.parametrize(
    ("walked", "calls", "safe"), [("given.words", 500, False), ("given.words", 5, True), ("rows", 500, True)]
)
def test_a_set_for_a_few_questions_of_many_calls_belongs_into_the_caller(
    walked: str, calls: int, *, safe: bool
) -> None:
    """500 calls ask a list of 1,000 elements 20 times each; where a guard counts the turns they are no matter."""

    def told(watch: Watch) -> Seen:
        count = calls if watch.kind == "entry" else calls * 20
        return replace(imagined(watch), count=count, total_length=1000 * count)

    source = f"def work(given, rows, ids):\n    return [row for row in {walked} if row in ids]\n"
    assert bool(rewritten(source, told)) == safe


def test_a_list_that_a_loop_makes_anew_is_no_matter_of_the_caller() -> None:
    """500 turns of a loop, in each of which the name means another list: the function may have been called once."""

    def told(watch: Watch) -> Seen:
        count = 500 if watch.kind == "entry" else 10_000
        return replace(imagined(watch), count=count, total_length=1000 * count)

    asks = "        for row in given.words:\n            if row in ids:\n                found = True\n"
    source = f"def work(given, ids):\n    found = True\n    while found:\n        found = False\n{asks}        ids = ids[1:]\n    return ids\n"
    (new,) = rewritten(source, told)
    assert "made 500 times" not in new
