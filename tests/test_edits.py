"""Edits land where `ast` pointed, read as intended, and leave every other byte alone."""

from __future__ import annotations

import ast

import pytest

from perfprof.optimizer.writing.edits import EditError, apply_edits, overlaps
from perfprof.rules.rule import Edit


def place(marked: str, kind: str, code: str) -> tuple[str, Edit]:
    """The source without its marks ‹ ›, and an edit of what stood between them."""
    before, _, rest = marked.partition("‹")
    inside, _, after = rest.partition("›")

    def position(text: str) -> tuple[int, int]:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        column = len(lines[-1].removeprefix("\ufeff").encode())
        return len(lines), column

    (line, column), (end_line, end_column) = position(before), position(before + inside)
    return before + inside + after, Edit(kind, code, line, column, end_line, end_column)


def edit(marked: str, kind: str, code: str) -> str:
    source, change = place(marked, kind, code)
    return apply_edits(source, [change])


REPLACED = {
    "a name": ("x = ‹y›\n", "z", "x = z\n"),
    "comment behind": ("x = ‹y in ys›  # why\n", "y in known", "x = y in known  # why\n"),
    "precedence asks for parentheses": ("x = ‹a› * 2\n", "b + c", "x = (b + c) * 2\n"),
    "no parentheses in an argument": ("f(‹a›, b)\n", "c or d", "f(c or d, b)\n"),
    "not": ("x = not ‹a in b›\n", "a in b or c", "x = not (a in b or c)\n"),
    "power": ("x = ‹a› ** 2\n", "-b", "x = (-b) ** 2\n"),
    "attribute of a number": ("x = ‹a›.real\n", "1", "x = (1).real\n"),
    "await": ("async def f():\n    return await ‹g()›\n", "a or b", "async def f():\n    return await (a or b)\n"),
    "star": ("f(*‹a›)\n", "b or c", "f(*b or c)\n"),
    "walrus": (
        "if ‹(m := f(x))›:\n    pass\n".replace("‹(", "(‹").replace(")›:", "›):"),
        "m",
        "if (m):\n    pass\n",
    ),
    "walrus goes in": ("x = a and ‹y›\n", "(n := y)", "x = a and (n := y)\n"),
    "lambda in a comprehension": ("[x for x in ‹xs› if x]\n", "lambda: 0", "[x for x in (lambda: 0) if x]\n"),
    "conditional in a comprehension": ("[x for x in ‹xs›]\n", "a if b else c", "[x for x in (a if b else c)]\n"),
    "comprehension's condition": (
        "[x for x in xs if ‹x in ys›]\n",
        "x in known",
        "[x for x in xs if x in known]\n",
    ),
    "generator as only argument": ("any‹(x == k for x in xs)›\n", "k in known", "any(k in known)\n"),
    "generator in parentheses": ("f(‹(x for x in xs)›, 1)\n", "known", "f(known, 1)\n"),
    "tuple in parentheses": ("for x in‹(a, b)›:\n    pass\n", "c", "for x in(c):\n    pass\n"),
    "tuple without parentheses": ("for x in ‹a, b›:\n    pass\n", "c", "for x in c:\n    pass\n"),
    "parentheses around it stay": ("x = (  # all\n    ‹a in b›\n)\n", "a in c", "x = (  # all\n    a in c\n)\n"),
    "non-ASCII before the column": ("é = 'naïve 🎉'; x = ‹y in ys›\n", "y in z", "é = 'naïve 🎉'; x = y in z\n"),
    "tabs": ("if x:\n\t\tif ‹y in ys›:\n\t\t\tpass\n", "y in k", "if x:\n\t\tif y in k:\n\t\t\tpass\n"),
    "CRLF": ("if x:\r\n    y = ‹z›\r\n", "[\n    1,\n]", "if x:\r\n    y = [\r\n        1,\r\n    ]\r\n"),
    "CR alone": ("x = 1\rif x:\r\ty = ‹z›\r", "w", "x = 1\rif x:\r\ty = w\r"),
    "mixed line ends": ("a = 1\r\nif a:\n    b = ‹c›\r\n    d\n", "e", "a = 1\r\nif a:\n    b = e\r\n    d\n"),
    "byte order mark": ("\ufeffx = ‹y›\r\n", "z", "\ufeffx = z\r\n"),
    "no final newline": ("a = 1\nx = ‹y›", "z", "a = 1\nx = z"),
    "form feed": ("a = 1\n\fx = ‹y›\n\f\nb\n", "z", "a = 1\n\fx = z\n\f\nb\n"),
    "form feed within": (
        "def f():\n    a\n\f\n    return ‹b›\n\f\nc\n",
        "d",
        "def f():\n    a\n\f\n    return d\n\f\nc\n",
    ),
    "line break without brackets": ("x = ‹y›\n", "a\nor b", "x = (a\nor b)\n"),
    "string with newlines": ('x = ‹f("""a\nb""")›; y = """\n  c"""\n', "g", 'x = g; y = """\n  c"""\n'),
    "backslash": ("x = 1 + \\\n    ‹y›\n", "z", "x = 1 + \\\n    z\n"),
    "match statement": (
        "match ‹x›:\n    case {'a': [y, *_]} if ‹›y in ys:\n        pass\n".replace("‹›", ""),
        "z",
        "match z:\n    case {'a': [y, *_]} if y in ys:\n        pass\n",
    ),
    "guard of a case": (
        "match x:\n    case [y] if ‹y in ys›:\n        pass\n",
        "y in k",
        "match x:\n    case [y] if y in k:\n        pass\n",
    ),
    "decorated function's body": (
        "@d(1)\n@e\ndef f():\n    return ‹x›\n",
        "y",
        "@d(1)\n@e\ndef f():\n    return y\n",
    ),
    "a decorator": ("@d(‹x›)\ndef f(): pass\n", "y", "@d(y)\ndef f(): pass\n"),
    "semicolons": ("a = 1; b = ‹c›; d = 2;\n", "e", "a = 1; b = e; d = 2;\n"),
    "one-line suite": ("if a: b = ‹c›\n", "e", "if a: b = e\n"),
    "default and annotation": ("def f(a: int = ‹x›) -> y: pass\n", "z", "def f(a: int = z) -> y: pass\n"),
    "else on a loop": (
        "for x in ‹xs›:\n    pass\nelse:\n    y  # end\n",
        "ys",
        "for x in ys:\n    pass\nelse:\n    y  # end\n",
    ),
    "elif": ("if a:\n    b\nelif ‹c›:\n    d\n", "e", "if a:\n    b\nelif e:\n    d\n"),
    "with": ("with ‹a› as b, c: pass\n", "f(x)", "with f(x) as b, c: pass\n"),
    "class body": ("class A(B):\n    x = ‹y›\n\n\n\n    z = 1\n", "w", "class A(B):\n    x = w\n\n\n\n    z = 1\n"),
    "lost comment moves up": (
        "def f():\n    # above\n    return ‹[\n        x  # kept\n        for x in xs  # noqa\n    ]›  # end\n",
        "list(xs)",
        "def f():\n    # above\n    # kept\n    return list(xs)  # end\n",
    ),
}


