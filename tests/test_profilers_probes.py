"""The probed run: counts, types and sizes, and a program that does not notice."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from probed import PYTHON, observed, write

from perfprof.profilers.observations import Watch
from perfprof.profilers.workload import observe


def watch(path: Path, kind: str, text: str, nth: int = 0, detail: str = "") -> Watch:
    """A watch on the nth place in the file that reads ``text``: statements for "entry", else expressions."""
    source = path.read_text()
    base = ast.stmt if kind == "entry" else ast.expr
    found = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, base) and (ast.get_source_segment(source, node) or "").startswith(text)
    ]
    if base is ast.expr:
        found = [node for node in found if ast.get_source_segment(source, node) == text]
        found = [node for node in found if isinstance(getattr(node, "ctx", ast.Load()), ast.Load)]
    found.sort(key=lambda node: (node.lineno, node.col_offset))
    node = found[nth]
    ends = (node.end_lineno, node.end_col_offset)
    return Watch(f"{kind}:{text}:{nth}{detail}", str(path), node.lineno, node.col_offset, *ends, kind, detail)


MODULE = '''
"""The docstring stays."""
from __future__ import annotations


def count(xs, ys):
    """It too."""
    found = 0
    for x in xs:
        if x in ys:
            found += 1
    return found


def keys(rows):
    return [(row.a, row.b) for row in rows]


class Plain:
    limit = 3

    def __init__(self, a, b):
        self.a, self.b = a, b

    @property
    def total(self):
        return self.a + self.b


def totals(rows):
    return [row.total for row in rows], [row.limit for row in rows]
'''


def test_counts_types_and_sizes(tmp_path):
    write(
        tmp_path,
        mod=MODULE,
        app="""
        import mod
        assert mod.__doc__ == "The docstring stays." and mod.count.__doc__ == "It too."
        assert mod.count([1, "a", 2.0] * 50, [7, "a"]) == 50
        assert mod.count([], (None, True, (1, "x"))) == 0
        rows = [mod.Plain(i, str(i)) for i in range(100)]
        assert mod.keys(rows)[3] == (3, "3")
        assert mod.totals([mod.Plain(1, 2)]) == ([3], [3])
        """,
    )
    path = tmp_path / "mod.py"
    watches = [
        watch(path, "entry", "for x in xs"),
        watch(path, "entry", "if x in ys"),
        watch(path, "entry", "found += 1"),
        watch(path, "collection", "ys"),
        watch(path, "collection", "xs"),
        watch(path, "value", "x"),
        watch(path, "value", "(row.a, row.b)"),
        watch(path, "attribute", "row", 0, detail="a"),
        watch(path, "attribute", "row", 2, detail="total"),
        watch(path, "attribute", "row", 3, detail="limit"),
        watch(path, "attribute", "rows", 0, detail="nothing"),
    ]
    found = observed(tmp_path, "app.py", watches=watches)
    seen = found.seen
    assert found.missed == {}
    assert seen["entry:for x in xs:0"].count == 2
    assert seen["entry:if x in ys:0"].count == 150
    assert seen["entry:found += 1:0"].count == 50

    ys = seen["collection:ys:0"]
    assert (ys.count, ys.shortest, ys.longest, ys.total_length) == (150, 2, 2, 300)
    assert ys.types == {"builtins.list": 150}
    assert set(ys.elements) == {"builtins.int", "builtins.str"}

    xs = seen["collection:xs:0"]
    assert (xs.count, xs.shortest, xs.longest, xs.mean_length) == (2, 0, 150, 75)
    assert set(xs.elements) == {"builtins.int", "builtins.str", "builtins.float"}

    x = seen["value:x:0"]
    assert x.count == sum(x.types.values()) == 150
    assert set(x.types) == {"builtins.int", "builtins.str", "builtins.float"}
    assert seen["value:(row.a, row.b):0"].types == {"builtins.tuple[builtins.int,builtins.str]": 100}

    assert seen["attribute:row:0a"].reads == {"plain": 100}
    assert seen["attribute:row:0a"].types == {"mod.Plain": 100}
    assert seen["attribute:row:2total"].reads == {"computed": 1}
    assert seen["attribute:row:3limit"].reads == {"plain": 1}
    assert seen["attribute:rows:0nothing"].reads == {"missing": 1}


def test_attributes_of_namespaces(tmp_path):
    write(
        tmp_path,
        app="""
        from types import SimpleNamespace

        class Computed(SimpleNamespace):
            @property
            def total(self): return 1

        class Made(SimpleNamespace):
            def __getattr__(self, name): return name

        for one in [SimpleNamespace(a=1), SimpleNamespace(b=1), Computed(a=1), Made(a=1)]:
            print(hasattr(one, "a"), hasattr(one, "total"))
        """,
    )
    path = tmp_path / "app.py"
    watches = [watch(path, "attribute", "one", place, detail=name) for place, name in enumerate(["a", "total"])]
    seen = observed(tmp_path, "app.py", watches=watches).seen
    assert seen["attribute:one:0a"].reads == {"plain": 3, "missing": 1}
    assert seen["attribute:one:1total"].reads == {"missing": 2, "computed": 2}


def test_attributes_of_classes(tmp_path):
    write(
        tmp_path,
        app="""
        class Meta(type):
            @property
            def total(cls): return 1
            def __getattr__(cls, name): return name

        class Plain:
            rows, total = [], None
            @property
            def late(self): return 1

        class Below(Plain): pass

        class Made(metaclass=Meta):
            rows = []

        for one in [Plain, Below, Made]:
            print(hasattr(one, "rows"), hasattr(one, "total"), hasattr(one, "late"))
        """,
    )
    path = tmp_path / "app.py"
    names = ["rows", "total", "late"]
    watches = [watch(path, "attribute", "one", place, detail=name) for place, name in enumerate(names)]
    seen = observed(tmp_path, "app.py", watches=watches).seen
    assert seen["attribute:one:0rows"].reads == {"plain": 3}
    assert seen["attribute:one:1total"].reads == {"plain": 2, "computed": 1}
    assert seen["attribute:one:2late"].reads == {"computed": 3}


def test_places_that_are_not_reached_or_not_there(tmp_path):
    write(tmp_path, mod=MODULE, other="def f(): return 1\n", app="import mod\n")
    path = tmp_path / "mod.py"
    watches = [
        watch(path, "entry", "for x in xs"),
        watch(path, "collection", "ys"),
        watch(tmp_path / "other.py", "entry", "return 1"),
        Watch("nowhere", str(path), 3, 7, 3, 9, "value"),
    ]
    found = observed(tmp_path, "app.py", watches=watches)
    assert found.seen["entry:for x in xs:0"].count == 0
    assert found.seen["collection:ys:0"].count == 0
    assert found.seen["collection:ys:0"].mean_length == 0
    assert "not imported" in found.missed["entry:return 1:0"]
    assert "no such place" in found.missed["nowhere"]


MAIN = """
from __future__ import annotations
import inspect, os, pickle, sys

