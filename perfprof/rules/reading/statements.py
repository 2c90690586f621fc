"""What an SQL statement asks: its kind, its tables, how it uses their columns, and whether it is a plain look-up.

sqlglot parses, behind a cache on the raw template; where it cannot, sqlparse still tells kind, tables and fingerprint.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from perfprof.profilers.inside.recorders.queries.templates import template as without_literals
from perfprof.rules.reading import clauses
from perfprof.rules.reading.placeholders import Template, template
from perfprof.rules.reading.predicates import Column, TableUse, Tree, Use, kind_of

DIALECTS = {"sqlite": "sqlite", "postgresql": "postgres"}  # ours -> sqlglot's
_KINDS = {"Select": "select", "Union": "select", "Intersect": "select", "Except": "select", "Subquery": "select"}
_VALUES = (
    "Literal Placeholder Boolean RawString ByteString UnicodeString HexString BitString National Heredoc".split()
)
_KINDS |= clauses.WRITES | {"Values": "select"}


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, read.

    fingerprint: equal for statements that differ only in literals, placeholders, spelling and lengths of IN lists.
    kind: "select", "insert", "update", "delete", "merge" or "other" (DDL, PRAGMA, SET, what cannot be parsed).
    tables: every use of a real table; names that WITH defines are not among them. writes: the table it changes.
    changes: the columns that an INSERT or UPDATE sets, () for all. uses: how columns are used, block by block.
    selected: the plain columns and names of the outermost list, in order, "" for an expression, "*" for a star.
    columns: the same as columns, None for what is not a column under its own name.
    complex: why it is not a plain ``SELECT columns FROM tables WHERE … [ORDER BY …]``; "" if it is one.
    values: (column, number of the parameter that an INSERT or UPDATE sets it to).
    limited: blocks with LIMIT. bounds: ("limit" or "offset", number of its parameter).
    mentioned: every column that is named anywhere; () if a star stands for others.
    unsure: a function in it that may do something, or answer otherwise each time; "" if there is none.
    """

    template: Template
    dialect: str
    fingerprint: str
    kind: str
    parsed: bool
    tables: tuple[TableUse, ...] = ()
    writes: str = ""
    changes: tuple[str, ...] = ()
    values: tuple[tuple[str, int], ...] = ()
    uses: tuple[Use, ...] = ()
    selected: tuple[str, ...] = ()
    columns: tuple[Column | None, ...] = ()
    complex: str = ""
    limited: frozenset[int] = frozenset()
    bounds: tuple[tuple[str, int], ...] = ()
    mentioned: tuple[Column, ...] = ()
    unsure: str = ""

    @property
    def reads_only(self) -> bool:
        """Whether running it changes nothing; functions with side effects are not known here."""
        return self.kind == "select" and not self.writes

    def table_names(self) -> frozenset[str]:
        """Names of all tables it reads or writes, without their schemas."""
        return frozenset(use.name.rpartition(".")[2] for use in self.tables)

    def by_table(self, columns: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[TableUse, tuple[Use, ...]]]:
        """Each use of a table with the uses of its columns; ``columns`` tells whose an unqualified column is."""
        for table in self.tables:
            own = columns.get(table.name, columns.get(table.name.rpartition(".")[2], ()))
            yield table, tuple(use for use in self.uses if self._belongs(use, table, own))

    def _belongs(self, use: Use, table: TableUse, own: tuple[str, ...]) -> bool:
        if use.block != table.block:
            return False
        if use.column.table:
            return use.column.table in (table.alias, table.name)
        alone = len([other for other in self.tables if other.block == table.block]) == 1
        return use.column.name in own or (alone and not own)


def read(text: str, dialect: str = "sqlite") -> Statement:
    """Read one statement; dialect is "sqlite" or "postgresql". Never raises: what cannot be read has kind "other".

    Names come as the database compares them: in lower case, except PostgreSQL's quoted ones.
    """
    return _read(text.strip().rstrip(";").rstrip(), dialect)


