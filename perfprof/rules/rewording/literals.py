"""A statement's text as Python spells it: strings side by side, raw or with escapes, f-strings whose holes are constants.

Every character of the text has its place in the file, so that a change is made where it stands and nothing else moves.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.reading.queries import text_of
from perfprof.rules.rule import Edit

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Module, Program
    from perfprof.rules.rewording.text import Splice

_OPENED = re.compile(r"(?P<prefix>[a-zA-Z]*)(?P<quote>\"{3}|'{3}|\"|')")
_BETWEEN = re.compile(r"(?:\s|\\\n|#[^\n]*|\(|\))+")
_ESCAPE = re.compile(
    r"\\(?:\r?\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]+\}|.)", re.DOTALL
)
_HOLE = re.compile(r"\{\s*[A-Za-z_][\w.]*\s*\}")
_WRAPPERS = ("text", "SQL")  # of SQLAlchemy, of psycopg


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text: its value from ``at`` on, and where its source stands.

    formatted: of an f-string. fixed: an escape or a hole, which goes as a whole or stays. hole: a value from elsewhere, which always stays.
    """

    line: int
    column: int  # in bytes
    value: str
    at: int
    quote: str
    source: str
    formatted: bool = False
    fixed: bool = False
    hole: bool = False

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of a character of the text."""
        taken = offset - self.at
        before = self.source[:taken] if not self.fixed else self.source if taken else ""
        width = len(before.rpartition("\n")[2].encode())
        return self.line + before.count("\n"), (width if "\n" in before else self.column + width)


def literal_of(node: ast.expr, function: Function, program: Program) -> tuple[str, ast.expr, Module] | None:
    """The text that an expression always has, the node that spells it, and its module."""
    found = text_of(node, function, program)
    if found is not None:
        return found
    if isinstance(node, ast.Name) and function.names.is_local(node.id):
        values = function.names.values(node.id)
        return literal_of(values[0], function, program) if values and len(values) == 1 else None
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return literal_of(node.args[0], function, program) if called in _WRAPPERS else None
    if isinstance(node, ast.JoinedStr):
        parts = [_part(one, function, program) for one in node.values]
        known = [part for part in parts if part is not None]
        return ("".join(known), node, function.module) if len(known) == len(parts) else None
    return None


def _part(one: ast.expr, function: Function, program: Program) -> str | None:
    """Of an f-string: its own words, or a constant that is put in as it is."""
    if isinstance(one, ast.Constant):
        return str(one.value)
    if not isinstance(one, ast.FormattedValue) or one.conversion != -1 or one.format_spec is not None:
        return None
    found = text_of(one.value, function, program)
    return found[0] if found is not None else None


def pieces_of(
    node: ast.expr, home: Module, function: Function | None, program: Program | None
) -> list[Piece] | str:
    """The pieces of a literal, in order; or why they cannot be told."""
    lines = home.raw_lines[node.lineno - 1 : node.end_lineno]
    lines[-1] = lines[-1][: node.end_col_offset]
    source = b"\n".join([lines[0][node.col_offset :], *lines[1:]]).decode()
    holes = iter(one for one in ast.walk(node) if isinstance(one, ast.FormattedValue))
    found: list[Piece] = []
    at = here = 0
    while here < len(source):
        blank, opened = _BETWEEN.match(source, here), _OPENED.match(source, here)
        if blank is not None:
            here = blank.end()
            continue
        if opened is None:
            return "its text is no plain string"
        here, formatted = opened.end(), "f" in opened["prefix"].lower()
        for start, end, plain, kind in _stretches(source, here, opened["prefix"].lower(), opened["quote"]):
            known = function is not None and program is not None
            value = _part(next(holes), function, program) if kind == "hole" and known else plain  # type: ignore[arg-type]
            if kind == "unknown" or value is None or (kind == "hole" and not known):
                return "its text is put together when it runs"
            line, column = _placed(source, start, node)
            spelled = source[start:end]
            found.append(
                Piece(line, column, value, at, opened["quote"], spelled, formatted, kind != "", kind == "hole")
            )
            at, here = at + len(value), end
        here += len(opened["quote"])
    return found


def _stretches(source: str, here: int, prefix: str, quote: str) -> Iterator[tuple[int, int, str, str]]:
    """(start, end, value, kind) up to the closing quote. kind: "" of plain text, "escape", "hole" or "unknown"."""
    plain = here
    while not source.startswith(quote, here):
        special = _special(source, here, prefix)
        if here >= len(source):
            yield here, here, "", "unknown"
            return
        if special is None:
            here += 1
            continue
        if plain < here:
            yield plain, here, source[plain:here], ""
        end, value, kind = special
        yield here, end, value, kind
        here = plain = end
    if plain < here:
        yield plain, here, source[plain:here], ""


def _special(source: str, here: int, prefix: str) -> tuple[int, str, str] | None:
    """(end, value, kind) of what does not stand for itself."""
    if source[here : here + 1] == "\\" and "r" not in prefix:
        found = _ESCAPE.match(source, here)
        if found is None:
            return len(source), "", "unknown"
        return found.end(), ast.literal_eval(f'"""{found[0]}"""') if found[0] != '\\"' else '"', "escape"
    if "f" in prefix and source[here : here + 1] in ("{", "}"):
        if source[here : here + 2] in ("{{", "}}"):
            return here + 2, source[here], "escape"
        hole = _HOLE.match(source, here)
        return (hole.end(), "", "hole") if hole is not None else (here + 1, "", "unknown")
    return None


def _placed(source: str, offset: int, node: ast.expr) -> tuple[int, int]:
    before = source[:offset]
    width = len(before.rpartition("\n")[2].encode())
    return node.lineno + before.count("\n"), (width if "\n" in before else node.col_offset + width)


def edits_of(pieces: Sequence[Piece], splice: Splice, path: str) -> Iterator[Edit]:
    """One change, which may begin in one string of the literal and end in another; an Edit without an end where it cannot be."""
    new, last = splice.new, len(pieces) - 1
    for number, piece in enumerate(pieces):
        end = piece.at + len(piece.value)
        first = piece.at <= splice.start < end or (splice.start == end and number == last)
        if not first and not (splice.start < piece.at < splice.end):
            continue
        start, stop = max(splice.start, piece.at), min(splice.end, end)
        new = _spelled(new, piece) if new else new
        fits = _fits(new, piece, stop == end) and not (piece.hole and start < stop)
        fits = fits and not (piece.fixed and piece.at < start < end)
        line, column = piece.place(start)
        end_line, end_column = piece.place(stop) if fits else (0, 0)
        yield Edit("text", new, line, column, end_line, end_column, path)
        new = ""


def _spelled(new: str, piece: Piece) -> str:
    """A line end is as good as a blank where the quotes allow none, unless a comment ends there."""
    return new if len(piece.quote) == 3 or "--" in new else new.replace("\n", " ")


def _fits(new: str, piece: Piece, ends: bool) -> bool:
    clear = piece.quote not in new and "\\" not in new and not (piece.formatted and ("{" in new or "}" in new))
    return clear and ("\n" not in new or len(piece.quote) == 3) and not (new.endswith(piece.quote[0]) and ends)
