"""From a statement for one key to a statement for many: the text, piece by piece as it stands in the source.

``id = ?`` becomes ``id IN (?, ?, …)`` (or ``id = ANY(%s)``) where keys are whole numbers, which compare alike in Python
and in SQL. Text compares as the column's collation wants; there the keys themselves are joined in and come back with
each row: ``FROM (VALUES (?), …) AS wanted CROSS JOIN t WHERE code = wanted.column1``.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from perfprof.rules.reading.placeholders import Mark, template, word_at

if TYPE_CHECKING:
    from perfprof.rules.lookups.model import Lookup

Mode = Literal["in", "any", "values"]
WANTED = "wanted"  # the keys' own table in the statement, and the column that gives them back
_MARKS = "\0"  # where the placeholders go
_COMPARED = re.compile(r"(?P<column>(?:[\w$]+\.)?(?:[\w$]+|\"[^\"]+\"|`[^`]+`|\[[^\]]+\]))\s*=\s*$")


@dataclass(frozen=True, slots=True)
class Batch:
    """The statement for many keys. pieces: source of its literal, NUL for the name of the placeholders. column: how each row names its key.

    extra: whether that column was added, as the last one. position: of the column in a row; -1 if it was added.
    before, after: numbers of the parameters that stand before and after the keys.
    """

    mode: Mode
    pieces: tuple[str, ...]
    column: str
    extra: bool
    position: int
    before: tuple[int, ...]
    after: tuple[int, ...]


def batch(lookup: Lookup, mode: Mode) -> Batch | str:
    """The statement for many keys, or why there is none."""
    query = lookup.query
    mark = next(one for one in template(query.text, query.dialect).marks if one.number == lookup.number)
    compared = _COMPARED.search(query.text[: mark.start])
    start = word_at(query.text, query.dialect, "from")
    if compared is None or start < 0:
        return "the key is not compared as `column = ?`"
    if not query.mark and mode != "any":
        return "named parameters are not batched"
    position, name = _found(lookup, compared["column"])
    problem = _problem(lookup, mode, position, name)
    return problem or _made(lookup, mode, _Spot(mark, compared, start), position, name)


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where the statement changes: the key's placeholder, the comparison before it, and FROM."""

    mark: Mark
    compared: re.Match[str]
    start: int


def _problem(lookup: Lookup, mode: Mode, position: int | None, name: str) -> str:
    """Why the key's column cannot be told apart in the rows."""
    star = "*" in lookup.query.statement.selected
    if mode == "values" and (star or not _room(lookup, WANTED)):
        return "`*` would give the keys as well" if star else f"there is a column `{WANTED}` already"
    if mode != "values" and position is None and (star or not _room(lookup, name)):
        return "the key's column is ambiguous among those of the row"
    return ""


def _made(lookup: Lookup, mode: Mode, spot: _Spot, position: int | None, name: str) -> Batch:
    others = [one for one in template(lookup.query.text, lookup.query.dialect).marks if one is not spot.mark]
    here, extra = spot.mark.start, position is None
    if mode == "values":
        here, extra, name = spot.start, True, WANTED
    return Batch(
        mode,
        _pieces(lookup, sorted([_comparison(mode, spot), *_additions(lookup, mode, spot, extra=extra)])),
        name,
        extra,
        -1 if extra or position is None else position,
        tuple(one.number for one in others if one.start < here),
        tuple(one.number for one in others if one.start >= here),
    )


def _additions(lookup: Lookup, mode: Mode, spot: _Spot, *, extra: bool) -> list[tuple[int, int, str]]:
    """The key's column at the end of the select list, and the table of keys behind FROM."""
    end, after = len(lookup.query.text[: spot.start].rstrip()), spot.start + len("FROM")
    if mode == "values":
        return [
            (end, end, f", {WANTED}.column1 AS {WANTED}"),
            (after, after, f" (VALUES {_MARKS}) AS {WANTED} CROSS JOIN"),
        ]
    return [(end, end, f", {spot.compared['column']}")] if extra else []


