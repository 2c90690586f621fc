"""Which classes make classes: the chain of bases tells, across modules, and not how they are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfprof.rules.reading.metaclasses import unhashable_maker
from perfprof.rules.reading.program import Program

EQUAL = "    def __eq__(self, other):\n        return True\n"


def maker(root: Path, **sources: str) -> str | None:
    """What is found in files of these names."""
    for name, source in sources.items():
        (root / f"{name}.py").write_text(source, "utf-8")
    program = Program(root, lambda path: path.read_text("utf-8"))
    for name in sources:
        assert program.module(root / f"{name}.py") is not None
    return unhashable_maker(program)


@pytest.mark.parametrize(
    ("base", "wanted"),
    [
        ("class AtomicType: pass", None),
        ("class AtomicType(Exception): pass", None),
        ("class AtomicType(AtomicType): pass", None),
        ("class AtomicType(type): pass", "Kind"),
        ("import builtins\nclass AtomicType(builtins.type): pass", "Kind"),
        ("from abc import ABCMeta as AtomicType", "Kind"),
        ("from abc import ABC as AtomicType", None),
        ("from enum import EnumType as AtomicType", "Kind"),
        ("from typing import Generic\nclass AtomicType(Generic[int]): pass", None),
        ("from kinds import AtomicType", None),
    ],
)
def test_a_base_of_another_module(base: str, wanted: str | None, tmp_path: Path) -> None:
    """``kinds`` imports from itself, or names a class by itself: both end."""
    assert (
        maker(tmp_path, kinds=base, use=f"from kinds import AtomicType\nclass Kind(AtomicType):\n{EQUAL}") == wanted
    )


def test_names_that_mean_each_other(tmp_path: Path) -> None:
    """Two files that import one name from each other."""
    used = f"from other import Some\nclass Kind(Some):\n{EQUAL}"
    assert maker(tmp_path, other="from use import Some", use=used) is None


def test_what_compares_as_before_is_none(tmp_path: Path) -> None:
    """A metaclass without an equality of its own."""
    assert maker(tmp_path, use="class Meta(type):\n    def __len__(cls):\n        return 1\n") is None
