"""Random schemas, rows and statements of the shapes that rewording rules look for; each rule's answer is tried on them.

A rule argues by the schema that two wordings select the same rows. So nothing is asked of a copy here: what the rule's own
obligations let through is run beside the old wording on one set of rows after the other, and must answer the same.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import random_shapes
from random_shapes import Asked, Shape

from perfprof.optimizer.scratch.side_by_side import SideBySide
from perfprof.profilers.recording import Execution, Frame, Statement
from perfprof.rules import family_of
from perfprof.rules.obligations.reworded import Rewording
from perfprof.rules.reading.program import Program
from perfprof.rules.reading.statements import read
from perfprof.rules.rewording.text import Reworded
from perfprof.rules.rule import Case, Level

SHARED = ("text-is-in-one-place", "rows-are-the-same")  # what this is the test of, and what needs a program
NEEDS_PROGRAM = ("count-to-exists", "select-star", "offset-pages")


class Database(Protocol):
    """One engine. scratch: what rules are argued on."""

    dialect: str
    scratch: Any

    def made(self, shape: Shape) -> None:
        """Empty tables of this shape in place of those before."""

    def filled(self, shape: Shape, seed: int) -> None:
        """Other rows in them."""

    def answer(self, text: str, values: Sequence[Any]) -> list[tuple[Any, ...]] | str:
        """All rows, or the error's words."""


@dataclass
class Tally:
    """What came of it. rewritten: by rule. wrong: (rule, old text, new text, both answers)."""

    asked: int = 0
    compared: int = 0
    rewritten: Counter[str] = field(default_factory=Counter)
    nonempty: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[str, ...]] = field(default_factory=list)


def rules() -> dict[str, Any]:
    """The rules that reword, by name."""
    found = {}
    for name, rule in family_of("sql").items():
        owner = getattr(rule.rewrite, "__self__", None)
        if isinstance(owner, Rewording) and name not in NEEDS_PROGRAM:
            found[name] = (rule, owner)
    return found


def reworded(
    asked: Asked, database: Database, folder: Path, only: Sequence[str] = ()
) -> Iterator[tuple[str, Reworded]]:
    """What each rule makes of the statement, as far as its own obligations go."""
    site = (Frame(str(folder / "absent.py"), "ask", 1),)
    statement = Statement(asked.text, "psycopg" if database.dialect == "postgresql" else "sqlite3", "x")
    executions = (Execution(statement, site, "1", 100, 1.0, -1, 100, ",".join(asked.sorts)),)
    catalog = database.scratch.catalog
    for name, (rule, owner) in rules().items():
        if only and name not in only:
            continue
        for suspect in rule.in_statements(executions, catalog):
            program = Program(folder, lambda path: None)
            case = Case(suspect, program, executions=executions, catalog=catalog, copy=SideBySide(database.scratch))
            proofs = [one.check(case) for one in rule.safe_if if one.name not in SHARED]
            new = owner.new(case) if all(proof.level is not Level.OPEN for proof in proofs) else ""
            if isinstance(new, Reworded):
                yield name, new


def tried(
    database: Database, seed: int, statements: int, fills: int, folder: Path, tally: Tally, only: Sequence[str] = ()
) -> None:
    """One schema: random statements, each wording of them on ``fills`` sets of rows."""
    chance = random.Random(seed)
    shape = random_shapes.shape(chance, database.dialect)
    database.made(shape)
    pairs = []
    for _ in range(statements):
        asked = random_shapes.question(chance, shape)
        tally.asked += 1
        for name, new in reworded(asked, database, folder, only):
            tally.rewritten[name] += 1
            pairs.append((name, asked, new))
    for fill in range(fills if pairs else 0):
        database.filled(shape, seed * 1000 + fill)
        for name, asked, new in pairs:
            _compared(database, name, asked, new, tally)


def _compared(database: Database, name: str, asked: Asked, new: Reworded, tally: Tally) -> None:
    old = database.answer(asked.text, asked.values)
    if isinstance(old, str):
        return
    after = database.answer(new.text, tuple(asked.values[number] for number in new.order))
    tally.compared += 1
    tally.nonempty[name] += bool(old)
    same = not isinstance(after, str) and Counter(map(repr, old)) == Counter(map(repr, after))
    if same and asked.order:
        same = [_places(row, asked) for row in old] == [_places(row, asked) for row in after]
    if not same:
        tally.wrong.append((name, asked.text, new.text, repr(old)[:300], repr(after)[:300]))


