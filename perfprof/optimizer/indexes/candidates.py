"""Indexes that a workload might want: from the conditions, joins and orders of each statement.

Equality first, then one range, join keys before and behind them, an order with its directions where LIMIT cuts it;
partial with a constant of the code, over an expression, with text_pattern_ops for a prefix, GIN for containment.
Nothing is judged here: the planner is asked about all of them, and takes few.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, combinations, permutations

from perfprof.optimizer.statements.workload import Query
from perfprof.rules.catalog import Dictionary, Table
from perfprof.rules.reading.predicates import TableUse, Use
from perfprof.rules.schema.ddl import quoted
from perfprof.rules.schema.expressions import indexable
from perfprof.rules.schema.indexes import Candidate, Key, candidate

WIDEST = 3
CARRIED = 5  # columns beside the key that a covering index may hold
_EQUAL = ("equality", "in", "null", "boolean")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Facts:
    """What must be known of columns. texts: (table key, column) of type text or varchar. documents: of type jsonb.

    kinds: columns of a few different values, such as a status. c_sorted: whether the database sorts text by bytes, so
    that a prefix needs no operator class.
    """

    texts: frozenset[tuple[str, str]] = frozenset()
    documents: frozenset[tuple[str, str]] = frozenset()
    kinds: frozenset[tuple[str, str]] = frozenset()
    c_sorted: bool = False


def candidates(queries: Iterable[Query], book: Dictionary, facts: Facts) -> dict[Candidate, None]:
    """All of them, in order of first mention."""
    found: dict[Candidate, None] = {}
    for query in queries:
        for use, uses in query.reading.by_table(book.columns):
            table = book.table(use.name)
            if table is not None:
                shapes = _Shapes(query, use, uses, table, book, facts)
                found.update(dict.fromkeys(shapes.all()))
    return found


def widened(covering: Iterable[Candidate]) -> Iterator[Candidate]:
    """Covering indexes with the columns of two of them, so that one serves several statements."""
    known = {one: None for one in covering if one.include}
    for _ in range(2):
        for one, other in combinations(list(known), 2):
            both = replace(one, include=tuple(sorted({*one.include, *other.include})))
            fits = len(both.include) <= CARRIED and both not in known
            if fits and replace(other, include=both.include) == both:
                known[both] = None
                yield both


@dataclass
class _Shapes:
    """The candidates of one use of a table in one statement."""

    query: Query
    use: TableUse
    uses: tuple[Use, ...]
    table: Table
    book: Dictionary
    facts: Facts

    def all(self) -> Iterator[Candidate]:
        """Plain ones, then each of them behind the conditions that can make it partial."""
        plain = list(dict.fromkeys(chain(self._plain(), self._patterns(), self._expressions())))
        yield from plain
        covering = list(self._covering())
        yield from covering
        yield from self._documents()
        # the planner takes no statistics from a partial index over an expression
        columns = [one for one in plain if not any(key.expression for key in one.columns)]
        for where, names in self._conditions():
            yield from (self._without(one, names, where) for one in [*columns, *covering])

    def _without(self, one: Candidate, names: frozenset[str], where: str) -> Candidate:
        """A partial index, less the columns that its condition makes idle."""
        keys = [key for key in one.columns if key.name not in names]
        left = self._index(keys or list(one.columns)) if not one.include else one
        return replace(left, include=tuple(name for name in one.include if name not in names), where=where)

    def _index(self, keys: Iterable[Key]) -> Candidate:
        return candidate(self.table.name, (), tuple(keys), self.table.schema)

    def _named(self, *hows: str, optional: bool = False) -> list[str]:
        """Plain columns that are used so; ``optional``: also under OR."""
        chosen = [
            use
            for use in self.uses
            if use.how in hows and not use.wrapped and (optional or not use.optional) and use.role != "not"
        ]
        names = (self.book.column(self.table, use.column.name) for use in chosen)
        return list(dict.fromkeys(name for name in names if name))

    def _plain(self) -> Iterator[Candidate]:
        equal, ranges, joins = self._named(*_EQUAL), self._named("range", "like"), self._named("join")
        order = self._order()
        single = [*equal, *joins, *ranges, *self._named(*_EQUAL, "range", "join", optional=True)]
        for name in dict.fromkeys([*single, *self._named("group")]):
            yield self._index([Key(name)])
        for first, second in permutations(dict.fromkeys([*equal, *joins]), 2):
            yield self._index([Key(first), Key(second)])
        for first in dict.fromkeys([*equal, *joins]):
            for last in ranges:
                yield self._index([Key(first), Key(last)])
        for first in ranges:
            for last in joins:
                yield self._index([Key(first), Key(last)])
        yield from self._wide(equal, joins, ranges, order)

    def _wide(self, equal: list[str], joins: list[str], ranges: list[str], order: list[Key]) -> Iterator[Candidate]:
        """Several equal columns with what follows them, and the order behind any of them."""
        for first, second in permutations(dict.fromkeys([*equal, *joins]), 2):
            for last in ranges:
                yield self._index([Key(first), Key(second), Key(last)])
        if len(equal) >= WIDEST:
            yield self._index([Key(name) for name in equal[:WIDEST]])
        for last in joins if len(equal) == WIDEST - 1 else ():
            yield self._index([Key(name) for name in dict.fromkeys([*equal, last])])
        yield from self._ordered(equal, order) if order else ()

    def _ordered(self, equal: list[str], order: list[Key]) -> Iterator[Candidate]:
        """The order alone, and behind columns that are compared."""
        yield self._index(order)
        for name in equal:
            yield self._index([Key(name), *(key for key in order if key.name != name)])
        if 1 < len(equal) <= WIDEST:
            yield self._index([*map(Key, equal), *(key for key in order if key.name not in equal)])

    def _covering(self) -> Iterator[Candidate]:
        """A column that narrows, with all others that the statement wants of this table carried along."""
        named = (column for column in self.query.reading.mentioned if column.table in ("", *self._called))
        wanted = dict.fromkeys(name for one in named if (name := self.book.column(self.table, one.name)))
        if not 1 < len(wanted) <= CARRIED + 1:
            return
        for name in self._named(*_EQUAL, "join", "range"):
            yield replace(self._index([Key(name)]), include=tuple(sorted(wanted.keys() - {name})))

    @property
    def _called(self) -> tuple[str, ...]:
        return (self.use.alias, self.use.name)

    def _order(self) -> list[Key]:
        """ORDER BY, if all of it is of this table."""
        mine = [use for use in self.uses if use.how == "order"]
        every = [use for use in self.query.reading.uses if use.how == "order" and use.block == self.use.block]
        if not mine or len(mine) != len(every) or len(mine) > WIDEST:
            return []
        return [Key(self.book.column(self.table, use.column.name), use.descending) for use in mine]

    def _patterns(self) -> Iterator[Candidate]:
        """``LIKE 'abc%'``: byte order, which another collation than C needs an operator class for."""
        for use in self.uses:
            name = self.book.column(self.table, use.column.name)
            prefix = use.how == "like" and use.role == "Like" and not use.value.startswith(("'%", "'_"))
            if not prefix or (self.facts.c_sorted and not use.wrapped):
                continue
            if use.wrapped:
                yield from self._over(use, "text_pattern_ops")
            elif (self.table.key, name) in self.facts.texts:
                yield self._index([Key(name, opclass="text_pattern_ops")])
                for other in self._named("equality", "boolean"):
                    yield self._index([Key(other), Key(name, opclass="text_pattern_ops")])

    def _expressions(self) -> Iterator[Candidate]:
        """``lower(email) = …``, ``data ->> 'kind' = …``."""
        for use in self.uses:
            if use.wrapped and use.how in ("equality", "in", "range") and not use.optional:
                yield from self._over(use, "")

    def _over(self, use: Use, opclass: str) -> Iterator[Candidate]:
        text = indexable(use.wrapped, self.book.dialect)
        if not text or ("'" in text and not self.query.code):  # ``data ->> 'key'``: of a log, anybody's key
            return
        name = "_".join(_WORD.findall(text.replace("'", "")))[:40]
        key = Key(name, expression=text, opclass=opclass)
        yield self._index([key])
        for other in self._named("equality", "boolean"):
            yield self._index([Key(other), key])

    def _documents(self) -> Iterator[Candidate]:
        """``data @> …`` needs GIN; jsonb_path_ops is smaller and faster, and knows containment only."""
        for use in self.uses:
            name = self.book.column(self.table, use.column.name)
            if use.how == "contains" and name and not use.optional:
                small = use.role == "ArrayContainsAll" and (self.table.key, name) in self.facts.documents
                one = self._index([Key(name, opclass="jsonb_path_ops" if small else "")])
                yield replace(one, method="gin")

    def _conditions(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Conditions for partial indexes, each with the columns that need not stand in the index then."""
        found: dict[str, frozenset[str]] = {}
        for use in self.uses:
            names = [self.book.column(self.table, one.name) for one in (use.column, use.other) if one is not None]
            text = self._condition(use, quoted(names[0])) if all(names) and not use.wrapped else ""
            if text:
                found[text] = frozenset(names if use.how != "row" or not use.constant else ())
        yield from found.items()
        if len(found) > 1:
            yield " AND ".join(found), frozenset(chain.from_iterable(found.values()))

    def _condition(self, use: Use, name: str) -> str:
        """Only what the program always asks: a literal of a log may be anybody's."""
        if use.optional and use.role != "not":
            return ""
        if use.how == "null":
            return f"{name} IS NOT NULL" if use.role == "not" else f"{name} IS NULL"
        if use.how == "boolean":
            return f"NOT {name}" if use.role == "not" else name
        column = self.book.column(self.table, use.column.name)
        constant = self.query.code and (self.table.key, column) in self.facts.kinds
        if use.how == "row":
            return use.value if constant or not use.constant else ""
        return (
            f"{name} = {use.value}"
            if use.how == "equality" and use.value and constant and use.role != "not"
            else ""
        )
