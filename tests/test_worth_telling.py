"""What looks like a scan or like repeated work and is none: the run shows it large, and it is not brought up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from perfprof.profilers.observations import Seen, Watch
from perfprof.rules import registry
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case

PAIRS = """
def lengths(left, right, table):
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            if a == b:
                table[i + 1][j + 1] = table[i][j] + 1
            else:
                table[i + 1][j + 1] = max(table[i + 1][j], table[i][j + 1])
"""
ALL_SEEN = """
def joined(left, right, log):
    for a in left:
        for b in right:
            log.append(b)
            if a.key == b.key:
                a.other = b
"""
LISTS = """
def different(rows):
    found = []
    for row in rows:
        if row not in found:
            found.append(row)
    return found
"""
COPIES = """
def filled(rows, key):
    out = []
    for row in rows:
        one = list(key)
        one.append(row)
        out.append(one)
    return out
"""
READ = COPIES.replace("one.append(row)", "row = len(one)").replace("out.append(one)", "out.append(row)")
GIVEN = """
def versions(rows, kept):
    for row in rows:
        yield [one for one in kept]
"""
GROWN = """
def versions(rows):
    kept, sizes = [], []
    for row in rows:
        kept.append(row)
        sizes.append(len([one for one in kept]))
    return sizes
"""
SET, CUT = (GROWN.replace("kept.append(row)", change) for change in ("kept[0] = 1", "del kept[0]"))
RARELY = GROWN.replace("kept.append(row)", "if row > 90:\n            kept.append(row)")
PATTERNS = """
import re


def kept(words, texts, given):
    for word in words:
        pattern = word + "$"
        for text in texts:
            yield re.match(f"^{pattern}", text)
"""
RESULTS = """
def parsed(text):
    return {part: len(part) for part in text.split()}
"""


def seen(watch: Watch, elements: str, made: str) -> Seen:
    kind = watch.id.rpartition(":")[2]
    types = {made: 900} if kind.startswith("made") else {"builtins.list": 900}
    if kind.startswith("key"):
        types = {"builtins.str": 900}
    count = 1 if watch.kind == "entry" else 900
    reads = {"again": 800, "new": 100, "plain": 900}
    return Seen(watch.id, count, types, 90, 90, 90 * count, {elements: 900}, reads)


@pytest.mark.parametrize(
    ("rule", "source", "elements", "made", "told"),
    [
        ("nested-loop-join", PAIRS, "builtins.str", "", "no look-up"),
        ("nested-loop-join", ALL_SEEN, "builtins.str", "", "no look-up"),
        ("list-membership", LISTS, "builtins.list", "", "cannot be hashed"),
        ("list-membership", LISTS, "builtins.str", "", ""),
        ("loop-invariant-call", COPIES, "builtins.str", "", "a copy of its own"),
        ("loop-invariant-call", READ, "builtins.str", "", ""),
        ("loop-invariant-call", GIVEN, "builtins.str", "", "a copy of its own"),
        ("loop-invariant-call", GROWN, "builtins.str", "", "each turn changes"),
        ("loop-invariant-call", SET, "builtins.str", "", "each turn changes"),
        ("loop-invariant-call", CUT, "builtins.str", "", "each turn changes"),
        ("loop-invariant-call", RARELY, "builtins.str", "", ""),
        ("regex-in-loop", PATTERNS, "builtins.str", "", "no word"),
        ("regex-in-loop", PATTERNS.replace("{pattern}", "{given}"), "builtins.str", "", ""),
        ("memoize", RESULTS, "builtins.str", "builtins.dict", "may change"),
        ("memoize", RESULTS, "builtins.str", "builtins.int", ""),
    ],
)
def test_what_is_told(rule: str, source: str, elements: str, made: str, told: str) -> None:
    """``told``: why nothing is said, empty where it is worth a word."""
    program = Program(Path("/"), lambda path: source)
    module = program.module(Path("/work.py"))
    assert module is not None
    look = registry()[rule].in_function
    assert look is not None
    (suspect,) = (one for function in module.functions for one in look(function, program))
    case = Case(suspect, program, {one.id: seen(one, elements, made) for one in suspect.watches})
    evidence = registry()[rule].worth(case)
    assert evidence.enough == (not told), evidence
    assert told in (evidence.reason or "no word")


def test_a_set_that_belongs_to_the_caller() -> None:
    """A list that comes as a parameter and is asked in many calls."""
    source = "def rated(words, known):\n    return [word for word in words if word in known]\n"
    program = Program(Path("/"), lambda path: source)
    module = program.module(Path("/work.py"))
    assert module is not None
    rule = registry()["list-membership"]
    assert rule.in_function is not None
    (suspect,) = (one for function in module.functions for one in rule.in_function(function, program))
    shown = {one.id: seen(one, "builtins.str", "") for one in suspect.watches}
    assert "in the caller" not in rule.rewrite(Case(suspect, program, shown)).memory
    often = {name: replace(one, count=1_500) for name, one in shown.items()}
    assert "made 1,500 times in this run" in rule.rewrite(Case(suspect, program, often)).memory


def test_a_set_of_what_some_turns_change_is_told_as_such() -> None:
    source = "def kept(rows, seen):\n    for row in rows:\n        if row not in set(seen):\n            seen.append(row)\n"
    program = Program(Path("/"), lambda path: source)
    module = program.module(Path("/work.py"))
    look = registry()["loop-invariant-call"].in_function
    assert module is not None
    assert look is not None
    (suspect,) = (one for function in module.functions for one in look(function, program))
    assert "not each one changes `seen`: a set kept beside it would do" in suspect.finding.message
