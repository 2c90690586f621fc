"""Say in a statement what new code says in the middle of an expression, where that is the same.

    if (customer := order["customer"]) not in (known_set if type(customer) is int else (known_set := known)):

becomes

    customer = order["customer"]
    if type(customer) is not int:
        known_set = known
    if customer not in known_set:

Only what the statement evaluates first, once and in any case moves before it; so it is not for ``while`` and ``elif``,
behind ``and``, or in a comprehension. What the user wrote stays as it is.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeGuard

from perfprof.optimizer.writing.edits import trees
from perfprof.optimizer.writing.edits.text import BOM, Text
from perfprof.rules.rule import Edit

_QUIET = frozenset({"type", "set", "map", "len", "id"})  # builtins in guards, which no name of the program hides
_OPPOSITE = {ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in"}

_CALLED = re.compile(rb"(?:^|[\w\])]) *$")  # parentheses behind it call, or hold all
_WORD = re.compile(rb"\b(?:in|if|else|or|and|not) *$")


def plainly(source: str, edits: Sequence[Edit]) -> list[Edit]:
    """The edits, with those statements before that say more plainly what the new expressions bind.

    source: the text that they change.
    """
    if ":=" not in "".join(edit.source for edit in edits):
        return list(edits)
    source = source.removeprefix(BOM)
    text = Text.of(source)
    places = {trees.span(edit): edit for edit in edits if edit.kind == "replace"}
    found: dict[Edit, Edit] = {}
    more: list[Edit] = []
    for statement, head in _heads(trees.parse(source), text):
        reading = _Reading(places)
        if _within(statement, places) and reading.said_before(head):
            found |= reading.edits()
            more.append(Edit("before", "\n".join(reading.said), *trees.span_of(statement)))
    return [*(found.get(edit) or _said_plainly(edit) for edit in edits), *more]


def _said_plainly(edit: Edit) -> Edit:
    return edit if edit.kind == "replace" else replace(edit, source=_statements(edit.source))


def _statements(code: str) -> str:
    """New statements said more plainly."""
    if ":=" not in code:
        return code
    tree, text = trees.parse(code), Text.of(code)
    cuts: list[tuple[int, int, str]] = []
    for statement, head in _heads(tree, text):
        if _has_long_text(head):
            continue
        piece, reading = _Piece(Edit("", code), text, head), _Reading({})
        reading.walk(head, piece)
        indent = text.lines[statement.lineno - 1][: statement.col_offset]
        start = text.byte(statement.lineno, 0)
        said = textwrap.indent("\n".join(reading.said) + "\n", indent)
        cuts += [*piece.cuts, (start, start, said)] if reading.said else []
    return _spliced(code, cuts) if cuts else code


def _heads(tree: ast.Module, text: Text) -> Iterator[tuple[ast.stmt, ast.expr]]:
    """The statements before which another one can stand, and what they evaluate first."""
    for block in trees.statements(tree):
        for statement in block:
            head = _head(statement)
            if head is not None and _stands_alone(statement, text):
                yield statement, head


def _head(statement: ast.stmt) -> ast.expr | None:
    """What a statement evaluates before it does anything, once."""
    if isinstance(statement, ast.If):
        return statement.test
    if isinstance(statement, ast.For):
        return statement.iter
    if isinstance(statement, (ast.Return, ast.Expr, ast.Assign, ast.AnnAssign)):
        return statement.value
    return None


def _stands_alone(statement: ast.stmt, text: Text) -> bool:
    """Whether another statement can stand before it: it begins its line, and is no ``elif``."""
    line = text.lines[statement.lineno - 1].encode()
    above = text.lines[statement.lineno - 2].rstrip("\r\n") if statement.lineno > 1 else ""
    joined = line[: statement.col_offset].strip() or above.endswith("\\")
    return not joined and not line[statement.col_offset :].startswith(b"elif")


def _has_long_text(node: ast.expr) -> bool:
    """Whether a text goes over several lines, which no indentation may touch."""
    texts = (one for one in ast.walk(node) if isinstance(one, (ast.Constant, ast.JoinedStr)))
    return any(one.lineno != trees.last_line(one) for one in texts)


def _within(statement: ast.stmt, places: dict[trees.Span, Edit]) -> bool:
    last = trees.last_line(statement)
    return any(statement.lineno <= edit.line <= last and ":=" in edit.source for edit in places.values())


@dataclass
class _Piece:
    """New code as a tree, and what is cut out of it: from, to (in bytes), what it becomes."""

    edit: Edit
    text: Text
    tree: ast.expr
    cuts: list[tuple[int, int, str]] = field(default_factory=list)

    @classmethod
    def of(cls, edit: Edit) -> _Piece | None:
        """None where the parentheses around it would be read as part of it."""
        source = f"(\n{edit.source}\n)"
        body = trees.parse(source).body
        tree = body[0].value if len(body) == 1 and isinstance(body[0], ast.Expr) else None
        return cls(edit, Text.of(source), tree) if tree is not None and tree.lineno > 1 else None

    def span(self, node: ast.expr) -> tuple[int, int]:
        """From where to where it stands."""
        line, column, end_line, end_column = trees.span_of(node)
        return self.text.byte(line, column), self.text.byte(end_line, end_column)

    def code(self, node: ast.expr) -> str:
        """How it stands there."""
        start, end = self.span(node)
        return self.text.source.encode()[start:end].decode()

    def cut(self, node: ast.expr, name: str) -> None:
        """A name in its place, without the parentheses around it that no call needs."""
        data = self.text.source.encode()
        start, end = self.span(node)
        before, after = data[:start].rstrip(), data[end:].lstrip()
        loose = not _CALLED.search(before[:-1]) or _WORD.search(before[:-1])
        if loose and before.endswith(b"(") and after.startswith(b")"):
            start, end = len(before) - 1, len(data) - len(after) + 1
        self.cuts.append((start, end, name))

    def result(self) -> str:
        """The code after the cuts."""
        return _spliced(self.text.source, self.cuts).strip()[1:-1].strip()


def _spliced(source: str, cuts: Sequence[tuple[int, int, str]]) -> str:
    data = source.encode()
    for start, end, new in sorted(cuts, reverse=True):
        data = data[:start] + new.encode() + data[end:]
    return data.decode()


@dataclass
class _Reading:
    """A walk over what is evaluated first, which takes out what new code binds."""

    places: dict[trees.Span, Edit]
    pieces: list[_Piece] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)  # bound by what was said

    def edits(self) -> dict[Edit, Edit]:
        """What becomes of each edit that it has seen."""
        return {piece.edit: replace(piece.edit, source=piece.result()) for piece in self.pieces}

    def said_before(self, head: ast.expr) -> bool:
        """Whether a statement says something of it before."""
        self.walk(head, None)
        return bool(self.said)

    def walk(self, node: ast.expr, piece: _Piece | None) -> bool:
        """Whether evaluating it had no effect, once what it binds is said before: then what follows comes first.

        piece: the new code that it is of; None for the user's.
        """
        if piece is None and trees.span_of(node) in self.places:
            piece = self._new(node)
            return piece is not None and self.walk(piece.tree, piece)
        if piece is not None and isinstance(node, ast.NamedExpr):
            return self._say(node, piece)
        if isinstance(node, ast.Name):
            return node.id in self.names or (piece is not None and node.id in _QUIET)
        self._parts(node, piece)
        return isinstance(node, ast.Constant)

    def _parts(self, node: ast.expr, piece: _Piece | None) -> None:
        if isinstance(node, ast.Compare):
            self._compare(node, piece)
        elif isinstance(node, ast.Call):
            all(self.walk(one, piece) for one in (node.func, *node.args))
        elif first := _first(node):
            self.walk(first, piece)

    def _new(self, node: ast.expr) -> _Piece | None:
        """The new code in the place of a part of the user's."""
        piece = _Piece.of(self.places[trees.span_of(node)])
        self.pieces += [piece] if piece is not None else []
        return piece

    def _say(self, node: ast.NamedExpr, piece: _Piece) -> bool:
        if any(isinstance(one, ast.NamedExpr) for one in ast.walk(node.value)):
            return False
        self.said.append(f"{node.target.id} = {_on_lines(piece.code(node.value))}")
        self.names.add(node.target.id)
        piece.cut(node, node.target.id)
        return True

    def _compare(self, node: ast.Compare, piece: _Piece | None) -> None:
        """The left side, and of ``x in (s if test(x) else (s := xs))`` the right one, which a statement can choose."""
        quiet, right = self.walk(node.left, piece), node.comparators[0]
        if piece is None and trees.span_of(right) in self.places:
            piece = self._new(right)
            right = piece.tree if piece else right
        if not piece or len(node.ops) > 1 or not _chooses(right):
            return
        if quiet or self._name(node.left) in _names(right.test):
            name, other = (piece.code(part) for part in (right.body, right.orelse.value))  # type: ignore[attr-defined]
            self.said.append(f"if {_opposite(right.test, piece)}:\n    {name} = {other}")
            piece.cut(right, name)

    def _name(self, node: ast.expr) -> str:
        """The name that it is, "" if it is more, or replaced."""
        return node.id if isinstance(node, ast.Name) and trees.span_of(node) not in self.places else ""