class Row:
    def __init__(self, a): self.a = a

def work(n):
    total = 0
    for i in range(n):
        total += i
    return total

if __name__ == "__main__":
    print(sys.argv, sys.path[0] == os.path.dirname(os.path.realpath(__file__)), os.path.basename(__file__), __name__)
    print(sys.orig_argv[1:], __spec__, __package__, __doc__, type(__loader__).__name__, sys.flags.optimize)
    print(inspect.getsource(work).splitlines()[0], pickle.loads(pickle.dumps(Row(3))).a, work(10))
    print(sorted(name for name in globals() if "perfprof" in name), work.__module__)
    if sys.argv[1:] == ["fail"]:
        [][1]
    sys.exit(int(sys.argv[1]))
"""


@pytest.mark.parametrize(("argument", "code"), [("7", 7), ("0", 0), ("fail", 1)])
def test_a_watched_main_script_runs_as_ever(tmp_path, argument, code):
    write(tmp_path, main=MAIN)
    (tmp_path / "link.py").symlink_to(tmp_path / "main.py")
    for name, options in (("main.py", []), ("./main.py", ["-O", "-X", "utf8"]), ("link.py", ["-W", "error"])):
        plain = subprocess.run(
            [PYTHON, *options, name, argument], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        watches = [watch(tmp_path / "main.py", "entry", "total += i")]
        found = observed(tmp_path, *options, name, argument, watches=watches, expected=code)
        assert found.seen["entry:total += i:0"].count == 10
        told = (tmp_path / "out.txt").read_text()
        assert sorted(told.splitlines()) == sorted((plain.stdout + plain.stderr).splitlines())
    assert not list(tmp_path.glob("**/*.pyc"))


def test_modules_packages_and_spawned_mains(tmp_path):
    (tmp_path / "pack").mkdir()
    write(tmp_path / "pack", __init__="", __main__="from pack.inner import f\nfor i in range(4):\n    f(i)\n")
    write(tmp_path / "pack", inner="def f(i):\n    return [i]\n")
    watches = [
        watch(tmp_path / "pack" / "__main__.py", "entry", "f(i)"),
        watch(tmp_path / "pack" / "inner.py", "value", "[i]"),
    ]
    seen = observed(tmp_path, "-m", "pack", watches=watches).seen
    assert [one.count for one in seen.values()] == [4, 4]

    write(
        tmp_path,
        app="""
        import multiprocessing, sys

        def square(x):
            return x * x

        if __name__ == "__main__":
            with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
                print(pool.map(square, range(10)))
        """,
    )
    for method in ("fork", "spawn", "forkserver"):
        watches = [watch(tmp_path / "app.py", "value", "x * x")]
        seen = observed(tmp_path, "app.py", method, watches=watches).seen
        assert seen["value:x * x:0"].count == 10


def test_a_pytest_run_with_watches_in_the_tests_too(tmp_path):
    write(
        tmp_path,
        mod="def double(x):\n    return x * 2\n",
        test_it="import mod\n\ndef helper(x):\n    return mod.double(x)\n\ndef test_it():\n    assert helper(3) == 6\n",
    )
    watches = [
        watch(tmp_path / "mod.py", "value", "x * 2"),
        watch(tmp_path / "test_it.py", "value", "mod.double(x)"),
    ]
    output = tmp_path / "out.txt"
    for _ in range(2):
        found = observe(
            [sys.executable, "-m", "pytest", "-q", "test_it.py"],
            cwd=tmp_path,
            folder=tmp_path / ".perfprof",
            watches=watches,
            output=output,
        )
        assert found.exit_code == 0, output.read_text()
        assert [one.count for one in found.seen.values()] == [1, 1]
    plain = subprocess.run([sys.executable, "-m", "pytest", "-q"], cwd=tmp_path, check=False, capture_output=True)
    assert plain.returncode == 0  # no instrumented bytecode is left in pytest's cache


HARD = """
def decorated(f):
    return f

