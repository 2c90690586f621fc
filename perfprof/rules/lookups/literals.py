"""The source of a changed literal: piece by piece as it stands, with the quotes that it has."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfprof.rules.lookups.model import Lookup

MARKS = "\0"  # where the placeholders go
Change = tuple[
    int, int, str
]  # from, to (in the statement's text), and what takes the place; \1 in it is what was there


def pieces(lookup: Lookup, changes: Sequence[Change]) -> tuple[str, ...]:
    """The source of the literal with the changes made; pieces that do not change stay as they are."""
    found: list[str] = []
    at = 0
    for source, value in _literals(lookup):
        mine = [(start - at, end - at, new) for start, end, new in changes if at <= start < at + max(len(value), 1)]
        if any(end > len(value) for _, end, _ in mine):
            return (written(_changed(lookup.query.text, changes), '"'),)
        at += len(value)
        found.append(written(_changed(value, mine), source) if mine else source)
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


def _changed(text: str, changes: Sequence[Change]) -> str:
    pieces, here = [], 0
    for start, end, new in sorted(changes):
        pieces += [text[here:start], new.replace("\1", text[start:end])]
        here = end
    return "".join(pieces) + text[here:]


def written(value: str, like: str) -> str:
    """A literal for a text; one with placeholders is an f-string. like: the literal it was, whose quotes it keeps."""
    formatted = MARKS in value
    if formatted:
        value = value.replace("{", "{{").replace("}", "}}").replace(MARKS, f"{{{MARKS}}}")
    quote = next((one for one in ('"""', "'''", '"', "'") if like.lstrip("rRbBuUfF").startswith(one)), '"')
    plain = value.replace(MARKS, "")
    simple = (plain.replace("\n", "") if len(quote) == 3 else plain).isprintable()
    simple = simple and "\\" not in plain and quote not in plain
    body = f"{quote}{value}{quote}" if simple else repr(value).replace("\\x00", MARKS)
    return f"f{body}" if formatted else body