def _names(node: ast.expr) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _chooses(node: ast.expr) -> TypeGuard[ast.IfExp]:
    """Whether it gives a name another meaning where a test does not hold: ``s if test else (s := xs)``."""
    if not isinstance(node, ast.IfExp):
        return False
    other = node.orelse
    bound = isinstance(other, ast.NamedExpr) and isinstance(other.value, ast.Name) and other.target.id
    return ast.unparse(node.body) == bound and not any(
        isinstance(one, ast.NamedExpr) for one in ast.walk(node.test)
    )


_FIRST = {
    ast.BinOp: "left",
    ast.UnaryOp: "operand",
    ast.IfExp: "test",
    ast.Attribute: "value",
    ast.Subscript: "value",
    ast.Starred: "value",
    ast.Await: "value",
    ast.BoolOp: "values",
    ast.Tuple: "elts",
    ast.List: "elts",
}


def _first(node: ast.expr) -> ast.expr | None:
    """The part that is evaluated first, in any case."""
    found = getattr(node, _FIRST.get(type(node), ""), None)
    return (found[0] if found else None) if isinstance(found, list) else found


def _opposite(test: ast.expr, piece: _Piece) -> str:
    """A test that holds where this one does not."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        parts = [_turned(one, piece) for one in test.values]
        if all(parts):
            return _on_lines(" and ".join(parts))
    return _on_lines(_turned(test, piece) or f"not ({piece.code(test)})")


def _turned(test: ast.expr, piece: _Piece) -> str:
    """The opposite of ``x is y`` and the like; "" of others."""
    if not isinstance(test, ast.Compare) or len(test.ops) > 1 or type(test.ops[0]) not in _OPPOSITE:
        return ""
    return f"{piece.code(test.left)} {_OPPOSITE[type(test.ops[0])]} {piece.code(test.comparators[0])}"


def _on_lines(code: str) -> str:
    """The code as the end of a statement, which may go over several lines only in parentheses."""
    try:
        ast.parse(f"_ = {code}")
    except SyntaxError:
        return f"({code})"
    return code
