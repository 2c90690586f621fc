"""Values for the parameters of a recorded statement, taken from the data of the columns they are compared with.

A recording keeps no bind values. So rows spread evenly over the table give the values of equal comparisons, quantiles
of the column give the bounds of ranges, and one more set asks for what is not there. Of several sets those are kept
whose answers are about as long as the recorded ones. Everything is deterministic.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from perfprof.errors import PerfprofError
from perfprof.optimizer.scratch.scratch import Scratch, Value
from perfprof.rules.catalog import Dictionary, Table
from perfprof.rules.reading.predicates import Use
from perfprof.rules.reading.statements import Statement
from perfprof.rules.schema.ddl import qualified, quoted
from perfprof.rules.schema.expressions import in_dialect

SETS = 3  # kept, besides the one that asks for what is not there
_TRIED = 8  # rows of the sample
_FRACTIONS = (0.05, 0.005, 0.25, 0.75, 0.95)  # of the column's values that a range keeps
_Kind = Literal["value", "array", "low", "high", "pattern", "limit", "offset", "unknown"]


@dataclass(frozen=True, slots=True)
class _Wish:
    """Where the value of one parameter comes from: an expression over one table, or a constant."""

    kind: _Kind
    source: str = ""  # FROM clause
    expression: str = ""
    glob: bool = False


def parameter_sets(statement: Statement, scratch: Scratch, mean_rows: float = -1) -> tuple[tuple[Value, ...], ...]:
    """At most four sets of values; mean_rows: of one recorded execution, below zero if not known.

    Raises PerfprofError if the statement cannot be run on the scratch at all.
    """
    if not statement.template.parameters:
        return ((),)
    chooser = _Chooser(
        scratch, _wishes(statement, Dictionary(scratch.catalog.tables(), scratch.dialect)), mean_rows
    )
    tried = _unique(list(chooser.all()))
    if mean_rows >= 0:
        distances = {repr(values): _distance(scratch, statement, values, mean_rows) for values in tried}
        tried.sort(key=lambda values: distances[repr(values)])
    return tuple(_unique([*tried[:SETS], chooser.missing()]))


def _unique(sets: Sequence[tuple[Value, ...]]) -> list[tuple[Value, ...]]:
    return list({repr(values): values for values in sets}.values())  # 1 and 1.0 are two values


def _distance(scratch: Scratch, statement: Statement, values: tuple[Value, ...], mean_rows: float) -> float:
    """How far the length of the answer is from the recorded one, as a ratio whichever way."""
    return abs(math.log((scratch.length(statement, values) + 1) / (mean_rows + 1)))


def _wishes(statement: Statement, book: Dictionary) -> dict[int, _Wish]:
    wishes = {number: _Wish("unknown") for number in range(statement.template.parameters)}
    target = book.table(statement.writes)
    for column, number in statement.values if target is not None else ():
        assert target is not None
        wishes[number] = _Wish("value", _from(target, target.name), quoted(book.column(target, column) or column))
    for number, wish in _compared(statement, book):
        if wishes[number].kind == "unknown":
            wishes[number] = wish
    wishes |= {number: _Wish("limit" if name == "limit" else "offset") for name, number in statement.bounds}
    return wishes


def _compared(statement: Statement, book: Dictionary) -> Iterator[tuple[int, _Wish]]:
    for table_use, uses in statement.by_table(book.columns):
        table = book.table(table_use.name)
        for use in uses if table is not None else ():
            assert table is not None
            column = book.column(table, use.column.name)
            if use.parameter is not None and column:
                expression = in_dialect(use.wrapped, book.dialect) if use.wrapped else ""
                expression = expression or f"{quoted(table_use.alias)}.{quoted(column)}"
                yield use.parameter, _Wish(
                    _kind(use), _from(table, table_use.alias), expression, use.role == "Glob"
                )


def _kind(use: Use) -> _Kind:
    if use.how == "range":
        return "low" if use.role == "low" else "high"
    if use.how == "like":
        return "pattern"
    return "array" if use.role == "array" else "value"


def _from(table: Table, alias: str) -> str:
    return f"{qualified(table.name, table.schema)} AS {quoted(alias)}"


class _Chooser:
    """Turns wishes into values; asks the scratch once for each expression and place."""

    def __init__(self, scratch: Scratch, wishes: Mapping[int, _Wish], mean_rows: float) -> None:
        self.scratch = scratch
        self.wishes = dict(sorted(wishes.items()))
        self.mean_rows = mean_rows
        self.asked: dict[str, list[tuple[Value, ...]]] = {}

    def all(self) -> Iterator[tuple[Value, ...]]:
        """Every set that is worth a try; three if there is nothing to choose them by."""
        if self.mean_rows < 0:
            yield from (self.values(place, _FRACTIONS[0]) for place in range(SETS))
        elif any(wish.kind in ("low", "high") for wish in self.wishes.values()):
            yield from (self.values(place, fraction) for fraction in _FRACTIONS for place in range(3))
        else:
            yield from (self.values(place, _FRACTIONS[0]) for place in range(_TRIED + 2))

    def values(self, place: int, fraction: float) -> tuple[Value, ...]:
        """The values that row number ``place`` of the sample gives; ``fraction``: of a column that a range keeps."""
        return tuple(self._value(number, wish, place, fraction) for number, wish in self.wishes.items())

    def missing(self) -> tuple[Value, ...]:
        """The same, but equal comparisons ask for what no row has."""
        usual = self.values(0, _FRACTIONS[0])
        wishes = zip(usual, self.wishes.values(), strict=True)
        return tuple(self._beyond(wish) if wish.kind == "value" else value for value, wish in wishes)

    def _value(self, number: int, wish: _Wish, place: int, fraction: float) -> Value:
        if wish.kind in ("value", "array", "pattern"):
            value = self._of_row(number, wish, place)
            return value if wish.kind == "value" else _shaped(wish, value)
        if wish.kind in ("low", "high"):
            return self._quantile(wish, fraction if wish.kind == "high" else 1 - fraction, place)
        limit = max(1, round(self.mean_rows)) if self.mean_rows >= 0 else 10
        return {"limit": limit, "offset": 0}.get(wish.kind, 1)

    def _of_row(self, number: int, wish: _Wish, place: int) -> Value:
        """Parameters of one table take their values from one row, so that they occur together."""
        together = [one for one in sorted(self.wishes) if self.wishes[one].source == wish.source]
        together = [one for one in together if self.wishes[one].kind in ("value", "array", "pattern")]
        expressions = [self.wishes[one].expression for one in together]
        # `a IN (?, ?)`: the second placeholder of an expression takes the next row
        later = expressions[: together.index(number)].count(wish.expression)
        rows = self._rows(wish.source, tuple(dict.fromkeys(expressions)))
        if not rows:
            return None
        return rows[(place + later * 3) % len(rows)][list(dict.fromkeys(expressions)).index(wish.expression)]

    def _rows(self, source: str, expressions: tuple[str, ...]) -> list[tuple[Value, ...]]:
        """Rows spread over the table, none of them with NULL where a value is wanted."""
        present = " AND ".join(f"{expression} IS NOT NULL" for expression in expressions)
        count = self._count(source, present)
        wanted = ", ".join(self.scratch.as_value(expression) for expression in expressions)
        # golden section: evenly spread, and in step with no period that the data may have
        places = dict.fromkeys(
            int(count * ((place + 1) * 0.6180339887 % 1)) for place in range(_TRIED if count else 0)
        )
        found = [
            row for place in places for row in self._ask(wanted, source, f"WHERE {present} LIMIT 1 OFFSET {place}")
        ]
        if len(expressions) == 1:  # the commonest and the rarest value, which a few rows may well miss
            for direction in ("DESC", "ASC"):
                rest = f"WHERE {present} GROUP BY {expressions[0]} ORDER BY count(*) {direction}, 1 LIMIT 1"
                found += self._ask(wanted, source, rest)
        return found

    def _quantile(self, wish: _Wish, fraction: float, place: int) -> Value:
        present = f"{wish.expression} IS NOT NULL"
        count = self._count(wish.source, present)
        partner = any(
            one.expression == wish.expression and one.kind not in (wish.kind, "value")
            for one in self.wishes.values()
        )
        if partner:  # BETWEEN: a window of this width, moved by the place
            width = fraction if wish.kind == "high" else 1 - fraction
            start = min(0.1 + 0.3 * place, 1 - width)
            fraction = start + width if wish.kind == "high" else start
        offset = min(int(count * fraction), max(count - 1, 0))
        rest = f"WHERE {present} ORDER BY {wish.expression} LIMIT 1 OFFSET {offset}"
        rows = self._ask(self.scratch.as_value(wish.expression), wish.source, rest)
        return rows[0][0] if rows else None

    def _beyond(self, wish: _Wish) -> Value:
        """A value larger than any; NULL, which equals nothing, where "larger" has no meaning."""
        try:
            rows = self._ask(self.scratch.as_value(f"max({wish.expression})"), wish.source)
        except PerfprofError:
            return None
        largest = rows[0][0] if rows else None
        if isinstance(largest, (int, float)):
            return largest + 1
        if isinstance(largest, str) and re.fullmatch(r"-?\d+", largest):
            return str(int(largest) + 1)
        return largest + "~" if isinstance(largest, str) and self.scratch.dialect == "sqlite" else None

    def _count(self, source: str, condition: str) -> int:
        ((count,),) = self._ask("count(*)", source, f"WHERE {condition}")
        return int(count) if isinstance(count, (int, str)) else 0

    def _ask(self, what: str, source: str, rest: str = "") -> list[tuple[Value, ...]]:
        query = f"SELECT {what} FROM {source} {rest}"  # noqa: S608 (every name in it is quoted)
        if query not in self.asked:
            self.asked[query] = self.scratch.rows(query)
        return self.asked[query]


def _shaped(wish: _Wish, value: Value) -> Value:
    """An array literal, or a pattern that no index can serve: what the program asked for is not known."""
    if value is None:
        return None
    if wish.kind == "array":
        return '{"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"}'
    middle = re.sub(r"[%_*?\[\]\\]", "", str(value))[:3]
    return f"*{middle}*" if wish.glob else f"%{middle}%"
