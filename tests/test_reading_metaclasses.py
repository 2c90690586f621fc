"""Which classes make classes: the chain of bases tells, across modules, and not how they are called."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from perfprof.rules.reading.metaclasses import stored_by, unhashable_maker
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


@pytest.mark.parametrize(
    ("base", "body", "wanted"),
    [
        ("type", "made.rules = {}; made.kinds = []; return made", {"rules", "kinds"}),
        ("type", "return made", set()),
        ("Meta", "return made", None),
        ("type", "made.rows = property(give); return made", None),
        ("type", "made.rows = [name]; return made", None),
        ("type", "made.__getattr__ = None; return made", None),
        ("type", "made.rows.kept = {}; return made", None),
        ("type", "register(made); return made", None),
        ("type", "made.rules = {}; return name", None),
        ("type", "dct['rows'] = None; return made", None),
    ],
)
def test_what_a_metaclass_stores(base: str, body: str, wanted: set[str] | None) -> None:
    head = f"class Kind({base}):\n    rules: dict\n    def __new__(cls, name, bases, dct):\n"
    source = f"{head}        made = type.__new__(cls, name, bases, dct)\n        {body}\n"
    (owner,) = ast.parse(source).body
    assert isinstance(owner, ast.ClassDef)
    assert stored_by(owner) == wanted


@pytest.mark.parametrize(
    "more", ["@wrap\n    def f(cls): pass", "def __call__(cls): pass", "def __init__(cls): pass", "x = 1"]
)
def test_a_metaclass_that_does_more(more: str) -> None:
    (owner,) = ast.parse(f"class Kind(type):\n    {more}\n").body
    assert isinstance(owner, ast.ClassDef)
    assert stored_by(owner) is None
