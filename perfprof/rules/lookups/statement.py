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

from perfprof.rules.reading.placeholders import template, word_at

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
    text, marks = query.text, template(query.text, query.dialect).marks
    mark = next(one for one in marks if one.number == lookup.number)
    compared = _COMPARED.search(text[: mark.start])
    start = word_at(text, query.dialect, "from")
    if compared is None or start < 0:
        return "the key is not compared as `column = ?`"
    if not query.mark and mode != "any":
        return "named parameters are not batched"
    written = compared["column"]
    position, name = _found(lookup, written)
    if mode == "values" and ("*" in query.statement.selected or (position == -1 and not _room(lookup, WANTED))):
        return "`*` would give the keys as well"
    extra = mode == "values" or position is None
    if position is None and (not _room(lookup, name) or "*" in query.statement.selected):
        return "the key's column is ambiguous among those of the row"
    changes = [_comparison(mode, compared, mark.start, mark.end, query.mark)]
    if mode == "values":
        changes.append((start + 4, start + 4, f" (VALUES {_MARKS}) AS {WANTED} CROSS JOIN"))
        changes.append((_end_of_list(text, start), _end_of_list(text, start), f", {WANTED}.column1 AS {WANTED}"))
    elif extra:
        changes.append((_end_of_list(text, start), _end_of_list(text, start), f", {written}"))
    here = start if mode == "values" else mark.start
    others = [one for one in marks if one is not mark]
    return Batch(
        mode,
        _pieces(lookup, sorted(changes)),
        WANTED if mode == "values" else name,
        extra,
        -1 if extra or position is None else position,
        tuple(one.number for one in others if one.start < here),
        tuple(one.number for one in others if one.start >= here),
    )


def _comparison(mode: Mode, compared: re.Match[str], start: int, end: int, mark: str) -> tuple[int, int, str]:
    """``id = ?`` from the end of the column's name on."""
    after = compared.end("column")
    new = {"in": f" IN ({_MARKS})", "values": f" = {WANTED}.column1"}.get(mode)
    return (after, end, new) if new is not None else (start, end, "ANY(\1)")


def _found(lookup: Lookup, written: str) -> tuple[int | None, str]:
    """The place of the key's column in the row, None if it is not there, and its name."""
    statement, wanted = lookup.query.statement, lookup.use.column
    name = written.rpartition(".")[2].strip('"`[]') if lookup.query.dialect == "sqlite" else wanted.name
    if "*" in statement.selected:
        return (-1, name) if len(statement.tables) == 1 and len(statement.selected) == 1 else (None, name)
    alone = len(statement.tables) == 1
    places = [
        place
        for place, column in enumerate(statement.columns)
        if column is not None and column.name == wanted.name and (alone or column.table == wanted.table)
    ]
    named = [one for one in statement.selected if one == wanted.name]
    return (places[0], name) if len(places) == 1 and len(named) == 1 else (None, name)


def _room(lookup: Lookup, name: str) -> bool:
    """Whether no other column of the row has this name."""
    return name.lower() not in [one.lower() for one in lookup.query.statement.selected]


def _end_of_list(text: str, start: int) -> int:
    return len(text[:start].rstrip())


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