class Base:
    def name(self): return "base"

class Odd(Base):
    __slots__ = ("x",)
    kind = {"a": 1}
    def __init__(self): self.x = [1, 2, 3]
    def name(self): return super().name() + self.__hidden()
    def __hidden(self): return "!"
    def __eq__(self, other): raise AssertionError("never compared")
    def __len__(self): raise AssertionError("never measured")
    def __iter__(self): raise AssertionError("never walked")
    def __getattribute__(self, name):
        if name == "forbidden": raise AssertionError("never read")
        return object.__getattribute__(self, name)
    __hash__ = None

@decorated
def run(odd: Odd, *rest, n: int = 2 + 1, **named) -> "list[int]":
    a = b = odd.x
    a[0], odd.x[1:2] = 5, [6, 7]
    odd.x += [8]
    first, *others = a
    del others[0]
    text = f"{first!r:>{n}} {n=} {'x' if n else 'y'}"
    match first:
        case 5 if n == 3:
            kind = "five"
        case _:
            kind = "other"
    it = (x * 2 for x in a)
    total = sum(it)
    if (m := n + 1) > 3: total += m
    try:
        for i in range(3):
            if i == 2: break
        else:
            total = -1
    finally:
        total += 1
    with open(__file__) as file: pass
    both = [p + q for p in range(3) for q in range(p) if p != q]
    last = {**{"k": 1}, "z": (lambda v: v + n)(1)}
    return [text, kind, total, both, last, rest, named, odd.name(), a is b]

async def later(xs):
    return [x async for x in xs if await one(x)]

async def one(x): return x % 2

async def numbers():
    for i in range(4):
        yield i

def generate(n):
    got = yield n
    yield from range(got)

def main():
    import asyncio
    g = generate(5)
    return run(Odd(), 1, key=2), asyncio.run(later(numbers())), next(g), g.send(2), list(g)
"""


def test_every_place_at_once_changes_nothing(tmp_path):
    """Watches on all statements and expressions of code with many forms; exotic values are looked at, not touched."""
    app = "import hard\nassert hard.main() == EXPECTED, hard.main()\n"
    write(tmp_path, hard=HARD)
    namespace = {"__file__": str(tmp_path / "hard.py"), "__name__": "hard"}
    exec(compile(HARD, str(tmp_path / "hard.py"), "exec"), namespace)
    (tmp_path / "app.py").write_text(app.replace("EXPECTED", repr(namespace["main"]())))
    watches = []
    for number, node in enumerate(ast.walk(ast.parse((tmp_path / "hard.py").read_text()))):
        if isinstance(node, ast.stmt | ast.expr):
            ends = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
            kinds = ["entry"] if isinstance(node, ast.stmt) else ["value", "collection", "attribute"]
            watches += [
                Watch(f"{kind}{number}", str(tmp_path / "hard.py"), *ends, kind, "forbidden") for kind in kinds
            ]
    found = observed(tmp_path, "app.py", watches=watches)
    assert len(found.seen) > 300
    assert sum(one.count > 0 for one in found.seen.values()) > 300


def test_tracebacks_name_the_right_lines(tmp_path):
    write(
        tmp_path,
        mod="def f(xs):\n\n    for x in xs:\n        y = 1 / x\n    return y\n",
        app="import mod\nmod.f([2, 0])\n",
    )
    plain = subprocess.run([PYTHON, "app.py"], cwd=tmp_path, capture_output=True, text=True, check=False).stderr
    path = tmp_path / "mod.py"
    watches = [watch(path, "entry", "y = 1"), watch(path, "value", "1 / x"), watch(path, "value", "x")]
    observed(tmp_path, "app.py", watches=watches, expected=1)
    assert (tmp_path / "out.txt").read_text() == plain


def test_a_script_that_does_not_parse_says_so_itself(tmp_path):
    write(tmp_path, app="def f(:\n")
    found = observed(
        tmp_path, "app.py", watches=[Watch("w", str(tmp_path / "app.py"), 1, 0, 1, 3, "value")], expected=1
    )
    assert "SyntaxError" in (tmp_path / "out.txt").read_text()
    assert found.seen == {}
