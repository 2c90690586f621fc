"""What stands against a dict or an index: the true place, in words that hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfprof.rules import family_of
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Level

KEPT = """
class Rows{head}:
    def __init__(self):
        self._rows = []
    def add(self, row):
        if row not in self._rows:
            self._rows.append(row)
{more}
"""
META = """
class Meta(type):
    def __new__(cls, name, bases, dct):
        made = type.__new__(cls, name, bases, dct)
        made.{stored} = {{}}
        return made
"""


def reason(root: Path, source: str, name: str = "search-on-attribute") -> str:
    """The first open obligation of the search, with its place."""
    (root / "example.py").write_text(source, "utf-8")
    program = Program(root, lambda path: path.read_text("utf-8") if path.is_file() else None)
    module = program.module(root / "example.py")
    assert module is not None
    rule = family_of("python")[name]
    assert rule.in_function is not None
    (found,) = [one for function in module.functions for one in rule.in_function(function, program)]
    proofs = [one.check(Case(found, program)) for one in rule.safe_if]
    return next((f"{one.why} ({one.where})" for one in proofs if one.level is Level.OPEN), "")


@pytest.mark.parametrize(
    ("head", "more", "wanted"),
    [
        ("", "", ""),
        ("", "    def rows(self):\n        return self._rows", "somebody else may hold the list from here on"),
        ("", "    def rows(self):\n        return self._rows\ndef ask(one, key):\n    return key(one._rows)", "`Rows.rows` returns `self._rows`"),
        ("", "    def rows(self):\n        return self._rows[:]", ""),
        (
            "",
            "    def ask(self, key):\n        def inner():\n            return key(self._rows)\n        return inner()",
            "`_rows` is used by `Rows.ask.<locals>.inner`, a function in a method (example.py:10)",
        ),
        ("", "def ask(one, key):\n    return key(one._rows)", "`_rows` is used outside of the class's own methods (example.py:9)"),
        ("(metaclass=Meta)", META.format(stored="kinds"), ""),
        ("(metaclass=Meta)", META.format(stored="_rows"), "the metaclass `Meta` may use it, or change the class (example.py:2)"),
        ("(metaclass=Meta)", "from library import Meta", "the metaclass `Meta` may use it, or change the class (example.py:2)"),
    ],
)  # fmt: skip
def test_who_else_has_it(head: str, more: str, wanted: str, tmp_path: Path) -> None:
    found = reason(tmp_path, KEPT.format(head=head, more=more))
    assert wanted in found if wanted else not found


def test_a_list_of_its_own_is_not_blamed(tmp_path: Path) -> None:
    """An unknown call cannot change `rows`, nor what the name `i` means; only, perhaps, the object that it holds."""
    source = """
def f(group, places, given, call):
    rows = list(group)
    for i, words in zip(places, given):
        for word in words:
            call([r[0] for r in rows if r[i] == word])
"""
    found = reason(tmp_path, source, "nested-loop-join")
    assert "`call(…)` may change `i`, by which keys are read and which nothing shows to be plain" in found
    assert "rows" not in found.partition(":")[0]


QUEUE = """
class Line:
    def __init__(self):
        self._rows = []
    def put(self, row):
        self._rows.append(row)
    def empty(self):
        return not bool(self._rows)
    def take(self):
        if self._rows:
            return self._rows.pop(0)
"""
ANOTHER = "class Stack{base}:\n    def __init__(self):\n        self._rows = []\n{more}"


@pytest.mark.parametrize(
    ("other", "wanted"),
    [
        (ANOTHER.format(base="", more=""), ""),
        (ANOTHER.format(base="", more="    def size(self):\n        return len(self._rows)\n"), ""),
        (ANOTHER.format(base="(Line)", more=""), "`_rows` is used in other.py as well"),
        (ANOTHER.format(base="", more="def ask(line):\n    return line._rows\n"), "`_rows` is used in other.py as well"),
        (ANOTHER.format(base="", more="NAME = '_rows'\n"), "`_rows` is used in other.py as well"),
        (ANOTHER.format(base="", more="get = attrgetter('line._rows')\n"), "`_rows` is used in other.py as well"),
        (ANOTHER.format(base="", more="    def all(self, other):\n        return other._rows\n"), "`_rows` is used"),
        (ANOTHER.format(base="", more="    def all(self):\n        self = Line()\n        return self._rows\n"), "`_rows` is"),
        (ANOTHER.format(base="", more="class Both(Line, Stack): pass\n"), "`_rows` is used in other.py as well"),
        (ANOTHER.format(base="", more="):"), "`_rows` is used in other.py as well"),
    ],
)  # fmt: skip
def test_an_attribute_of_another_class(other: str, wanted: str, tmp_path: Path) -> None:
    """Of the same name, in another file: nothing to this class, unless they share objects."""
    (tmp_path / "other.py").write_text(other, "utf-8")
    found = reason(tmp_path, QUEUE, "queue-on-attribute")
    assert wanted in found if wanted else not found