def _comparison(mode: Mode, spot: _Spot) -> tuple[int, int, str]:
    """``id = ?`` from the end of the column's name on; for ANY only the placeholder."""
    after, end = spot.compared.end("column"), spot.mark.end
    if mode == "any":
        return spot.mark.start, end, "ANY(\1)"
    return after, end, f" IN ({_MARKS})" if mode == "in" else f" = {WANTED}.column1"


def _found(lookup: Lookup, written: str) -> tuple[int | None, str]:
    """The place of the key's column in the row (-1 below a star), None if it is not there; and its name."""
    statement, wanted = lookup.query.statement, lookup.use.column
    name = _as_rows_say(lookup, written)
    if "*" in statement.selected:
        return (-1 if len(statement.tables) == len(statement.selected) == 1 else None), name
    same = [place for place, column in enumerate(statement.columns) if column and column.name == wanted.name]
    if len(same) != 1 or list(statement.selected).count(wanted.name) != 1:
        return None, name
    mine = len(statement.tables) == 1 or statement.columns[same[0]] == wanted
    return (same[0] if mine else None), name


def _as_rows_say(lookup: Lookup, written: str) -> str:
    """SQLite gives columns the names that the statement writes, PostgreSQL the table's."""
    return written.rpartition(".")[2].strip('"`[]') if lookup.query.dialect == "sqlite" else lookup.use.column.name


def _room(lookup: Lookup, name: str) -> bool:
    """Whether no other column of the row has this name."""
    return name.lower() not in [one.lower() for one in lookup.query.statement.selected]


def _pieces(lookup: Lookup, changes: Sequence[tuple[int, int, str]]) -> tuple[str, ...]:
    """The source of the literal with the changes made; pieces that do not change stay as they are."""
    found: list[str] = []
    at = 0
    for source, value in _literals(lookup):
        mine = [(start - at, end - at, new) for start, end, new in changes if at <= start < at + max(len(value), 1)]
        if any(end > len(value) for _, end, _ in mine):
            return (_written(_changed(lookup.query.text, changes), '"'),)
        at += len(value)
        found.append(_written(_changed(value, mine), source) if mine else source)
    return tuple(found)


def _literals(lookup: Lookup) -> list[tuple[str, str]]:
    """(source, value) of each string of an implicit concatenation."""
    node = lookup.query.literal
    lines = lookup.query.home.raw_lines[node.lineno - 1 : node.end_lineno]
    first, last = lines[0][node.col_offset :], lines[-1][: node.end_col_offset]
    source = (
        b"\n".join([first, *lines[1:-1], last])
        if len(lines) > 1
        else lines[0][node.col_offset : node.end_col_offset]
    )
    tokens = tokenize.generate_tokens(io.StringIO(f"({source.decode()})").readline)
    strings = [token.string for token in tokens if token.type == tokenize.STRING]
    values = [str(ast.literal_eval(one)) for one in strings]
    return (
        list(zip(strings, values, strict=True))
        if "".join(values) == lookup.query.text
        else [('"', lookup.query.text)]
    )


def _changed(text: str, changes: Sequence[tuple[int, int, str]]) -> str:
    pieces, here = [], 0
    for start, end, new in sorted(changes):
        pieces += [text[here:start], new.replace("\1", text[start:end])]
        here = end
    return "".join(pieces) + text[here:]


def _written(value: str, like: str) -> str:
    """A literal for a text; one with placeholders is an f-string. like: the literal it was, whose quotes it keeps."""
    formatted = _MARKS in value
    if formatted:
        value = value.replace("{", "{{").replace("}", "}}").replace(_MARKS, f"{{{_MARKS}}}")
    quote = next((one for one in ('"""', "'''", '"', "'") if like.lstrip("rRbBuUfF").startswith(one)), '"')
    plain = value.replace(_MARKS, "")
    simple = (plain.replace("\n", "") if len(quote) == 3 else plain).isprintable()
    simple = simple and "\\" not in plain and quote not in plain
    body = f"{quote}{value}{quote}" if simple else repr(value).replace("\\x00", _MARKS)
    return f"f{body}" if formatted else body