def split(script: str) -> tuple[str, ...]:
    """The statements of a script, without empty ones."""
    import sqlparse

    pieces = (sqlparse.format(piece, strip_comments=True).strip() for piece in sqlparse.split(script))
    return tuple(piece for piece in pieces if piece.strip(" ;"))


@lru_cache(maxsize=4096)
def _read(text: str, dialect: str) -> Statement:
    marks = template(text, dialect)
    tree = _parse(marks, dialect)
    if tree is None or kind_of(tree) not in _KINDS:
        return _fallback(marks, dialect, tree is not None)
    if dialect == "sqlite":
        _fold(tree)
    blocks = list(enumerate(clauses.blocks(tree)))
    names = {cte.alias.lower() for cte in tree.find_all(clauses.node_class("CTE"))}
    return Statement(
        template=marks,
        dialect=dialect,
        fingerprint=_fingerprint(tree, dialect),
        kind=clauses.WRITES.get(kind_of(tree), "select"),
        parsed=True,
        tables=tuple(chain.from_iterable(clauses.tables(*block, names) for block in blocks)),
        writes=clauses.written(tree),
        changes=clauses.changed(tree),
        values=tuple(clauses.assigned(tree)),
        uses=tuple(chain.from_iterable(clauses.uses(*block) for block in blocks)),
        selected=clauses.selected(tree),
        columns=clauses.columns(tree),
        complex=clauses.complexity(tree),
        limited=frozenset(number for number, block in blocks if block.args.get("limit") is not None),
        bounds=tuple(clauses.bounds(tree)),
        mentioned=clauses.mentioned(tree),
        unsure=clauses.unsure(tree),
    )


def _fold(tree: Tree) -> None:
    """SQLite compares every name without case, quoted ones too."""
    for name in tree.find_all(clauses.node_class("Identifier")):
        name.set("this", name.this.lower())


def _parse(marks: Template, dialect: str) -> Tree | None:
    """The tree of exactly one statement; None if there are several or it cannot be parsed."""
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)  # it warns once for each statement that it cannot read
    import sqlglot
    from sqlglot.errors import SqlglotError

    text = marks.rendered(lambda number: f":p{number}")
    if text[:8].lower() == "replace ":
        text = "INSERT OR REPLACE " + text[8:]
    try:
        trees = [tree for tree in sqlglot.parse(text, dialect=DIALECTS[dialect]) if tree is not None]
    except (SqlglotError, RecursionError, ValueError):
        return None
    return trees[0] if len(trees) == 1 else None


def _fallback(marks: Template, dialect: str, parsed: bool) -> Statement:
    """What sqlparse can tell of a statement that sqlglot does not model."""
    import sqlparse

    text = without_literals(marks.rendered(lambda number: "?"))
    short = sqlparse.format(text, strip_comments=True, strip_whitespace=True, keyword_case="upper").strip()
    return Statement(marks, dialect, " ".join(short.split()), "other", parsed, complex="it cannot be parsed")


def _fingerprint(tree: Tree, dialect: str) -> str:
    """The canonical text: values as ?, lists of values as one, names as the database compares them."""
    copy, exp = tree.copy(), clauses.node_class
    for literal in list(copy.find_all(*(exp(name) for name in _VALUES))):
        literal.replace(exp("Var")(this="?"))
    for step in copy.find_all(exp("JSONPathKey")):  # a key of a document may be anybody's name
        step.set("this", "k" + hashlib.sha256(str(step.this).encode()).hexdigest()[:8])
    for member in copy.find_all(exp("In")):
        if member.expressions and all(kind_of(value) == "Var" for value in member.expressions):
            member.set("expressions", [exp("Var")(this="?")])
    for values in copy.find_all(exp("Values")):
        values.set("expressions", values.expressions[:1])
    for name in copy.find_all(exp("Identifier")):
        if not name.args.get("quoted") or name.this == name.this.lower():
            name.replace(exp("Identifier")(this=name.this.lower(), quoted=False))
    text: str = copy.sql(dialect=DIALECTS[dialect], comments=False)
    return text