def _places(row: Sequence[Any], asked: Asked) -> list[str]:
    """What a row is ordered by; values that some collation or type finds equal may come in either order."""
    values = [row[at] for at in asked.order]
    return [
        repr(float(one)) if isinstance(one, (float, Decimal)) else repr(one).casefold().replace(" ", "")
        for one in values
    ]


@dataclass
class Sqlite:
    """In memory."""

    scratch: Any
    dialect: str = "sqlite"

    @classmethod
    def opened(cls) -> Sqlite:
        import sqlite3

        from perfprof.optimizer.scratch.sqlite import SqliteScratch

        connection = sqlite3.connect(":memory:", isolation_level=None)
        return cls(SqliteScratch(connection, "x", True, ""))

    def made(self, shape: Shape) -> None:
        for (name,) in self.scratch.connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall():
            self.scratch.connection.execute(f'DROP TABLE "{name}"')
        self.scratch.connection.executescript(shape.ddl)

    def filled(self, shape: Shape, seed: int) -> None:
        import sqlite3

        for table in shape.tables:
            self.scratch.connection.execute(f"DELETE FROM {table.name}")
        for statement, row in shape.rows(random.Random(seed)):
            try:
                self.scratch.connection.execute(statement.replace("%s", "?"), row)
            except sqlite3.IntegrityError:
                continue

    def answer(self, text: str, values: Sequence[Any]) -> list[tuple[Any, ...]] | str:
        import sqlite3

        rendered = read(text, self.dialect).template.rendered(lambda number: f":p{number}")
        try:
            named = {f"p{at}": one for at, one in enumerate(values)}
            found: list[tuple[Any, ...]] = self.scratch.connection.execute(rendered, named).fetchall()
        except sqlite3.Error as error:
            return str(error)
        return found


@dataclass
class Postgres:
    """A database of a scratch server; every set of rows is asked in another time zone."""

    scratch: Any
    dialect: str = "postgresql"

    @classmethod
    def opened(cls, server: Any) -> Postgres:
        import psycopg

        from perfprof.optimizer.scratch.postgres_scratch import RUNNER, PostgresScratch

        connection = psycopg.connect(server.dsn, autocommit=True, prepare_threshold=None)
        connection.execute(f"CREATE ROLE {RUNNER} NOLOGIN")
        try:
            connection.execute(
                "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
            )
            connection.execute("CREATE DOMAIN anycase AS text COLLATE loose")
        except psycopg.errors.FeatureNotSupported:  # a server that was built without ICU
            connection.execute("CREATE EXTENSION citext")
            connection.execute("CREATE DOMAIN anycase AS citext")
        connection.execute("CREATE TYPE mood AS ENUM ('z', 'a', 'm')")
        connection.execute("CREATE DOMAIN small AS int CHECK (VALUE < 1000)")
        return cls(PostgresScratch(connection, "x", True, "", server.version))

    def made(self, shape: Shape) -> None:
        names = ", ".join(table.name for table in shape.tables)
        self.scratch.connection.execute(f"DROP TABLE IF EXISTS {names} CASCADE")
        self.scratch.connection.execute(shape.ddl)

    def filled(self, shape: Shape, seed: int) -> None:
        import psycopg

        connection, chance = self.scratch.connection, random.Random(seed)
        names = ", ".join(table.name for table in shape.tables)
        connection.execute(f"SET timezone = '{chance.choice(random_shapes.ZONES)}'")
        with connection.transaction():
            connection.execute(f"TRUNCATE {names}")
            for statement, row in shape.rows(chance):
                try:
                    with connection.transaction():
                        connection.execute(statement, row)
                except psycopg.errors.IntegrityError:
                    continue

    def answer(self, text: str, values: Sequence[Any]) -> list[tuple[Any, ...]] | str:
        import psycopg

        rendered = read(text, self.dialect).template.rendered(lambda number: f"${number + 1}")
        try:
            found: list[tuple[Any, ...]] = (
                psycopg.RawCursor(self.scratch.connection).execute(rendered, list(values) or None).fetchall()
            )
        except psycopg.Error as error:
            return str(error)
        return found
