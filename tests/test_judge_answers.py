"""Answers of changed functions in the running workload: those that others get, not those among themselves."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from perfprof.optimizer.judge import Judge
from perfprof.optimizer.judge.foreign import RULE
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.optimizer.project import Command, Project
from perfprof.profilers.inside import answers
from perfprof.profilers.inside.replaying.shapes import Shape
from perfprof.rules.rule import Level

OLD = """\
def price(item):
    return item * 3 % 101


def total(items, out):
    out.write(str(len(items)))
    paid = 0
    for item in items:
        paid = paid + price(item)
    return paid


async def waited(items, out):
    return total(items, out)


def each(items, out):
    out.write("each")
    for item in items:
        yield price(item)
"""
NEW = (
    OLD.replace("item * 3 % 101", "3 * item % 101")
    .replace(
        "    paid = 0\n", "    first = [price(item) for item in items[:1]]\n    paid = sum(first) - sum(first)\n"
    )
    .replace("yield price(item)", "price(0)\n        yield price(item)")
    .replace("return total(items, out)", "return total(list(items), out)")
)
RUN = """\
import asyncio

from core import each, total, waited

with open("out.txt", "w") as out:
    for n in range(4):
        print(total(list(range(n)), out), list(each(range(n), out)), asyncio.run(waited(list(range(n)), out)))
"""


@pytest.mark.parametrize(
    ("new", "outcome"), [(NEW, "passed"), (NEW.replace("3 * item % 101", "3 * item % 5"), "failed")]
)
def test_a_helper_called_more_often_is_nobodys_business(tmp_path: Path, new: str, outcome: str) -> None:
    (tmp_path / "core.py").write_text(OLD)
    (tmp_path / "run.py").write_text(RUN)
    functions = tuple(f"core.py::{name}" for name in ("price", "total", "waited", "each"))
    patch = Patch(RULE, "t", (FileChange("core.py", OLD, new),), level=Level.OBSERVED, functions=functions)
    with Judge(Project(tmp_path, (tmp_path,), Command((sys.executable, "run.py")))) as judge:
        verdict = judge.patch(patch)  # nothing was captured: the running workload has to tell
    told = {layer.name: layer for layer in verdict.layers}
    assert told["answers"].outcome == outcome, verdict


@pytest.mark.parametrize(("then", "outcome"), [("3 * item % 101", "passed"), ("3 * item % 5", "failed")])
def test_a_call_from_another_patch_s_function_is_looked_at(tmp_path: Path, then: str, outcome: str) -> None:
    (tmp_path / "core.py").write_text(OLD)
    (tmp_path / "run.py").write_text(RUN)
    cheaper = OLD.replace("item * 3 % 101", then)
    shorter = OLD.replace("paid = paid + price(item)", "paid += price(item)")
    patches = [
        Patch(RULE, "t", (FileChange("core.py", OLD, new),), level=Level.OBSERVED, functions=(f"core.py::{name}",))
        for name, new in (("price", cheaper), ("total", shorter))
    ]
    with Judge(Project(tmp_path, (tmp_path,), Command((sys.executable, "run.py")))) as judge:
        judge.announce(patches)
        verdicts = [judge.patch(patch) for patch in patches]
    told = [{layer.name: layer.outcome for layer in verdict.layers}["answers"] for verdict in verdicts]
    assert told == [outcome, "passed"], verdicts


STAMPED = """\
import datetime
import time


def bill(items, out):
    out.write("bill")
    return {"at": time.time_ns(), "on": datetime.datetime.now(), "paid": [item * 3 for item in items], "by": f"<b>{time.time_ns()}</b> of 4"}
"""
STAMPS = """\
from core import bill

with open("out.txt", "w") as out:
    print([bill(list(range(n)), out)["paid"] for n in range(9)])
