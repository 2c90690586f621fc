"""Reasons: what stands between a loop and a proof is named, with its place, and is true."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from perfprof.rules.reading.program import Program
from perfprof.rules.reading.stability import stability

OTHER = """
class Found(dict):
    def __init__(self, rows):
        self.rows = rows
class Kept(Found):
    pass
class Foreign(library.Base):
    pass
def grows(xs):
    xs.append(1)
def tells(x):
    return str(x).upper()
"""


def reason(root: Path, source: str) -> str:
    """Why `xs` may change in the first loop of ``f``; empty if it cannot."""
    (root / "other.py").write_text(OTHER, "utf-8")
    (root / "example.py").write_text(source, "utf-8")
    program = Program(root, lambda path: path.read_text("utf-8"))
    module = program.module(root / "example.py")
    assert module is not None
    function = module.function("f")
    assert function is not None
    (loop,) = function.every(ast.For)
    return stability(ast.Name("xs", ast.Load()), [loop], function, program).problem


@pytest.mark.parametrize(
    ("head", "called", "wanted"),
    [
        ("", "unknown(y)", "`unknown(…)` may change it: no statement at the top of example.py binds it"),
        ("import library", "library.ask(y)", "`library` is not of this project"),
        ("from library import ask", "ask(y)", "`from library import ask` is not of this project"),
        ("from library import *", "len(y)", "`from library import *` may give `len` a meaning"),
        ("from other import *", "len(y)", ""),
        ("from heapq import *", "len(y)", ""),
        ("from math import *", "pow(y)", "`from math import *` may give `pow` a meaning"),
        ("from other import *", "tells(y)", ""),
        ("from other import tells", "tells(y)", ""),
        (
            "from other import tells\ntells = wrap(tells)",
            "tells(y)",
            "the file binds it more than once, last at example.py:2",
        ),
        ("@wrap\ndef ask(y): pass", "ask(y)", "it is decorated (example.py:2)"),
        ("def ask(y): return ask(y)", "ask(y)", "it leads back to itself"),
        ("def ask(y): other(y)", "ask(y)", "`other(…)`, in `ask` (example.py:1), may change it"),
        ("", "y.ask()", "nothing shows what `y` is"),
        (
            "class K:\n    def ask(self): pass",
            "y.ask()",
            "`K.ask` (example.py:2) may be meant: nothing shows the class of `y`",
        ),
        ("", "g(y)", "`g` is a value of `f`, and nothing shows which function"),
        ("from other import Found", "Found(y)", ""),
        ("from other import Kept", "Kept(y)", ""),
        (
            "from other import Foreign",
            "Foreign(y)",
            "it derives from `library.Base`, which is not read (other.py:7)",
        ),
        ("from other import Found", "[g for Found in y]", ""),
        ("", "next(y)", "the code of a generator may run"),
        ("", "xs.append(y)", "`xs` is changed in the loop"),
        (
            "class K:\n    def __str__(self):\n        text = ''\n        text += 'a'\n        return text",
            "f'<{y}>'",
            "",
        ),
        (
            "class K:\n    def __str__(self):\n        self.all().append(1)\n        return ''",
            "f'<{y}>'",
            "`K.__str__` may run here, which does more than answer (example.py:2)",
        ),
    ],
)
def test_what_a_loop_calls(head: str, called: str, wanted: str, tmp_path: Path) -> None:
    found = reason(tmp_path, f"{head}\ndef f(xs, ys, g):\n    for y in ys:\n        {called}\n")
    assert wanted in found if wanted else not found


@pytest.mark.parametrize(
    ("star", "wanted"),
    [
        ("from handing import *", ""),
        ("from handing import *\nfrom other import *", ""),
        ("from listing import *", "`tells(…)` may change it: `from listing import *` may give `tells` a meaning"),
        ("from handing import *\nfrom library import *", "`from library import *` may give `tells` a meaning"),
        ("try:\n    from library import *\nexcept ImportError: pass", "may give `tells` a meaning"),
        ("from handing import *\nfor tells in (): pass", "may change it"),
    ],
)
def test_what_a_package_hands_on(star: str, wanted: str, tmp_path: Path) -> None:
    (tmp_path / "handing.py").write_text("from other import *\n", "utf-8")
    (tmp_path / "listing.py").write_text("from other import tells\n__all__ = ['grows']\n", "utf-8")
    found = reason(tmp_path, f"{star}\ndef f(xs, ys):\n    for y in ys:\n        tells(y)\n")
    assert wanted in found if wanted else not found


@pytest.mark.parametrize("made", ["xs = list(xs)", "xs = [y for y in xs]", "xs = unknown()\n    xs = sorted(ys)"])
@pytest.mark.parametrize(
    "deed", ["xs.remove(y)", "xs.clear()", "xs.append(y)", "z = xs.pop()", "xs[0] = y", "xs += [y]"]
)
def test_a_list_of_its_own_is_changed_by_its_methods(made: str, deed: str, tmp_path: Path) -> None:
    """Also where the name held something else before, and a class of the project has such a method."""
    head = "class K:\n    def append(self, x): self.x = x\n    def remove(self, x): self.x = x\n"
    source = f"{head}def f(xs, ys):\n    {made}\n    for y in ys:\n        if y in xs:\n            {deed}\n"
    assert reason(tmp_path, source)


@pytest.mark.parametrize(
    ("made", "deed", "wanted"),
    [
        ("deque([], 9)", "unknown(y)", ""),
        ("deque()", "xs.append(y)", "`xs` is changed in the loop"),
        ("deque()", "xs.rotate(g)", "`xs` is changed in the loop"),
        ("deque()", "g.append(xs)", "may change it"),
        ("{1: 2}", "z = unknown(y)[xs.get(y)]", ""),
        ("{y: 1 for y in g}", "del xs[y]", "`xs` is changed in the loop"),
        ("{y: 1 for y in g}", "g(xs)", "may change it"),
        ("dict(g)", "xs.setdefault(y, unknown())", "`xs` is changed in the loop"),
        ("dict(g)", "xs |= y", "`xs` is changed in the loop"),
        ("set(g)", "unknown(len(xs), y in xs)", ""),
        ("set(g)", "xs.discard(y)", "`xs` is changed in the loop"),
        ("set(g)", "xs.difference_update(y)", "may change it"),
        ("set(g)", "xs -= y", "is bound anew"),
        ("set(g)", "z = lambda: xs.add(1)", "`xs` is changed in the loop"),
        ("Foreign(g)", "unknown(y)", "may change it"),
    ],
)
def test_what_nobody_else_holds(made: str, deed: str, wanted: str, tmp_path: Path) -> None:
    """An unknown call cannot reach a container that was made here and goes nowhere."""
    head = "from collections import deque"
    found = reason(
        tmp_path, f"{head}\ndef f(ys, g):\n    xs = {made}\n    for y in ys:\n        {deed}\n        unknown()\n"
    )
    assert wanted in found if wanted else not found


def test_another_deque(tmp_path: Path) -> None:
    source = "from library import deque\ndef f(ys):\n    xs = deque()\n    for y in ys:\n        unknown(y)\n"
    assert "may change it" in reason(tmp_path, source)


@pytest.mark.parametrize(
    ("called", "shown"),
    [
        ("z = isinstance(y, K) and y.ask()", True),
        ("if isinstance(y, K) and g:\n            y.ask()", True),
        ("z = y.ask() if isinstance(y, K) else 0", True),
        ("z = y.ask() and isinstance(y, K)", False),
        ("z = isinstance(y, K) or y.ask()", False),
        ("z = 0 if isinstance(y, K) else y.ask()", False),
        ("z = isinstance(g, K) and y.ask()", False),
        ("if isinstance(y, K):\n            y = g\n            y.ask()", False),
    ],
)
def test_what_isinstance_shows(called: str, shown: bool, tmp_path: Path) -> None:
    head = "class K:\n    def ask(self): pass"
    found = reason(tmp_path, f"{head}\ndef f(xs, ys, g):\n    for y in ys:\n        {called}\n")
    below, nothing = "a class below `K` may have its own", "nothing shows the class of `y`"
    assert found.endswith(f"`K.ask` (example.py:2) may be meant: {below if shown else nothing}")
