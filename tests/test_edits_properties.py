"""Whatever the source looks like: an edit changes its place and nothing else."""

from __future__ import annotations

import ast

from hypothesis import given, settings
from hypothesis import strategies as st

from perfprof.optimizer.writing.edits import EditError, apply_edits
from perfprof.optimizer.writing.edits.text import BOM, Text
from perfprof.rules.rule import Edit

SIMPLE = [
    "a = b + c(d, *e)",
    "return_ = [x for x in xs if x in ys]  # find",
    "naïve = 'é🎉', (y := f'{a!r:>{w}}')",
    's = """one\n  two # no comment\n"""',
    "del a[b], c.d",
    "call(\n    # first\n    a,\n    b,\n)",
    "x = 1 + \\\n    y",
    "assert any(p == q for p in ps), 'no'",
]
HEADS = [
    "if a in b:",
    "for x, y in (zs):  # each",
    "while not a:",
    "with a as b, c():",
    "try:",
    "class A(B, metaclass=C):",
    "def f(a, *, b: int = 1) -> None:",
    "@d(1)\ndef g():",
    "async def h():",
]
FILLERS = ["", "# note", "# noqa: X", "\f", "   "]


# A source is drawn as a list of pieces; a piece is one simple statement, one head of a block, or one filler.
Drawn = list[str]


def indented(pieces: Drawn, unit: str) -> Drawn:
    """Shift pieces to the right, but not the inner lines of strings."""
    return [
        "\n".join(
            unit + line if not at or '"""' not in piece else line for at, line in enumerate(piece.split("\n"))
        )
        for piece in pieces
    ]


def block(depth: int) -> st.SearchStrategy[Drawn]:
    simple: st.SearchStrategy[Drawn] = st.sampled_from(SIMPLE).map(lambda text: [text])
    fillers = st.lists(st.sampled_from(FILLERS if depth == 0 else FILLERS[:2]), max_size=2)
    parts = simple if depth == 3 else simple | compound(depth)
    return st.lists(st.tuples(fillers, parts), min_size=1, max_size=3).map(
        lambda found: [piece for filler, part in found for piece in (*filler, *part)]
    )


def compound(depth: int) -> st.SearchStrategy[Drawn]:
    def build(drawn: tuple[str, str, Drawn]) -> Drawn:
        head, unit, body = drawn
        tail = ["finally:", unit + "pass"] if head == "try:" else []
        return [head, *indented(body, unit), *tail]

    return st.tuples(st.sampled_from(HEADS), st.sampled_from(["    ", "\t", "  "]), block(depth + 1)).map(build)


@st.composite
def sources(draw: st.DrawFn) -> str:
    text = "\n".join(draw(block(0))) + draw(st.sampled_from(["\n", ""]))
    return draw(st.sampled_from(["", BOM])) + text.replace("\n", draw(st.sampled_from(["\n", "\r\n", "\r"])))


def readable(source: str) -> ast.Module | None:
    try:
        return ast.parse(source.removeprefix(BOM))
    except SyntaxError:
        return None


@settings(max_examples=150)
@given(sources(), st.data())
def test_a_replaced_expression_leaves_the_rest(source: str, data: st.DataObject) -> None:
    tree = readable(source)
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.expr)] if tree else []
    nodes = [node for node in nodes if isinstance(getattr(node, "ctx", ast.Load()), ast.Load)]
    if not nodes:
        return
    node = data.draw(st.sampled_from(nodes))
    code = data.draw(st.sampled_from(["new", "one or two", "f(x,\n  y)", "p if q else r"]))
    edit = Edit("replace", code, node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)
    text = Text.of(source.removeprefix(BOM))
    start, end = text.byte(edit.line, edit.column), text.byte(edit.end_line, edit.end_column)
    old = text.source.encode()
    try:
        new = apply_edits(source, [edit]).removeprefix(BOM).encode()
    except EditError:
        return
    assert new.endswith(old[end:])
    if b"#" not in old[start:end]:
        assert new.startswith(old[:start])


@settings(max_examples=150)
@given(sources(), st.data())
def test_an_inserted_statement_only_adds_lines(source: str, data: st.DataObject) -> None:
    tree = readable(source)
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)] if tree else []
    if not nodes:
        return
    node = data.draw(st.sampled_from(nodes))
    kind = data.draw(st.sampled_from(["before", "after"]))
    place = (node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)
    if kind == "before" and getattr(node, "decorator_list", None):
        return
    result = apply_edits(source, [Edit(kind, "new_one = 1\nif new_one:\n    new_two = 2", *place)])
    lines = Text.of(result.removeprefix(BOM)).lines
    added = [number for number, line in enumerate(lines) if "new_" in line]
    assert len(added) == 3
    assert added[2] - added[0] == 2
    left = "".join(lines[: added[0]] + lines[added[2] + 1 :])
    assert left.rstrip("\r\n") == source.removeprefix(BOM).rstrip("\r\n")
    assert result.endswith(("\n", "\r")) == source.endswith(("\n", "\r"))
