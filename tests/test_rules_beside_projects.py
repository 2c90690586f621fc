"""Lists that an object holds, in projects of several files: what another file does decides whether a dict may stand beside.

Each case is what the other file holds and the obligation that it leaves open; none where the class is rewritten.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile import seen

from perfprof.profilers.observations import Seen, Watch
from perfprof.rules import registry
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Level, weigh

WORK = """
from rows import Row


class Rows:
    def __init__(self, rows):
        self.NAME = list(rows)

    def add(self, row):
        self.NAME.append(row)

    def drop(self):
        self.NAME.pop(0)

    def found(self, key):
        for row in self.NAME:
            if row.key == key:
                return row
        return None
"""
ROW = "class Row:\n    def __init__(self, key):\n        self.key = key\n"
CASES = {
    "plain": ("_rows", "from work import Rows\nrows = Rows([]).found(1)\n", ""),
    "getattr": ("_rows", "def turned(rows):\n    getattr(rows, '_rows').reverse()\n", "nobody-else-holds-it"),
    "getattr-public": ("rows", "def turned(it):\n    getattr(it, 'rows').reverse()\n", "nobody-else-holds-it"),
    "word-public": ("rows", "def shown(it):\n    return {'rows': 1, **it}\n", ""),
    "attrgetter": ("_rows", "import operator\nof = operator.attrgetter('it._rows')\n", "nobody-else-holds-it"),
    "mangled": ("__rows", "def turned(rows):\n    rows._Rows__rows.reverse()\n", "nobody-else-holds-it"),
    "mangled-other": ("__rows", "def turned(rows):\n    rows._Others__rows.reverse()\n", ""),
    "members": ("_rows", "from inspect import getmembers\nshow = getmembers(object())\n", "nobody-else-holds-it"),
    "dir": ("_rows", "def names(rows):\n    return dir(rows)\n", "nobody-else-holds-it"),
    "mixed-in": (
        "_rows",
        "from work import Rows\nfrom rows import Shown\nclass Mine(Shown, Rows):\n    pass\n",
        "nobody-else-holds-it",
    ),
    "copied": ("_rows", "import copy as kopie\nof = kopie.copy\n", "every-change-in-sight"),
    "made-again": ("_rows", "def again(row):\n    row.__init__(2)\n", "keys-never-change"),
    "new-name": (
        "_rows",
        "from work import Rows\nclass Mine(Rows):\n    _rows_by_key = {}\n",
        "new-code-means-the-same",
    ),
    "new-method": (
        "_rows",
        "from work import Rows\nclass Mine(Rows):\n    def _rows_with_key(self, key):\n        return self.found(key)\n",
        "new-code-means-the-same",
    ),
    "borrowed": (
        "_rows",
        "from work import Rows\nclass Mine:\n    found = Rows.found\n",
        "new-code-means-the-same",
    ),
}
SHOWN = "\n\nclass Shown:\n    def __repr__(self):\n        return str(vars(self))\n"
ROWS = {
    "by-dict": "\n    def update(self, **more):\n        self.__dict__.update(more)\n",
    "by-vars": "\n    def update(self, word, value):\n        vars(self)[word] = value\n",
    "alias": "\n    def update(self, **more):\n        own = self.__dict__\n        own |= more\n",
    "reset": "\n    def reset(self):\n        self.__init__(None)\n",
    "reset-above": "\n    def reset(self):\n        Row.__init__(self, None)\n",
}


def opens(folder: Path, name: str, other: str, row: str, row_type: str = "rows.Row") -> set[str]:
    """The obligations that are open."""
    files = {"work.py": WORK.replace("NAME", name), "rows.py": row, "other.py": other}
    for file, text in files.items():
        (folder / file).write_text(text)
    program, rule = Program(folder, Path.read_text), registry()["search-on-attribute"]
    module = program.module(folder / "work.py")
    assert module is not None
    assert rule.in_function is not None
    (suspect,) = [one for function in module.functions for one in rule.in_function(function, program)]

    def imagined(watch: Watch) -> Seen:
        kinds = {"builtins.list": 9} if ":base" in watch.id else {"builtins.int": 9}
        return seen(watch, {row_type: 9} if ":row" in watch.id else kinds, {"builtins.int": 9})

    case = Case(suspect, program, {watch.id: imagined(watch) for watch in suspect.watches})
    return {proof.obligation for proof in weigh(rule, case)[0] if proof.level is Level.OPEN}


@pytest.mark.parametrize("name", CASES)
def test_what_another_file_does_decides(name: str, tmp_path: Path) -> None:
    attribute, other, wanted = CASES[name]
    assert opens(tmp_path, attribute, other, ROW + SHOWN * (name == "mixed-in")) == ({wanted} if wanted else set())


@pytest.mark.parametrize("name", ROWS)
def test_rows_that_change_their_keys_by_themselves(name: str, tmp_path: Path) -> None:
    assert opens(tmp_path, "_rows", "", ROW + ROWS[name]) == {"keys-never-change"}


@pytest.mark.parametrize("above", ["models.Model", "Namespace", "Base"])
def test_rows_of_a_library_may_change(above: str, tmp_path: Path) -> None:
    row = ROW.replace("Row:", f"Row({above}):")
    assert opens(tmp_path, "_rows", "", row) == {"keys-never-change"}
    assert opens(tmp_path, "_rows", "", ROW, "argparse.Namespace") == {"keys-never-change"}


@pytest.mark.parametrize("above", ["object", "NamedTuple", "Base", "Exception"])
def test_rows_of_the_project_are_known(above: str, tmp_path: Path) -> None:
    row = "class Base:\n    pass\n\n\n" + ROW.replace("Row:", f"Row({above}):")
    assert opens(tmp_path, "_rows", "", row) == set()


@pytest.mark.parametrize("made", ["namedtuple('Row', 'key')", "collections.namedtuple('Row', 'key')"])
def test_rows_of_named_tuples_are_known(made: str, tmp_path: Path) -> None:
    assert opens(tmp_path, "_rows", "", f"Row = {made}\n") == set()