@pytest.mark.parametrize("case", REPLACED, ids=str)
def test_an_expression_is_replaced(case: str) -> None:
    marked, code, wanted = REPLACED[case]
    assert edit(marked, "replace", code) == wanted


AROUND = {
    "above the comment that belongs to the loop": (
        "def f():\n    a = 1\n\n    # match\n    # all\n    ‹for x in a:\n        pass›  # end\n    # tail\n",
        "before",
        "k = set(a)",
        "def f():\n    a = 1\n\n    k = set(a)\n    # match\n    # all\n    for x in a:\n        pass  # end\n    # tail\n",
    ),
    "the same at the left margin": (
        "a = 1\n# about b\n\n# match\n‹for x in a:\n    pass›\n",
        "before",
        "k = 1",
        "a = 1\n# about b\n\nk = 1\n# match\nfor x in a:\n    pass\n",
    ),
    "below the comments that open the file": (
        "#!/usr/bin/python3\n# coding: utf-8\n‹for x in a:\n    pass›\n",
        "before",
        "k = 1",
        "#!/usr/bin/python3\n# coding: utf-8\nk = 1\nfor x in a:\n    pass\n",
    ),
    "nested code takes the file's indentation": (
        "class A:\n\tdef f(self):\n\t\t‹for x in a:\n\t\t\tpass›\n\t\treturn 1\n",
        "before",
        "k = {}\nfor y in b:\n    k[y] = '''\n  raw'''",
        "class A:\n\tdef f(self):\n\t\tk = {}\n\t\tfor y in b:\n\t\t\tk[y] = '''\n  raw'''\n"
        "\t\tfor x in a:\n\t\t\tpass\n\t\treturn 1\n",
    ),
    "two spaces from elsewhere in the file": (
        "def f():\n  pass\n\n‹for x in a: pass›\n",
        "before",
        "if a:\n    k = 1",
        "def f():\n  pass\n\nif a:\n  k = 1\nfor x in a: pass\n",
    ),
    "CRLF": (
        "def f():\r\n    ‹for x in a:\r\n        pass›\r\n",
        "before",
        "k = {\n    1,\n}\nl = 2",
        "def f():\r\n    k = {\r\n        1,\r\n    }\r\n    l = 2\r\n    for x in a:\r\n        pass\r\n",
    ),
    "after, with the comments that close the block": (
        "for x in a:\n    pass\n    # foot\n# next\nb\n".replace("for", "‹for").replace("pass", "pass›"),
        "after",
        "k = 1",
        "for x in a:\n    pass\n    # foot\nk = 1\n# next\nb\n",
    ),
    "after the last line, which has no end": (
        "def f():\n    ‹a = 1›",
        "after",
        "b = 2",
        "def f():\n    a = 1\n    b = 2",
    ),
    "after one line without an end in a CRLF file": ("x\r\n‹a = 1›", "after", "b = 2", "x\r\na = 1\r\nb = 2"),
    "async for in async with": (
        "async def f():\n    async with a:\n        ‹async for x in b:\n            pass›\n",
        "before",
        "k = 1",
        "async def f():\n    async with a:\n        k = 1\n        async for x in b:\n            pass\n",
    ),
    "in a case block": (
        "match x:\n    case 1:\n        ‹y›\n    case _:\n        z\n",
        "before",
        "k = 1",
        "match x:\n    case 1:\n        k = 1\n        y\n    case _:\n        z\n",
    ),
    "in the else of a loop": (
        "for x in a:\n    pass\nelse:\n    # e\n    ‹y›\n",
        "before",
        "k = 1",
        "for x in a:\n    pass\nelse:\n    k = 1\n    # e\n    y\n",
    ),
    "in except and finally": (
        "try:\n    a\nexcept E:\n    ‹b›\nfinally:\n    c\n",
        "before",
        "k = 1",
        "try:\n    a\nexcept E:\n    k = 1\n    b\nfinally:\n    c\n",
    ),
    "after a decorated function": (
        "@d\n‹def f():\n    pass›\n",
        "after",
        "k = 1",
        "@d\ndef f():\n    pass\nk = 1\n",
    ),
    "a statement replaced, with its comments": (
        "def f():\n    # why\n    ‹seen = []›  # ids\n    b\n",
        "statement",
        "seen = []\nseen_set = set()",
        "def f():\n    # why\n    seen = []\n    seen_set = set()  # ids\n    b\n",
    ),
    "a loop replaced, with its comments": (
        "def f():\n    # why\n    ‹for x in a:  # each\n        # deep\n        b(x)›  # type: ignore\n    c\n",
        "statement",
        "b_all(a)",
        "def f():\n    # why\n    # each\n    # deep\n    b_all(a)\n    c\n",
    ),
    "a statement taken away": (
        "def f():\n    for x in y:\n\n        ‹k = 1›\n        b  # last\n    c\n",
        "statement",
        "",
        "def f():\n    for x in y:\n        b  # last\n    c\n",
    ),
    "form feed before the statement": (
        "a\n\f\n\f‹def f():\n    pass›\n",
        "after",
        "k = 1",
        "a\n\f\n\fdef f():\n    pass\nk = 1\n",
    ),
}


