"""A search in a method of a class that the caller's file does not name: a guard asks the class what it calls itself."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile import seen

from perfprof.optimizer.writing.edits import apply_edits
from perfprof.profilers.observations import Seen, Watch
from perfprof.rules import registry
from perfprof.rules.reading.program import Program
from perfprof.rules.reading.resolution import module_of
from perfprof.rules.rule import Case, Level, weigh

STORE = """
class Row:
    def __init__(self, sku):
        self.sku = sku

class Store:
    def __init__(self, rows):
        self.rows = rows

    def find(self, sku):
        for row in self.rows:
            if row.sku == sku:
                return row
        return None
"""
ASKING = "def work(store, wanted):\n    return [store.find(sku) for sku in wanted]\n"
APP = "from shop.store import Row, Store\nfrom shop.asking import work\n"
OTHER = """
from shop import store

class Store:
    rows = []

    def find(self, sku):
        return sku

class Cautious(store.Store):
    def find(self, sku):
        return "asked " + str(sku)
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "shop").mkdir()
    for name, text in {"store": STORE, "asking": ASKING, "other": OTHER}.items():
        (tmp_path / "shop" / f"{name}.py").write_text(text)
    (tmp_path / "app.py").write_text(APP)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in [one for one in sys.modules if one == "shop" or one.startswith("shop.")]:
        del sys.modules[name]


def imagined(watch: Watch) -> Seen:
    if watch.kind == "collection":
        return seen(watch, {"builtins.list": 1000}, {"shop.store.Row": 1000})
    return seen(watch, {"shop.store.Row": 9} if ":read" in watch.id else {"builtins.str": 1000}, {})


def rewritten(root: Path) -> list[str]:
    program, found, rule = Program(root, Path.read_text), [], registry()["linear-search"]
    app, asking = program.module(root / "app.py"), program.module(root / "shop" / "asking.py")
    assert app is not None
    assert asking is not None
    assert rule.in_function is not None
    for statement in app.top.values():
        module_of(statement, app, program)  # type: ignore[arg-type]  # both are imports
    for suspect in (one for function in asking.functions for one in rule.in_function(function, program)):
        told = {watch.id: imagined(watch) for watch in suspect.watches}
        proofs, level = weigh(rule, Case(suspect, program, told))
        if level is not Level.OPEN:
            found.append(apply_edits(ASKING, rule.rewrite(Case(suspect, program, told, proofs=proofs)).edits))
    return found


@pytest.mark.parametrize("packaged", [True, False])
def test_the_class_is_tested_by_what_it_calls_itself(shop: Path, packaged: bool) -> None:
    if packaged:
        (shop / "shop" / "__init__.py").write_text("")
    (new,) = rewritten(shop)
    assert 'type(store).__module__ == "shop.store" and type(store).__qualname__ == "Store"' in new
    store, other = importlib.import_module("shop.store"), importlib.import_module("shop.other")
    names: dict[str, object] = {}
    exec(new, names)
    before, after = importlib.import_module("shop.asking").work, names["work"]
    assert callable(after)
    rows = [store.Row(str(n)) for n in range(9)]
    reads: list[str] = []

    def read(one: object, name: str) -> object:
        reads.append(name)
        return object.__getattribute__(one, name)

    store.Row.__getattribute__ = read
    for each in (
        store.Store(rows),
        other.Cautious(rows),
        other.Store(),
        store.Store([*rows, None]),
        store.Store(()),
    ):
        for wanted in (["3", "7", "x"], [], [3], [None]):
            assert _outcome(before, each, wanted) == _outcome(after, each, wanted)
    reads.clear()
    after(store.Store(rows), ["8"] * 50)
    assert len(reads) < 100, "it was looked up"


def _outcome(work: object, *given: object) -> object:
    try:
        return work(*given)  # type: ignore[operator]
    except Exception as error:
        return type(error), str(error)


def test_two_classes_of_one_name_are_left(shop: Path) -> None:
    (shop / "shop" / "store.py").write_text(STORE + "\nclass Store(Store):\n    pass\n")
    assert not rewritten(shop)


PATCHES = {
    "mock": 'from unittest import mock\nmock.patch.object(Store, "find", return_value=1)\n',
    "monkeypatch": 'def test(monkeypatch):\n    monkeypatch.setattr(Store, "find", lambda store, sku: 1)\n',
    "by-path": 'from unittest import mock\nmock.patch("shop.store.Store.find")\n',
    "stored": "Store.find = lambda store, sku: 1\n",
}


@pytest.mark.parametrize("way", PATCHES)
def test_a_method_that_another_file_replaces_is_left(shop: Path, way: str) -> None:
    (shop / "check.py").write_text(f"from shop.store import Store\n{PATCHES[way]}")
    assert not rewritten(shop)