"""


@pytest.mark.parametrize(
    ("then", "outcome"),
    [
        ("[3 * item for item in items]", "passed"),
        ("[3 * item for item in items if item != 7]", "cannot tell"),
        ("[4 * item for item in items]", "cannot tell"),
    ],
)
def test_a_time_in_an_answer_hides_nothing_else(tmp_path: Path, then: str, outcome: str) -> None:
    (tmp_path / "core.py").write_text(STAMPED)
    (tmp_path / "run.py").write_text(STAMPS)
    new = STAMPED.replace("[item * 3 for item in items]", then)
    patch = Patch(
        RULE, "t", (FileChange("core.py", STAMPED, new),), level=Level.OBSERVED, functions=("core.py::bill",)
    )
    with Judge(Project(tmp_path, (tmp_path,), Command((sys.executable, "run.py")))) as judge:
        verdict = judge.patch(patch)
    told = {layer.name: layer for layer in verdict.layers}
    assert told["answers"].outcome == outcome, verdict


def test_the_order_in_a_table_s_definition_is_nobodys_business(tmp_path: Path) -> None:
    run = """\
import random
import sqlite3

from core import rows

conn = sqlite3.connect(":memory:")
conn.execute(f"CREATE TABLE t ({', '.join(random.sample(['a INTEGER', 'b INTEGER', 'c INTEGER', 'd INTEGER'], 4))})")
print(rows(conn))
"""
    old = "def rows(conn):\n    return [conn.execute('SELECT count(*) FROM t').fetchall() for _ in range(9)]\n"
    new = old.replace("range(9)", "range(0, 9)")
    (tmp_path / "core.py").write_text(old)
    (tmp_path / "run.py").write_text(run)
    patch = Patch(RULE, "t", (FileChange("core.py", old, new),), level=Level.OBSERVED, functions=("core.py::rows",))
    with Judge(Project(tmp_path, (tmp_path,), Command((sys.executable, "run.py")))) as judge:
        told = {layer.name: layer for layer in judge.patch(patch).layers}
    assert told["answers"].outcome == "passed", told["answers"]


QUEUED = """\
class Line:
    def __init__(self, jobs):
        self.waiting = list(jobs)

    def first(self):
        return self.waiting.pop(0)
"""
DEQUE = QUEUED.replace("list(jobs)", "deque(jobs)").replace("pop(0)", "popleft()")
DEQUE = "from collections import deque\n\n\n" + DEQUE


@pytest.mark.parametrize(
    ("new", "reshapes", "outcome"),
    [
        (DEQUE, True, "passed"),
        (DEQUE, False, "failed"),
        (DEQUE.replace("popleft", "pop"), True, "failed"),
        (DEQUE.replace("deque(jobs)", "deque(jobs, 9)"), True, "failed"),
    ],
)
def test_what_a_patch_reshapes_may_be_a_deque(tmp_path: Path, new: str, reshapes: bool, outcome: str) -> None:
    (tmp_path / "core.py").write_text(QUEUED)
    (tmp_path / "run.py").write_text(
        "from core import Line\n\nline = Line(range(9))\nprint([line.first() for _ in '1234'])\n"
    )
    functions = ("core.py::Line.__init__", "core.py::Line.first")
    change = FileChange("core.py", QUEUED, new)
    patch = Patch(RULE, "t", (change,), level=Level.OBSERVED, functions=functions, reshapes=reshapes)
    with Judge(Project(tmp_path, (tmp_path,), Command((sys.executable, "run.py")))) as judge:
        verdict = judge.patch(patch)
    told = {layer.name: layer for layer in verdict.layers}
    assert told["answers"].outcome == outcome, verdict


SEARCHED = """\
class Words:
    def __init__(self, words):
        self._words = list(words)

    def knows(self, word):
        return word in self._words