@pytest.mark.parametrize("case", AROUND, ids=str)
def test_statements_are_put_around_or_in_place(case: str) -> None:
    marked, kind, code, wanted = AROUND[case]
    assert edit(marked, kind, code) == wanted


REFUSED = {
    "decorated": ("@d\n‹def f():\n    pass›\n", "before", "decorated"),
    "one-line suite": ("if x: ‹y›\n", "before", "no lines of its own"),
    "semicolon": ("a; ‹b›\n", "before", "no lines of its own"),
    "elif": ("if a:\n    b\n‹elif c:\n    d›\n", "before", "no lines of its own"),
    "not a statement": ("x = ‹y›\n", "before", "no statement"),
    "not an expression": ("‹x = y›\n", "replace", "no expression"),
    "part of an expression": ("x = a + ‹b + c›\n", "replace", "no expression"),
    "does not parse": ("x = ‹y›\nif\n", "replace", "does not parse"),
    "a debugging f-string shows its code": ("x = f'{‹y›=}'\n", "replace", "intended"),
    "unknown kind": ("x = ‹y›\n", "remove", "no edit of the kind"),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_guess_is_refused(case: str) -> None:
    marked, kind, reason = REFUSED[case]
    with pytest.raises(EditError, match=reason) as caught:
        edit(marked, kind, "new")
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("code", ["", "a b", "x = 1", "a)(b", "*a", "a; b", "a # b\n) + ("])
def test_new_code_that_is_no_expression_is_refused(code: str) -> None:
    with pytest.raises(EditError):
        edit("f(1, ‹x›.y)\n", "replace", code)


def test_several_edits_in_one_go() -> None:
    source, before = place(
        "def f(a, b):\n    # all\n    ‹for x in a:\n        if x in b:\n            yield x›\n",
        "before",
        "k = set(b)",
    )
    _, replaced = place(source.replace("x in b", "‹x in b›"), "replace", "x in k")
    _, other = place(source.replace("yield x", "yield ‹x›"), "replace", "g(x)")
    wanted = (
        "def f(a, b):\n    k = set(b)\n    # all\n    for x in a:\n        if x in k:\n            yield g(x)\n"
    )
    assert apply_edits(source, [before, replaced, other]) == wanted
    assert apply_edits(source, [other, replaced, before, before]) == wanted
    assert not overlaps([before, replaced], [other])


def test_edits_that_overlap_are_refused() -> None:
    source = "def f():\n    x = a + b\n    return x\n"
    _, sum_ = place(source.replace("a + b", "‹a + b›"), "replace", "c")
    _, part = place(source.replace("a + b", "‹a› + b"), "replace", "d")
    _, whole = place(source.replace("x = a + b", "‹x = a + b›"), "statement", "x = 1")
    _, before = place(source.replace("x = a + b", "‹x = a + b›"), "before", "k = 1")
    for one, other in [(sum_, part), (part, whole), (before, whole)]:
        assert overlaps([one], [other])
        assert overlaps([other], [one])
        with pytest.raises(EditError, match="same place"):
            apply_edits(source, [one, other])
    assert not overlaps([before], [part])
    assert not overlaps([before, Edit("import", "import os")], [before, Edit("import", "import os")])


def test_only_what_needs_parentheses_gets_them() -> None:
    source = "x = a * 2, f(b)\n"
    _, one = place("x = ‹a› * 2, f(b)\n", "replace", "c + d")
    _, two = place("x = a * 2, f(‹b›)\n", "replace", "e + f")
    assert apply_edits(source, [one, two]) == "x = (c + d) * 2, f(e + f)\n"


@pytest.mark.parametrize(
    "deep",
    [
        "x = " + "a.b" * 1 + ".b" * 800,
        "x = " + "1 + " * 800 + "1",
        "x = (" + "'a'\n" * 3000 + ")",
        "x = (" + "'a'\n" * 9000 + ")",
    ],
    ids=["attributes", "sums", "strings", "more strings"],
)
def test_huge_expressions_are_refused_or_left_alone(deep: str) -> None:
    assert edit(f"{deep}\ny = ‹z›\n", "replace", "w") == f"{deep}\ny = w\n"
    with pytest.raises(EditError):
        edit(f"‹{deep}›\n", "after", "y = 1")


def test_a_file_of_fifty_thousand_lines() -> None:
    filler = "def f{0}(a, b):\n    return [a + b for b in (1, 2) if b not in a]\n\n\n"
    head = "".join(filler.format(n) for n in range(6000))
    tail = "".join(filler.format(n) for n in range(6000, 12600))
    assert edit(f"{head}x = ‹y›\n{tail}", "replace", "z") == f"{head}x = z\n{tail}"


def test_code_that_python_cannot_encode_is_refused() -> None:
    with pytest.raises(EditError, match="UTF-8"):
        apply_edits("x = 'a\udcff'\n", [Edit("import", "import os")])


def test_f_strings() -> None:
    result = edit("x = f'{‹a in b›!r:>{w}}'\n", "replace", "a in k")
    assert result == "x = f'{a in k!r:>{w}}'\n"
    assert edit("x = f'{‹a›}'\n", "replace", 'b["c"]') == "x = f'{b[\"c\"]}'\n"
    for code in ("b['c']", "f(\n1)", "'\\n'"):  # Python 3.12 takes them, Python 3.10 does not
        with pytest.raises(EditError):
            edit("x = f'{‹a›}'\n", "replace", code)


def test_what_libcst_reads_ast_reads() -> None:
    assert ast.parse(edit("f(‹a›)\n", "replace", "\n  b\n"))
