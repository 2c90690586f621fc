"""Cells of a data frame that a loop reads one by one: ``orders["price"].iloc[i]`` for each ``i`` of a range.

Each read makes an indexer, looks for the column and boxes the place: 8 to 13 microseconds. The array of a plain column
holds the very same values, and gives one in a twentieth of a microsecond.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from perfprof.rules.frames.rows import first_of
from perfprof.rules.hoisting import eaten_at_once
from perfprof.rules.reading.expressions import is_builtin, path_of
from perfprof.rules.reading.names import bound_names
from perfprof.rules.reading.scans import COMPREHENSIONS, SCOPES, Comprehension, Loop

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

By = Literal["position", "label", "row"]
BY: Mapping[str, By] = {"iloc": "position", "iat": "position", "values": "position", "loc": "label", "at": "label"}


@dataclass(frozen=True, eq=False, slots=True)
class Read:
    """One cell that is read. node: the whole expression. place: ``i``, ``i - 1`` …; offset: what is added to ``i``.

    by: whether the place counts, is a label, or (``frame.iloc[i]["x"]``) counts whole rows.
    """

    node: ast.Subscript
    frame: ast.expr
    column: str
    place: ast.expr
    offset: int
    by: By


@dataclass(frozen=True, eq=False, slots=True)
class Cells:
    """The reads of one frame in one loop over a range. writes: what is stored into cells of other columns, by label.

    first, beyond: the least number of the range, and how much less than ``len(frame)`` its end is; None where neither
    is known.
    """

    function: Function
    hoist: Loop
    frame: ast.expr
    cells: tuple[Read, ...]
    writes: tuple[ast.Subscript, ...]
    bases: tuple[ast.expr, ...]
    first: int | None = None
    beyond: int | None = None
    stable: tuple[()] = ()

    @property
    def reads(self) -> tuple[ast.Subscript, ...]:
        """The expressions, in source order."""
        return tuple(one.node for one in self.cells)

    def within(self, offset: int) -> bool:
        """Whether the place is one of the frame's rows in each turn."""
        return (
            self.first is not None
            and self.first + offset >= 0
            and self.beyond is not None
            and offset <= self.beyond
        )

    def counts(self, offset: int) -> bool:
        """Whether the place is one of the frame's rows in each turn, or the last one counted from its end."""
        return self.within(max(offset, 0)) and self.first is not None and self.first + offset >= -1


def cells(function: Function) -> Iterator[Cells]:
    """Every loop over a range that reads cells of a frame, frame by frame."""
    for scan in function.scans:
        loop = scan.own
        if scan.kind != "loop" or loop is None or not _counts(loop.iterable, function):
            continue
        if isinstance(loop.target, ast.Name) and (loop.holder is None or first_of(loop, function)):
            yield from _of_loop(loop, loop.target.id, function)


def _counts(walked: ast.AST | None, function: Function) -> bool:
    """``range(…)``, or the labels of a frame, which count its rows if a guard says so."""
    if labels_of(walked) is not None:
        return True
    named = isinstance(walked, ast.Call) and isinstance(walked.func, ast.Name) and not walked.keywords
    return named and walked.func.id == "range" and is_builtin("range", function)  # type: ignore[union-attr]


def labels_of(walked: ast.AST | None) -> ast.expr | None:
    """``frame`` of ``frame.index``."""
    own = isinstance(walked, ast.Attribute) and walked.attr == "index" and path_of(walked.value) is not None
    return walked.value if own else None  # type: ignore[union-attr]  # it is an Attribute here


def _of_loop(loop: Loop, counter: str, function: Function) -> Iterator[Cells]:
    nodes = [one for one in _turn(loop, function) if isinstance(one, ast.Subscript)]
    frames: dict[str, list[Read]] = {}
    for node in nodes:
        read = _read(node, counter) if isinstance(node.ctx, ast.Load) else None
        if read is not None:
            frames.setdefault(ast.unparse(read.frame), []).append(read)
    for name, found in frames.items():
        found.sort(key=lambda one: (one.node.lineno, one.node.col_offset))
        frame = found[0].frame
        first, beyond = _limits(loop.iterable, frame)
        written = tuple(one for one in nodes if _is_written(one, name))
        yield Cells(function, loop, frame, tuple(found), written, (frame,), first, beyond)


def _turn(loop: Loop, function: Function) -> Iterator[ast.AST]:
    """What each turn evaluates before the next one; not what a name of its own binds anew, and no texts."""
    assert isinstance(loop.target, ast.Name)
    stack = _parts(loop, loop.target.id)
    while stack:
        node = stack.pop()
        unlike = isinstance(node, COMPREHENSIONS) and not _sees(node, loop.target.id, function)
        if not unlike and not isinstance(node, (*SCOPES, ast.JoinedStr)):
            yield node
            stack += ast.iter_child_nodes(node)


