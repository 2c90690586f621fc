"""What new code binds in the middle of an expression is bound before it, only where nothing else can be seen of it."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfprof.optimizer.writing.edits import EditError, apply_edits
from perfprof.optimizer.writing.edits.plainly import plainly
from perfprof.rules.rule import Edit

CHOICE = "(known if type(x) is int else (known := all_x))"
TWO = "(known if x is None or type(x) is int else (known := all_x))"
GROWN = "known if known is not None and plain else (known := None) or all_x"


def edits(marked: str, *codes: str) -> tuple[str, list[Edit]]:
    """A source without its marks, and the edits of the marked expressions."""
    pieces, found = marked.replace("›", "‹").split("‹"), []
    for number, code in enumerate(codes):
        before, old = "".join(pieces[: 2 * number + 1]), pieces[2 * number + 1]
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1)
        found.append(Edit("replace", code, line, column, line, column + len(old)))
    return "".join(pieces), found


PLAIN = {
    "if": ("if ‹y› in s:\n    pass\n", ["(x := f(y))"], "x = f(y)\nif x in s:\n    pass\n"),
    "return": ("def f():\n    return ‹y› + 1\n", ["(x := g())"], "def f():\n    x = g()\n    return x + 1\n"),
    "for": ("for i in ‹y›:\n    pass\n", ["(x := g())"], "x = g()\nfor i in x:\n    pass\n"),
    "targets come later": ("a[k()] = b = ‹y›\n", ["(x := g())"], "x = g()\na[k()] = b = x\n"),
    "in a guard": (
        "a = ‹y›\n",
        ["s[x] if type(x := g()) is int else 0"],
        "x = g()\na = s[x] if type(x) is int else 0\n",
    ),
    "a collection": ("‹y›\n", ["set(map(type, (x := g())))"], "x = g()\nset(map(type, x))\n"),
    "choice": (
        "if x in ‹s›:\n    pass\n",
        [CHOICE],
        "if type(x) is not int:\n    known = all_x\nif x in known:\n    pass\n",
    ),
    "choice of two": (
        "if x in ‹s›:\n    pass\n",
        [TWO],
        "if x is not None and type(x) is not int:\n    known = all_x\nif x in known:\n    pass\n",
    ),
    "both": (
        "if not ‹y› in ‹s› and z:\n    pass\n",
        ["(x := g())", CHOICE],
        "x = g()\nif type(x) is not int:\n    known = all_x\nif not x in known and z:\n    pass\n",
    ),
    "else and if": (
        "if a:\n    pass\nelse:\n    if ‹y›:\n        pass\n",
        ["(x := g())"],
        "if a:\n    pass\nelse:\n    x = g()\n    if x:\n        pass\n",
    ),
}


@pytest.mark.parametrize("name", PLAIN, ids=str)
def test_what_comes_first_is_said_first(name: str) -> None:
    marked, codes, wanted = PLAIN[name]
    assert apply_edits(*edits(marked, *codes)) == wanted


KEPT = {
    "while": ("while ‹y›:\n    pass\n", "(x := g())"),
    "elif": ("if a:\n    pass\nelif ‹y›:\n    pass\n", "(x := g())"),
    "behind and": ("if a and ‹y›:\n    pass\n", "(x := g())"),
    "behind another call": ("f(a(), ‹y›)\n", "(x := g())"),
    "behind a name that it may bind": ("if a == ‹y›:\n    pass\n", "(x := g())"),
    "a function that it may bind": ("f(‹y›)\n", "(x := g())"),
    "one of the program's own": ("len(‹y›)\n", "(x := g())"),
    "added to what it may bind": ("a += ‹y›\n", "(x := g())"),
    "comprehension": ("a = [‹y› for b in c]\n", "(x := b)"),
    "lambda": ("a = lambda b: ‹y›\n", "(x := b)"),
    "branch": ("a = b if c else ‹y›\n", "(x := g())"),
    "assert": ("assert ‹y›\n", "(x := g())"),
    "with": ("with a, ‹y›: pass\n", "(x := g())"),
    "behind a semicolon": ("a(); b = ‹y›\n", "(x := g())"),
    "on the line of its block": ("if a: b = ‹y›\n", "(x := g())"),
    "compared before": ("if a < x in ‹s›:\n    pass\n", CHOICE),
    "the test asks another": ("if y in ‹s›:\n    pass\n", CHOICE),
    "what is left is asked": ("if x in ‹s›:\n    pass\n", CHOICE.replace("all_x", "self.x")),
    "given up": ("if x in ‹s›:\n    pass\n", GROWN),
}


@pytest.mark.parametrize("name", KEPT, ids=str)
def test_what_may_come_later_stays(name: str) -> None:
    source, found = edits(KEPT[name][0], KEPT[name][1])
    assert plainly(source, found) == found
    assert ":=" in apply_edits(source, found)


def test_the_user_s_own_stays() -> None:
    source, found = edits("if (m := f()) in ‹s› or (n := m):\n    pass\n", "t")
    assert apply_edits(source, found) == "if (m := f()) in t or (n := m):\n    pass\n"


def test_new_statements() -> None:
    code = "if type(x := g()) is str:\n    if (y := x):\n        pass\nelif type(z := g()) is str:\n    pass"
    wanted = (
        "x = g()\nif type(x) is str:\n    y = x\n    if y:\n        pass\nelif type(z := g()) is str:\n    pass\n"
    )
    assert apply_edits("a\n", [Edit("statement", code, 1, 0, 1, 1)]) == wanted


def test_a_text_over_lines_keeps_its_lines() -> None:
    code = 'if a:\n    if (x := """b\nc"""):\n        pass'
    assert apply_edits("a\n", [Edit("statement", code, 1, 0, 1, 1)]) == code + "\n"


HEADS = [
    "if {}:\n    log('then')\nelse:\n    log('else')\n",
    "if t(0):\n    pass\nelif {}:\n    log('elif')\n",
    "while {} and t(0) and not done:\n    done.append(1)\n",
    "for i in [{}]:\n    log(i)\n",
    "for i in {}, t(1):\n    log(i)\n",
    "log({})\n",
    "table[t(1)] = {}\n",
    "result = t(1) + ({})\n",
    "result = {} or t(1)\n",
    "result = not {} in [t(2), [1]]\n",
    "assert {}\n",
    "result = [{} for i in range(2)]\n",
    "result = [t(1), {}][t(0)]\n",
    "def f():\n    return {}\nresult = f()\n",
    "async def f():\n    return {}\ntry:\n    f().send(None)\nexcept StopIteration as end:\n    result = end.value\n",
]
NEW = [
    "(n := t(1))",
    "s[n] if type(n := t(1)) is int and n in s else t(2)",
    "t(1) if t(0) else (n := t(2))",
    "t(2) + (n := t(1))",
    "type(n := t(1)) is int and type(m := t(2)) is int and n < m",
    "set(map(type, (n := [t(1), t(2)]))) <= {int}",
    "(n := t(1)) in (s if type(n) is int else (s := none))",
    "x in (s if type(x) is str else (s := none))",
    "x in (s if type(x) is str or x is None else (s := none))",
    "t(1) in (s if type(x) is str else (s := none))",
    "(n := (m := t(1)) + 1) > m",
]
SETTING = "x, s, none, table, done, result = 1, {1: 2}, (), {}, [], None\n"


def outcome(code: str, failing: int) -> list[object]:
    """What a program does: its calls in order, one of which fails, its names in the end, and its exception."""
    said: list[object] = []

    def t(number: int) -> int:
        said.append(number)
        if len(said) == failing:
            raise LookupError(number)
        return number

    names: dict[str, object] = {"t": t, "log": said.append}
    try:
        exec(SETTING + code, names)
    except Exception as error:
        said.append(repr(error))
    return [*said, {name: names.get(name) for name in ("x", "s", "table", "done", "result", "n", "m", "i")}]


@settings(max_examples=400)
@given(
    st.sampled_from(HEADS),
    st.sampled_from(NEW),
    st.sampled_from(["{}", "not {}", "{} and t(3)", "[{}]"]),
    st.integers(0, 4),
)
def test_nothing_else_is_seen(head: str, new: str, user: str, failing: int) -> None:
    source = head.format(user.format("OLD"))
    (node,) = (one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.Name) and one.id == "OLD")
    place = (node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)
    try:
        written = apply_edits(source, [Edit("replace", new, *place)])
    except EditError:
        return
    try:
        expected = compile(source.replace("OLD", f"({new})"), "", "exec") and source.replace("OLD", f"({new})")
    except SyntaxError:
        return
    assert outcome(written, failing) == outcome(expected, failing)