"""
INDEXED = SEARCHED.replace("    def __init__", "    _by_word = (None, {}, 0)\n\n    def __init__").replace(
    "        return", "        self._by_word = (self._words, {}, 1)\n        return"
)


@pytest.mark.parametrize(
    ("new", "reshapes", "outcome"),
    [
        (INDEXED, True, "passed"),
        (INDEXED, False, "failed"),
        (INDEXED.replace("(None, {}, 0)", "None"), True, "failed"),
        (INDEXED.replace("word in", "word not in"), True, "failed"),
    ],
)
def test_what_a_patch_reshapes_may_have_an_index(tmp_path: Path, new: str, reshapes: bool, outcome: str) -> None:
    (tmp_path / "core.py").write_text(SEARCHED)
    (tmp_path / "run.py").write_text(
        "from core import Words\n\nclass Mine(Words):\n    pass\n\nwords = Mine('abc')\nprint([words.knows(w) for w in 'ad'])\n"
    )
    change = FileChange("core.py", SEARCHED, new)
    patch = Patch(
        RULE, "t", (change,), level=Level.OBSERVED, functions=("core.py::Words.knows",), reshapes=reshapes
    )
    with Judge(Project(tmp_path, (tmp_path,), Command((sys.executable, "run.py")))) as judge:
        told = {layer.name: layer for layer in judge.patch(patch).layers}
    assert told["answers"].outcome == outcome, told["answers"]


def test_times_of_pandas_are_looked_into(tmp_path: Path) -> None:
    """Unlike other objects of libraries, they keep nothing for themselves."""
    pytest.importorskip("pandas")
    old = "def last(days):\n    found = days.iloc[0]\n    return found, found - days.iloc[1]\n"
    wrong = old.replace("iloc[1]", "iloc[2]")
    run = "import pandas\nfrom core import last\nprint(len(last(pandas.Series(pandas.to_datetime(['2020-01-05', '2020-01-02', '2020-01-01'])))))\n"
    (tmp_path / "core.py").write_text(old)
    (tmp_path / "run.py").write_text(run)
    for new, outcome in ((old.replace("found = days", "found = (days)"), "passed"), (wrong, "failed")):
        patch = Patch(
            RULE, "t", (FileChange("core.py", old, new),), level=Level.GUARDED, functions=("core.py::last",)
        )
        with Judge(Project(tmp_path, (tmp_path,), Command((sys.executable, "run.py")))) as judge:
            told = {layer.name: layer for layer in judge.patch(patch).layers}
        assert told["answers"].outcome == outcome, told["answers"]


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ("frame['n'].iloc[1] - frame['n'].iloc[0]", "frame['n'].iloc[1] - frame['n'].iloc[2]"),
        ("frame[frame['n'] > 1].sort_index()", "frame[frame['n'] >= 1].sort_index()"),
        ("frame.assign(n=frame['n'] + 0)", "frame.assign(n=frame['n'] + 0.0)"),
        ("frame.groupby('kind', observed=True)['n'].sum()", "frame.groupby('kind', observed=True)['n'].max()"),
        ("frame.set_index(['kind', 'day'])", "frame.set_index(['day', 'kind'])"),
        ("frame['day'].dt.tz_localize('UTC')", "frame['day'].dt.tz_localize('CET')"),
        ("frame['n'].to_numpy()", "frame['n'].to_numpy()[::-1]"),
    ],
)
def test_frames_and_arrays_are_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, wrong: str
) -> None:
    """What they hold counts, not in which blocks they keep it."""
    pandas = pytest.importorskip("pandas")
    monkeypatch.setenv("PERFPROF_ROOT", str(tmp_path))
    days = pandas.to_datetime(["2020-01-05", None, "2020-01-01"])
    frame = pandas.DataFrame({"n": [3, 1, 2], "kind": pandas.Categorical(["a", "b", "a"]), "day": days})
    parts = pandas.concat([frame[["n"]], frame[["kind", "day"]]], axis=1)
    shapes = [Shape(shut=answers._shut) for _ in range(3)]
    texts = [
        shape.write(eval(code, {"frame": of}), frame)
        for shape, code, of in zip(shapes, (answer, answer, wrong), (frame, parts, frame), strict=True)
    ]
    assert not shapes[0].opaque
    assert texts[0] == texts[1] != texts[2]


def test_calls_that_are_long_to_write_are_chosen_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_counts", {})
    monkeypatch.setattr(answers, "_written", {"long": answers._MOST})
    chosen = {name: [call for call in range(1, 400) if answers._chosen(name)] for name in ("long", "short")}
    assert chosen["long"] == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert chosen["short"] == [*range(1, 201), 256, 291, 388]