def _parts(loop: Loop, counter: str) -> list[ast.AST]:
    if isinstance(loop.node, ast.For):
        return [*loop.node.body]
    assert isinstance(loop.node, ast.comprehension)
    assert loop.holder is not None
    if any(counter in bound_names(one.target) for one in loop.holder.generators[1:]):
        return []
    return [*loop.node.ifs, *(one for one in ast.iter_child_nodes(loop.holder) if one is not loop.node)]


def _sees(node: Comprehension, counter: str, function: Function) -> bool:
    """Whether a comprehension runs at once, with the counter of the loop around it."""
    bound = {name for one in node.generators for name in bound_names(one.target)}
    return counter not in bound and (not isinstance(node, ast.GeneratorExp) or eaten_at_once(node, function))


def _read(node: ast.Subscript, counter: str) -> Read | None:
    """A cell, if the expression reads one at a place that follows the counter."""
    inner, key = node.value, node.slice
    if isinstance(key, ast.Tuple):  # frame.loc[i, "x"]
        by_label = isinstance(inner, ast.Attribute) and BY.get(inner.attr) == "label" and len(key.elts) == 2
        return _made(node, (inner.value, key.elts[1], key.elts[0]), "label", counter) if by_label else None  # type: ignore[attr-defined]
    if isinstance(inner, ast.Subscript) and _attribute(inner.value) == "iloc":  # frame.iloc[i]["x"]
        return _made(node, (inner.value.value, key, inner.slice), "row", counter)  # type: ignore[attr-defined]
    by, column = _column(inner)
    if isinstance(column, ast.Subscript):  # frame["x"].iloc[i]
        return _made(node, (column.value, column.slice, key), by, counter)
    return None


def _column(inner: ast.expr) -> tuple[By, ast.expr]:
    """How a column is asked for a cell, and the column."""
    if (
        isinstance(inner, ast.Call)
        and not inner.args
        and not inner.keywords
        and _attribute(inner.func) == "to_numpy"
    ):
        return "position", inner.func.value  # type: ignore[attr-defined]
    if isinstance(inner, ast.Attribute) and inner.attr in BY:
        return BY[inner.attr], inner.value
    return "label", inner


def _made(node: ast.Subscript, parts: tuple[ast.expr, ast.expr, ast.expr], by: By, counter: str) -> Read | None:
    """Of a frame, a column and a place."""
    frame, column, place = parts
    offset = _offset(place, counter)
    if offset is None or path_of(frame) is None or not _is_text(column):
        return None
    return Read(node, frame, column.value, place, offset, by)  # type: ignore[attr-defined]


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _attribute(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else ""


def _offset(place: ast.expr, counter: str) -> int | None:
    """What is added to the counter; None if the place is something else."""
    if isinstance(place, ast.Name) and place.id == counter:
        return 0
    if not (isinstance(place, ast.BinOp) and isinstance(place.op, (ast.Add, ast.Sub))):
        return None
    step = _number(place.right)
    if step is None or not (isinstance(place.left, ast.Name) and place.left.id == counter):
        return None
    return step if isinstance(place.op, ast.Add) else -step


def _number(node: ast.expr) -> int | None:
    return node.value if isinstance(node, ast.Constant) and type(node.value) is int else None


def _limits(walked: ast.expr | None, frame: ast.expr) -> tuple[int | None, int | None]:
    """Of ``range(a, len(frame) - b)``: a, and b; of ``frame.index``, where labels count the rows, 0 and 0."""
    labels = labels_of(walked)
    if labels is not None:
        return (0, 0) if ast.unparse(labels) == ast.unparse(frame) else (None, None)
    assert isinstance(walked, ast.Call)
    if not 1 <= len(walked.args) <= 2:
        return None, None
    start, end = (_number(walked.args[0]), walked.args[1]) if len(walked.args) == 2 else (0, walked.args[0])
    less = 0
    if isinstance(end, ast.BinOp) and isinstance(end.op, ast.Sub):
        less, end = _number(end.right) or 0, end.left
    name = ast.unparse(frame)
    whole = ast.unparse(end) in {f"len({name})", f"{name}.shape[0]", f"len({name}.index)"}
    return (start if start is not None and start >= 0 else None), (less if whole else None)


def _is_written(node: ast.Subscript, frame: str) -> bool:
    """``frame.at[i, "y"]``, stored into."""
    key, place = node.slice, node.value
    cell = isinstance(key, ast.Tuple) and len(key.elts) == 2 and _is_text(key.elts[1])
    own = isinstance(place, ast.Attribute) and place.attr in {"loc", "at"} and ast.unparse(place.value) == frame
    return cell and own and isinstance(node.ctx, ast.Store)


def writes_elsewhere(node: ast.Subscript, found: Cells) -> bool:
    """Whether a cell that is stored into is in one of the rows there are, and in none of the columns that are read."""
    assert isinstance(node.slice, ast.Tuple)
    place, column = node.slice.elts
    assert isinstance(found.hoist.target, ast.Name)
    assert isinstance(column, ast.Constant)
    offset = _offset(place, found.hoist.target.id)
    return offset is not None and found.within(offset) and column.value not in {one.column for one in found.cells}
