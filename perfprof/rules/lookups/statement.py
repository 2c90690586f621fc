"""From a statement for one key to a statement for many.

The keys are joined in, and each row brings back the place of its own: ``FROM (VALUES (0, ?), …) AS wanted CROSS JOIN t
WHERE code = wanted.column2``. So the database alone compares, by the column's affinity and collation. PostgreSQL takes the
type of what it compares them with from the column, by a row that matches nothing; whole numbers and uuids, which compare
alike there and in Python, are asked with ``id = ANY(%s)``. Where a row would show that it has one more column, SQLite is
asked ``id IN (?, ?, …)`` for whole numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.lookups import each_key
from perfprof.rules.lookups.batch import WANTED, Batch, Mode
from perfprof.rules.lookups.keys import Keys, keys
from perfprof.rules.lookups.literals import MARKS, Change, pieces
from perfprof.rules.reading.placeholders import Mark, template, word_at

if TYPE_CHECKING:
    from perfprof.rules.lookups.model import Lookup

_STAR = re.compile(r"(?:^\s*select|,)\s*\*", re.IGNORECASE)
_QUOTED = re.compile(r"[\"`\[]")  # a name in quotes may be a reserved word
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_COMPARED = re.compile(r"(?P<column>(?:[\w$]+\.)?(?:[\w$]+|\"[^\"]+\"|`[^`]+`|\[[^\]]+\]))\s*=\s*$")


def batch(lookup: Lookup, mode: Mode, array: str = "bigint") -> Batch | str:
    """The statement for many keys, or why there is none. array: type of the keys, for PostgreSQL."""
    query = lookup.query
    marks = [one for one in template(query.text, query.dialect).marks if one.number == lookup.number]
    compared = _COMPARED.search(query.text[: marks[0].start])
    start = word_at(query.text, query.dialect, "from")
    if compared is None or start < 0:
        return "the key is not compared as `column = ?`"
    unfit = _unfit(lookup, mode, len(marks))
    if unfit:
        return unfit
    if query.statement.complex or query.text[marks[0].end :].startswith("::"):
        return each_key.asked(lookup, mode, compared["column"], marks[0], array)
    position, name = _found(lookup, compared["column"])
    table = keys(lookup, mode, compared["column"], "", array)
    if isinstance(table, str):
        return table
    return _problem(lookup, mode, position, name) or _made(
        lookup, mode, _Spot(marks[0], compared, start, table), position, name
    )


def _unfit(lookup: Lookup, mode: Mode, marks: int) -> str:
    """Why no statement for many keys is the same as this one for each; empty if nothing speaks against it."""
    query = lookup.query
    if marks > 1:
        return "the key stands in it more than once"
    if not query.mark and mode != "any":
        return "named parameters are not batched"
    if mode == "in" and query.statement.complex:
        return "it speaks of all rows of a key"
    if query.mark == "$" and mode == "numbered" and query.parameters[lookup.number] is not query.call.args[-1]:
        return "the key is not the last parameter, behind which more could stand"
    if query.statement.unsure:
        return f"it calls {query.statement.unsure}(), which may do something or answer otherwise each time"
    return ""


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where the statement changes: the key's placeholder, the comparison before it, FROM, and what comes behind it."""

    mark: Mark
    compared: re.Match[str]
    start: int
    table: Keys


def _problem(lookup: Lookup, mode: Mode, position: int | None, name: str) -> str:
    """Why the key's column cannot be told apart in the rows."""
    star = "*" in lookup.query.statement.selected
    if mode == "numbered" and not _room(lookup, WANTED):
        return f"there is a column `{WANTED}` already"
    if mode == "numbered" and _bare_star(lookup) and not _whole_table(lookup):
        return "`*` would give the keys as well"
    if mode != "numbered" and position is None and (star or not _room(lookup, name)):
        return "the key's column is ambiguous among those of the row"
    return ""


def _made(lookup: Lookup, mode: Mode, spot: _Spot, position: int | None, name: str) -> Batch:
    others = [one for one in template(lookup.query.text, lookup.query.dialect).marks if one is not spot.mark]
    here, extra = spot.mark.start, position is None
    if mode == "numbered":
        here, extra, name = spot.start, True, WANTED
    return Batch(
        mode,
        pieces(
            lookup,
            sorted([_comparison(mode, spot), *_additions(mode, spot, lookup, extra=extra)]),
        ),
        name,
        extra,
        -1 if extra or position is None else position,
        tuple(one.number for one in others if one.start < here),
        tuple(one.number for one in others if one.start >= here),
    )


def _additions(mode: Mode, spot: _Spot, lookup: Lookup, *, extra: bool) -> list[Change]:
    """The key's column at the end of the select list, and the table of keys behind FROM."""
    end, after = len(lookup.query.text[: spot.start].rstrip()), spot.start + len("FROM")
    if mode != "numbered":
        return [(end, end, f", {spot.compared['column']}")] if extra else []
    star = f"{_whole_table(lookup)}." if _bare_star(lookup) else ""  # `*` alone would give the keys, too
    column = (end - 1, end, f"{star}\1, {spot.table.back} AS {WANTED}")
    return [column, (after, after, f" {spot.table.table} CROSS JOIN")]


def _bare_star(lookup: Lookup) -> bool:
    """Whether all columns of all tables are asked for, and not those of one by its name."""
    text = lookup.query.text
    return _STAR.search(text[: word_at(text, lookup.query.dialect, "from")]) is not None


def _whole_table(lookup: Lookup) -> str:
    """What the one table is called whose columns `*` alone stands for; "" if it is something else."""
    tables = lookup.query.statement.tables
    alone = len(tables) == 1 and lookup.query.statement.selected == ("*",)
    plain = alone and _PLAIN.fullmatch(tables[0].alias) and not _QUOTED.search(lookup.query.text)
    return tables[0].alias if plain else ""


def _comparison(mode: Mode, spot: _Spot) -> Change:
    """``id = ?`` from the end of the column's name on; for ANY only the placeholder."""
    after, end = spot.compared.end("column"), spot.mark.end
    if mode == "any":
        return spot.mark.start, end, "ANY(\1)"
    return after, end, f" IN ({MARKS})" if mode == "in" else f" = {spot.table.key}"


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
