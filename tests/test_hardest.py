"""Which open obligation a reader is told of, and what he reads of classes that say themselves what is equal."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfprof.optimizer.hardest import EASY, HARD, hardest
from perfprof.rules import registry
from perfprof.rules.reading.equality import own_equality
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Level, Proof


def proofs(*levels: tuple[str, Level]) -> tuple[Proof, ...]:
    return tuple(Proof(name, level, "why") for name, level in levels)


def test_what_a_reader_settles_at_a_glance_is_told_last() -> None:
    easy, other = ("builtins-are-builtin", Level.OPEN), ("collection-unchanged", Level.OPEN)
    hard = ("elements-hash-as-equal", Level.OPEN)
    assert hardest(proofs(easy, other)).obligation == "collection-unchanged"
    assert hardest(proofs(easy, other, hard)).obligation == "elements-hash-as-equal"
    assert hardest(proofs(easy, (hard[0], Level.GUARDED))).obligation == "builtins-are-builtin"


def test_among_equals_the_first_is_told() -> None:
    both = proofs(("walked-again", Level.OPEN), ("collection-unchanged", Level.OPEN))
    assert hardest(both) is both[0]


def test_each_name_is_that_of_an_obligation() -> None:
    known = {one.name for rule in registry().values() for one in rule.safe_if}
    assert known >= EASY | HARD


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("    def __eq__(self, other): return True\n    def __hash__(self): return 1\n", (2, True)),
        ("    def __eq__(self, other): return True\n    __hash__ = object.__hash__\n", (2, True)),
        ("    x = 1\n    def __eq__(self, other): return True\n", (3, False)),
        ("    def __hash__(self): return 1\n", None),
        ("    x = 1\n", None),
    ],
)
def test_where_a_class_says_what_is_equal(tmp_path: Path, body: str, told: tuple[int, bool] | None) -> None:
    file = tmp_path / "issues.py"
    file.write_text(f"class Issue:\n{body}\n\nclass Late(Issue):\n    pass\n\n\ndef f(): pass\n")
    program = Program(tmp_path, lambda path: path.read_text("utf-8"))
    module = program.module(file)
    assert module is not None
    wanted = None if told is None else (f"issues.py:{told[0]}", told[1])
    assert own_equality("issues.Issue", module, program) == wanted
    assert own_equality("issues.Late", module, program) == wanted
    assert own_equality("elsewhere.Issue", module, program) is None


def test_a_decorator_may_give_a_class_a_hash(tmp_path: Path) -> None:
    file = tmp_path / "issues.py"
    text = "from dataclasses import dataclass\n\n@dataclass(frozen=True)\nclass Issue:\n    x: int\n    def __eq__(self, other): return 1\n"
    file.write_text(text + "\n\ndef f(): pass\n")
    program = Program(tmp_path, lambda path: path.read_text("utf-8"))
    module = program.module(file)
    assert module is not None
    assert own_equality("issues.Issue", module, program) is None
