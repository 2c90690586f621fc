"""What one SELECT can name: its tables by alias, their columns as declared, and their keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from perfprof.rules.catalog import Catalog, Column, Copy, Dictionary, Table
from perfprof.rules.reading import clauses
from perfprof.rules.reading.predicates import Tree, argument, identifier, kind_of


@dataclass(frozen=True, eq=False, slots=True)
class Source:
    """One table of FROM. optional: an outer join may leave it out of a row."""

    alias: str
    table: Table
    columns: tuple[Column, ...]
    keys: tuple[frozenset[str], ...]
    optional: bool = False

    def column(self, name: str) -> Column | None:
        """By its name in lower case, or as it was declared."""
        return next((one for one in self.columns if name in (one.name, one.name.lower())), None)


def alike(one: Column, other: Column) -> bool:
    """Whether equal means the same for both: text may compare by two collations, and numbers with it as either."""
    return one.kind == other.kind and any(
        one.kind.startswith(word) for word in ("int", "bigint", "smallint", "uuid")
    )


def conditions(select: Tree) -> tuple[Tree, ...]:
    """What AND joins in its WHERE."""
    where = select.args.get("where")
    if where is None:
        return ()
    return tuple(where.this.flatten()) if kind_of(where.this) == "And" else (where.this,)


def may_differ(tree: Tree) -> bool:
    """Whether it calls what may answer otherwise, or do something, each time: chance, or a function that is not known."""
    return any(kind_of(node) in ("Anonymous", "Rand", "Uuid") for node in tree.walk())


# What gives several rows for one in a list: PostgreSQL's own functions that do, and any that is not known.
_ROWS = "Anonymous Explode ExplodeOuter Posexplode PosexplodeOuter Unnest GenerateSeries ExplodingGenerateSeries".split()


def may_give_rows(select: Tree) -> bool:
    """Whether a function in its list may give several rows for one (in PostgreSQL; in SQLite none does)."""
    return any(kind_of(node) in _ROWS for term in select.expressions for node in term.walk())


class Scope:
    """One SELECT. sources: its tables in order. whole: whether each of them is a table that the catalog knows.

    hidden: names that mean something else to the program, as those of temporary tables.
    """

    def __init__(self, select: Tree, catalog: Catalog, copy: Copy, hidden: Collection[str] = ()) -> None:
        self.select = select
        self._hidden = hidden
        self._dialect = catalog.dialect
        self.sources: list[Source] = []
        self.whole = True
        self._book = Dictionary(catalog.tables(), catalog.dialect)
        self._names = Counter(table.name for table in catalog.tables())
        self._copy = copy
        outer = False
        start = argument(select, "from")
        for node, side in [(start.this, "")] if start is not None else []:
            self._add(node, side)
        for join in select.args.get("joins") or ():
            side = str(join.args.get("side") or "").upper()
            outer = outer or side in ("RIGHT", "FULL")
            self._add(join.this, side)
        if outer or select.args.get("laterals"):
            self.whole = False

    def _add(self, node: Tree, side: str) -> None:
        defined = kind_of(node) == "Table" and kind_of(node.this) == "Identifier"
        name = identifier(node) if defined else ""
        schema = identifier(node, qualifier="db") if defined else ""
        table = self._book.table(f"{schema}.{name}" if schema else name) if name else None
        with_ = {cte.alias.lower() for cte in self.select.root().find_all(clauses.node_class("CTE"))}
        # which of several tables of one name it is, the session's search path says
        unsure = table is None or (not schema and self._names[table.name] > 1) or name in self._hidden
        if unsure or table is None or name in with_ or node.args.get("joins") or node.args.get("sample"):
            self.whole = False
            return
        alias = node.args.get("alias")
        called = identifier(alias) if alias is not None else name
        columns, keys = self._copy.columns(table), self._copy.keys(table)
        self.sources.append(Source(called, table, columns, keys, side == "LEFT"))

    def column(self, node: Tree) -> tuple[Source, Column] | None:
        """Whose column this is; None if that is not sure."""
        while kind_of(node) == "Paren":
            node = node.this
        if kind_of(node) != "Column" or kind_of(node.this) != "Identifier" or not self.whole:
            return None
        table, name = identifier(node, qualifier="table"), identifier(node)
        found = [
            (source, column)
            for source in self.sources
            if table in ("", source.alias)
            for column in [source.column(name)]
            if column is not None
        ]
        return found[0] if len(found) == 1 else None

    def ordered(self, term: Tree) -> tuple[Source, Column] | None:
        """Whose column a term of ORDER BY is, also by its number: a name of the list, in any case, hides the column's own."""
        if kind_of(term.this) == "Literal":
            return self._numbered(term.this)
        found = self.column(term.this)
        bare = term.this.unnest()
        if found is None or bare.args.get("table"):
            return found
        aliased = [one for one in self.select.expressions if kind_of(one) == "Alias"]
        named = [one.this for one in aliased if one.alias.lower() == bare.name.lower()]
        return found if all(self.column(one) == found for one in named) else None

    def _numbered(self, place: Tree) -> tuple[Source, Column] | None:
        terms = self.select.expressions
        starred = any(kind_of(node) == "Star" for one in terms for node in one.walk())
        if starred or not place.name.isdigit() or not 0 < int(place.name) <= len(terms):
            return None
        return self.column(terms[int(place.name) - 1].unalias())

    def selected(self) -> Iterator[tuple[Source, Column]]:
        """The columns of its list, those that a star stands for included."""
        for term in self.select.expressions:
            one = term.this if kind_of(term) == "Alias" else term
            found = self.column(one)
            yield from [found] if found is not None else self._starred(one)

    def _starred(self, term: Tree) -> Iterator[tuple[Source, Column]]:
        of = identifier(term, qualifier="table") if kind_of(term) == "Column" else ""
        star = kind_of(term) == "Star" or (kind_of(term) == "Column" and kind_of(term.this) == "Star")
        for source in self.sources if star else ():
            if of in ("", source.alias):
                yield from ((source, column) for column in source.columns)

    def unique(self, columns: Iterable[tuple[Source, Column]]) -> str:
        """Why rows with the same values in these columns may be different rows; "" if they are one row.

        A key tells the other columns of its row, and through a join by equality those of the next table.
        """
        if self._dialect == "postgresql" and may_give_rows(self.select):
            return "a function in its list may give several rows"
        named, told = list(columns), set[str]()
        waiting = list(self.sources)
        while waiting:
            found = next((one for one in waiting if self._keyed(one, named, told)), None)
            if found is None:
                return f"no key of {waiting[0].table.name} is among these columns"
            told.add(found.alias)
            waiting.remove(found)
        return "" if self.whole and self.sources else "not everything that it reads is a table of the database"

    def _keyed(self, source: Source, named: Sequence[tuple[Source, Column]], told: Collection[str]) -> bool:
        mine = {column.name for owner, column in named if owner is source}
        mine |= {one.name for one, other in self._joined(source) if other in told}
        return any(key <= mine for key in source.keys)

    def _joined(self, source: Source) -> Iterator[tuple[Column, str]]:
        """Columns that are equal to one of another table, in every row that this one is in."""
        for part in self._equalities(source):
            sides = [self.column(part.this), self.column(part.expression)]
            for one, other in (sides, sides[::-1]):
                if one and other and one[0] is source is not other[0] and alike(one[1], other[1]):
                    yield one[1], other[0].alias

    def _equalities(self, source: Source) -> Iterator[Tree]:
        """The comparisons by `=` of WHERE and of those joins that hold for this table's rows."""
        parts = [*conditions(self.select)]
        for join in self.select.args.get("joins") or ():
            on = join.args.get("on")
            outer = str(join.args.get("side") or "").upper() == "LEFT"
            if on is not None and (not outer or self._is(join.this, source)):
                parts += on.flatten() if kind_of(on) == "And" else [on]
        yield from (part for part in parts if kind_of(part) == "EQ")

    def _is(self, node: Tree, source: Source) -> bool:
        alias = node.args.get("alias")
        return source.alias == (identifier(alias) if alias is not None else identifier(node))
