"""Which names ``setattr`` gives in other files: only those that are written down there leave the rest as they were."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from perfprof.rules.reading.program import Program
from perfprof.rules.reading.types import builtin_type

SOURCE = """
class Rows:
    @staticmethod
    def kept(rows):
        return [row for row in rows if row]

def work(rows):
    return Rows.kept(rows)
"""
SETS = "class One:\n    def __new__(cls, **given):\n{0}        for name in {1}:\n            setattr(cls, name, wrapped(name))\n"
FORWARDS = "class One:\n    def __setattr__(self, name, value):\n{0}        setattr(self.one, {1}, {2})\n"


def told(root: Path, **files: str) -> str | None:
    """The type that a call of a static method gives; None where some file may have put another one in its place."""
    for name, text in {"example": SOURCE, **files}.items():
        (root / f"{name}.py").write_text(text, "utf-8")
    program = Program(root, lambda path: path.read_text("utf-8"))
    module = program.module(root / "example.py")
    assert module is not None
    call = next(one for one in ast.walk(module.tree) if isinstance(one, ast.Call))
    return builtin_type(call, module.functions[-1])


@pytest.mark.parametrize(
    "file",
    [
        SETS.format("", "['__eq__', '__len__']"),
        "NAMES = ['__eq__']\nNAMES += [name for name in ('__len__', '__dir__') if hasattr(object, name)]\n"
        + SETS.format("", "NAMES"),
        "NAMES = ('__eq__', '__len__')\n" + SETS.format("", "NAMES"),
        FORWARDS.format("", "name", "value"),
        "for number in range(3):\n    setattr(One, f'test_{number}', wrapped(number))\n",
    ],
)
def test_names_that_are_written_down(tmp_path: Path, file: str) -> None:
    assert told(tmp_path, other=file) == "list"


@pytest.mark.parametrize(
    "file",
    [
        SETS.format("", "['__eq__', 'kept']"),
        SETS.format("", "['__eq__', *given]"),
        SETS.format("", "['__eq__', given]"),
        SETS.format("", "given"),
        SETS.format("        name = 'kept'\n", "['__eq__']"),
        SETS.format("", "['__eq__']").replace("setattr(", "name = given['name']; setattr("),
        SETS.format("", "['__eq__']")
        .replace("setattr(", "[setattr(")
        .replace("(name))", "(name)) for name in given]"),
        "NAMES = ['__eq__']\nNAMES += ['kept']\n" + SETS.format("", "NAMES"),
        "NAMES = ['__eq__']\nNAMES += [name.strip('_') for name in ('__kept__',)]\n" + SETS.format("", "NAMES"),
        "NAMES = ['__eq__']\nNAMES.append(input())\n" + SETS.format("", "NAMES"),
        "NAMES = ['__eq__']\nadd(NAMES)\n" + SETS.format("", "NAMES"),
        "NAMES = ['__eq__']\nfrom more import *\n" + SETS.format("", "NAMES"),
        "NAMES = ['__eq__']\nfrom more import ALL as NAMES\n" + SETS.format("", "NAMES"),
        "NAMES = ['__eq__']\nglobals()['NAMES'] = input()\n" + SETS.format("", "NAMES"),
        "NAMES = ['__eq__']\ndef add():\n    global NAMES\n    NAMES = input()\n" + SETS.format("", "NAMES"),
        "NAMES, MORE = input(), ['__eq__']\n" + SETS.format("", "NAMES"),
        FORWARDS.format("", "name", "wrapped(value)"),
        FORWARDS.format("        name = name + 't'\n", "name", "value"),
        FORWARDS.format("", "value", "name"),
        FORWARDS.format("", "name.strip()", "value"),
        FORWARDS.format("", "name", "value").replace("__setattr__", "put"),
        "for word in 'kept', 'name':\n    setattr(Rows, f'{word}', wrapped(word))\n",
        "for word in 'pt', 'name':\n    setattr(Rows, f'ke{word}', wrapped(word))\n",
        "setattr(Rows, 'kept', list)\n",
    ],
)
def test_any_name_may_be_set(tmp_path: Path, file: str) -> None:
    assert told(tmp_path, other=file) is None


def test_a_table_that_another_file_knows(tmp_path: Path) -> None:
    table = "NAMES = ['__eq__']\n" + SETS.format("", "NAMES")
    assert told(tmp_path, other=table, more="import other\nother.NAMES.append('kept')\n") is None
    assert told(tmp_path, other=table, more="NAMESPACE = 1\n") == "list"
