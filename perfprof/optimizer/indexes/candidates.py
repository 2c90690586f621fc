"""Indexes that a workload might want: from the conditions, joins and orders of each statement.

Equality first, then one range, join keys before and behind them, an order with its directions where LIMIT cuts it;
partial with a constant of the code, over an expression, with text_pattern_ops for a prefix, what `inverted` tells for
containment, full text and parts of words.
Nothing is judged here: the planner is asked about all of them, and takes few.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, combinations, permutations, product

from perfprof.optimizer.indexes.inverted import TEXTS, Searched, prefix
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
_REFERS = re.compile(r"(^|_)id$", re.IGNORECASE)  # a literal is one row among many there, whatever the code says


@dataclass(frozen=True, slots=True)
class Facts:
    """What must be known of columns, each as (table key, column).

    types: by PostgreSQL's short name, "_text" for an array of texts. kinds: of a few different values, such as a status; none that refers to
    another table. long: that may hold more than a page of an index takes, so that a row with it could not be written. c_sorted: whether the database sorts text by bytes, so that a prefix needs no operator class.
    trigrams: the operator class of pg_trgm, "" where the extension is not there.
    """

    types: Mapping[tuple[str, str], str] = field(default_factory=dict)
    kinds: frozenset[tuple[str, str]] = frozenset()
    long: frozenset[tuple[str, str]] = frozenset()
    c_sorted: bool = False
    trigrams: str = ""


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
        yield from self._searched()
        plain += [self._index([Key(name)]) for name in self._flags]  # only ever as a condition
        # the planner takes no statistics from a partial index over an expression
        columns = [one for one in plain if not any(key.expression for key in one.columns)]
        for where, names in self._conditions():
            yield from (self._without(one, names, where) for one in [*columns, *covering])

    def _without(self, one: Candidate, names: frozenset[str], where: str) -> Candidate:
        """A partial index, less the columns that its condition makes idle."""
        carried = [name for name in one.include if name not in names]
        keys = [key for key in one.columns if key.name not in names] or list(map(Key, carried[:1]))
        left = self._index(keys or self._row or one.columns)
        return replace(left, include=tuple(name for name in carried if name not in left.names), where=where)

    @property
    def _row(self) -> list[Key]:
        """The primary key of one column: what an index holds that only lists rows."""
        return list(map(Key, self.table.primary_key)) if len(self.table.primary_key) == 1 else []

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
        for name in dict.fromkeys(name for name in [*single, *self._named("group")] if name not in self._flags):
            yield self._index([Key(name)])
        for first, second in self._pairs(equal, joins):
            yield self._index([Key(first), Key(second)])
        for first in self._leading(equal, joins):
            for last in ranges:
                yield self._index([Key(first), Key(last)])
        for first, last in chain(product(ranges, joins), permutations(ranges[:WIDEST], 2)):
            yield self._index([Key(first), Key(last)])
        yield from self._wide(equal, joins, ranges, order)

    def _wide(self, equal: list[str], joins: list[str], ranges: list[str], order: list[Key]) -> Iterator[Candidate]:
        """Several equal columns with what follows them, and the order behind any of them."""
        for first, second in self._pairs(equal, joins):
            for last in ranges:
                yield self._index([Key(first), Key(second), Key(last)])
        if len(equal) >= WIDEST:
            yield self._index([Key(name) for name in self._told_last(equal)[:WIDEST]])
        for last in joins if len(equal) == WIDEST - 1 else ():
            yield self._index([Key(name) for name in dict.fromkeys([*equal, last])])
        # behind a join as well: of LATERAL and of a correlated subquery that column is one value at a time
        few = self.use.block in self.query.reading.limited or self._named("extreme")
        yield from self._ordered(equal, joins if few else [], order)

    def _pairs(self, equal: list[str], joins: list[str]) -> Iterator[tuple[str, str]]:
        """Two columns in either order; one that only tells rows that count from those that do not never comes first."""
        leading = self._leading(equal, joins)
        yield from (one for one in permutations(dict.fromkeys([*equal, *joins]), 2) if one[0] in leading)

    def _leading(self, equal: list[str], joins: list[str]) -> list[str]:
        every = list(dict.fromkeys([*equal, *joins]))
        return [name for name in every if name not in self._tellers] or every

    def _told_last(self, equal: list[str]) -> list[str]:
        return sorted(equal, key=lambda name: name in self._tellers)

    @property
    def _tellers(self) -> frozenset[str]:
        """Columns of which the statement only asks IS NULL, or a boolean: better as the condition of a partial index."""
        return frozenset(self._named("null", "boolean")) - frozenset(self._named("equality", "in", "join"))

    @property
    def _flags(self) -> list[str]:
        """Booleans among these: an index on one has two different keys."""
        return [name for name in dict.fromkeys(self._named("boolean")) if name in self._tellers]

    def _ordered(self, equal: list[str], joins: list[str], order: list[Key]) -> Iterator[Candidate]:
        """The order alone, and behind columns that are compared."""
        if not order:
            return
        yield self._index(order)
        for name in dict.fromkeys([*equal, *joins]):
            yield self._index([Key(name), *(key for key in order if key.name != name)])
        if 1 < len(equal) <= WIDEST:
            keys = [Key(name) for name in self._told_last(equal)]
            yield self._index([*keys, *(key for key in order if key.name not in equal)])

    def _covering(self) -> Iterator[Candidate]:
        """A column that narrows, with all others that the statement wants of this table carried along."""
        named = (column for column in self.query.reading.mentioned if column.table in ("", *self._called))
        wanted = dict.fromkeys(name for one in named if (name := self.book.column(self.table, one.name)))
        if not 1 < len(wanted) <= CARRIED + 1:
            return
        if any((self.table.key, name) in self.facts.long for name in wanted):
            return
        for name in (one for one in self._named(*_EQUAL, "join", "range") if one not in self._flags):
            yield replace(self._index([Key(name)]), include=tuple(sorted(wanted.keys() - {name})))

    @property
    def _called(self) -> tuple[str, ...]:
        return (self.use.alias, self.use.name)

    def _order(self) -> list[Key]:
        """ORDER BY, if all of it is of this table."""
        least = self._named("extreme")
        if least:
            return [Key(least[0])]
        mine = [use for use in self.uses if use.how == "order"]
        every = [use for use in self.query.reading.uses if use.how == "order" and use.block == self.use.block]
        if not mine or len(mine) != len(every) or len(mine) > WIDEST:
            return []
        return [
            Key(self.book.column(self.table, one.column.name), one.descending, nulls=self._nulls(one))
            for one in mine
        ]

    def _nulls(self, use: Use) -> str:
        """Where they come, unless it is where PostgreSQL's index has them anyway; SQLite's knows no other place."""
        usual = "first" if use.descending else "last"
        return use.nulls if use.nulls != usual and self.book.dialect == "postgresql" else ""

    def _patterns(self) -> Iterator[Candidate]:
        """``LIKE 'abc%'``, ``^@``, ``~ '^abc'``: byte order, which another collation than C needs an operator class for."""
        for use in self.uses:
            name = self.book.column(self.table, use.column.name)
            if not prefix(use):
                continue
            opclass = "" if self.facts.c_sorted and not use.wrapped else "text_pattern_ops"
            if use.wrapped:
                yield from self._over(use, opclass)
            elif self.facts.types.get((self.table.key, name)) in TEXTS:
                yield self._index([Key(name, opclass=opclass)])
                for other in self._named("equality", "boolean"):
                    yield self._index([Key(other), Key(name, opclass=opclass)])

    def _expressions(self) -> Iterator[Candidate]:
        """``lower(email) = …``, ``data ->> 'kind' = …``."""
        for use in self.uses:
            limited = use.how == "sorted" and use.block in self.query.reading.limited
            if use.wrapped and not use.optional and (use.how in ("equality", "in", "range") or limited):
                yield from self._over(use, "")

    def _over(self, use: Use, opclass: str) -> Iterator[Candidate]:
        text = indexable(use.wrapped, self.book.dialect)
        if not text or ("'" in text and not self.query.code):  # ``data ->> 'key'``: of a log, anybody's key
            return
        name = "_".join(_WORD.findall(text.replace("'", "")))[:40]
        key = Key(name, use.descending, text, opclass, self._nulls(use) if use.how == "sorted" else "")
        yield self._index([key])
        for other in self._named("equality", "boolean"):
            yield self._index([Key(other), key])

    def _searched(self) -> Iterator[Candidate]:
        """Containment, full text, parts of words: by GIN or GiST."""
        facts = self.facts
        for use in self.uses:
            name = self.book.column(self.table, use.column.name)
            if name and not use.optional:
                kind = facts.types.get((self.table.key, name), "")
                one = Searched(use, name, kind, facts.trigrams, self.query.code)
                yield from (replace(self._index([key]), method=method) for method, key in one.wanted())

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
        return "" if use.constant and not self._fixed(use) else self._compared(use, name)

    def _compared(self, use: Use, name: str) -> str:
        equal = use.how == "equality" and use.value and use.role != "not"
        return f"{name} = {use.value}" if equal else use.value if use.how == "row" else ""

    def _fixed(self, use: Use) -> bool:
        """Whether a literal is the program's, and one of a few."""
        column = self.book.column(self.table, use.column.name)
        return self.query.code and (self.table.key, column) in self.facts.kinds and not _REFERS.search(column)
