"""Random schemas and statements: types, collations, keys and NULLs of every kind, and values that are nearly equal."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

ZONES = (
    "UTC",
    "America/Sao_Paulo",
    "Atlantic/Azores",
    "Pacific/Apia",
    "Asia/Beirut",
    "America/Havana",
    "Asia/Kolkata",
)
# Days begin twice, not at all, or are left out around these.
TIMES = (
    "2018-11-03 23:59:59.999999", "2018-11-04 00:00:00", "2018-11-04 00:30:00", "2018-11-04 02:59:59", "2018-11-04 03:00:00",
    "2023-10-29 00:00:00", "2023-10-29 00:30:00", "2023-10-29 01:00:00", "2023-10-28 23:30:00", "2011-12-29 23:30:00",
    "2011-12-30 09:59:59", "2011-12-30 10:00:00", "2011-12-31 00:00:00", "2024-02-29 00:00:00", "2024-03-01 00:00:00",
    "2024-01-01 00:00:00", "2023-12-31 23:59:59.999999", "2024-12-31 12:00:00", "infinity", "-infinity", "0044-03-15 12:00:00 BC",
)  # fmt: skip
_DAYS = (
    "2018-11-04",
    "2018-11-03",
    "2023-10-29",
    "2011-12-31",
    "2011-12-30",
    "2024-02-29",
    "2024-03-01",
    "2024-01-01",
)
VALUES: dict[str, tuple[Any, ...]] = {
    "int": (0, 1, 2, 3, 4, 5, -1),
    "text": ("", " ", "a", "A", "a ", "b", "B", "3", "3.0", "é", "e"),
    "number": ("0", "1", "1.0", "1.00", "2", "NaN", "-0"),
    "time": TIMES,
    "day": (*_DAYS, "infinity"),
    "mood": ("z", "a", "m"),
    "any": (0, 1, "1", "1.0", 1.0, "a", "A", "", 2, "2024-02-29", "2024-02-29T23:30:00-05:00"),
}
TYPES = {
    "postgresql": {
        "n": ("int", "bigint", "smallint", "small"),
        "t": ("text", 'text COLLATE "C"', "anycase", "varchar(9)", "char(3)"),
        "x": ("numeric", "double precision", "real", "mood"),
        "at": ("timestamp", "timestamptz", "date"),
    },
    "sqlite": {
        "n": ("INTEGER", "INT", "BIGINT"),
        "t": ("TEXT", "TEXT COLLATE NOCASE", "TEXT COLLATE RTRIM", "VARCHAR(9)"),
        "x": ("REAL", "NUMERIC", "", "BLOB"),
        "at": ("TEXT", "DATE", "TIMESTAMP"),
    },
}
_KEYS = ("id {} PRIMARY KEY", "id {} NOT NULL UNIQUE", "id {} UNIQUE", "id {} NOT NULL", "id {}")


def _pool(column: str, kind: str) -> tuple[Any, ...]:
    if kind == "mood":
        return VALUES["mood"]
    if kind in ("REAL", "NUMERIC", "", "BLOB"):
        return VALUES["any"]
    if kind == "date":
        return VALUES["day"]
    return VALUES[{"n": "int", "t": "text", "x": "number", "at": "time"}.get(column, "int")]


@dataclass(frozen=True)
class Made:
    """A table. columns: type by name. full: those that are NOT NULL."""

    name: str
    columns: dict[str, str]
    full: frozenset[str]
    ddl: str


@dataclass(frozen=True)
class Shape:
    """Three tables, each of which may refer to the one before."""

    dialect: str
    tables: tuple[Made, ...]

    @property
    def ddl(self) -> str:
        return "".join(table.ddl for table in self.tables)

    def rows(self, chance: random.Random) -> Iterator[tuple[str, list[Any]]]:
        """INSERTs; a constraint may refuse them. Now and then there is none."""
        for table in self.tables:
            names = list(table.columns)
            marks = ", ".join(["%s"] * len(names))
            statement = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})"
            for _ in range(chance.choice((0, 1, 4, 9))):
                yield statement, [self._value(chance, table, name) for name in names]

    def _value(self, chance: random.Random, table: Made, name: str) -> Any:
        if name not in table.full and chance.random() < 0.25:
            return None
        return chance.choice(_pool(name, table.columns[name]))


def shape(chance: random.Random, dialect: str) -> Shape:
    """A schema."""
    tables: list[Made] = []
    whole = chance.choice(("int", "bigint") if dialect == "postgresql" else ("INTEGER", "INT"))
    for number, name in enumerate(("ta", "tb", "tc")):
        key = chance.choice(_KEYS) if chance.random() < 0.5 else _KEYS[0]
        columns = {"id": whole, "ref": whole}
        columns |= {one: chance.choice(kinds) for one, kinds in TYPES[dialect].items()}
        full = {one for one in columns if one != "id" and chance.random() < 0.4}
        parts = [key.format(whole)]
        parts += [
            f"{one} {kind}{' NOT NULL' if one in full else ''}" for one, kind in columns.items() if one != "id"
        ]
        unique = chance.choice(("", "", "t", "n, t", "ref, n"))
        parts += [f"UNIQUE ({unique})"] if unique else []
        if number and chance.random() < 0.6 and "id {} UNIQUE" not in tables[-1].ddl and _is_key(tables[-1]):
            parts.append(
                f"FOREIGN KEY (ref) REFERENCES {tables[-1].name} (id){chance.choice(('', '', ' DEFERRABLE'))}"
            )
        if "NOT NULL" in key or (dialect == "postgresql" and "PRIMARY" in key):
            full.add("id")
        tables.append(Made(name, columns, frozenset(full), f"CREATE TABLE {name} ({', '.join(parts)});\n"))
    return Shape(dialect, tuple(tables))


def _is_key(table: Made) -> bool:
    return "PRIMARY KEY" in table.ddl or "id int NOT NULL UNIQUE" in table.ddl or "UNIQUE," in table.ddl


@dataclass(frozen=True)
class Asked:
    """A statement. order: places of the columns that it is ordered by. sorts: of its values."""

    text: str
    values: tuple[Any, ...] = ()
    sorts: tuple[str, ...] = ()
    order: tuple[int, ...] = ()


@dataclass
class Writer:
    """Parts of statements over one shape."""

    chance: random.Random
    shape: Shape
    values: list[Any] = field(default_factory=list)
    sorts: list[str] = field(default_factory=list)

    def pick(self, *of: Any) -> Any:
        return self.chance.choice(of)

    def table(self) -> Made:
        return self.chance.choice(self.shape.tables)

    def constant(self, table: Made, column: str) -> str:
        """A literal that the column's type takes."""
        value = self.chance.choice(_pool(column, table.columns[column]))
        return str(value) if isinstance(value, (int, float)) else "'" + str(value) + "'"

    def condition(self, alias: str, table: Made, depth: int = 0) -> str:
        column = self.pick(*table.columns)
        kind = self.chance.randrange(7 if depth < 2 else 5)
        if kind < 3:
            return f"{alias}.{column} {self.pick('=', '<', '>', '<>', '<=')} {self.constant(table, column)}"
        if kind == 3:
            return f"{alias}.{column} IS {self.pick('', 'NOT ')}NULL"
        if kind == 4:
            return f"{alias}.{column} IN ({self.constant(table, column)}, {self.constant(table, column)})"
        word = self.pick("OR", "AND")
        return f"({self.condition(alias, table, depth + 1)} {word} {self.condition(alias, table, depth + 1)})"

    def where(self, alias: str, table: Made, *more: str) -> str:
        parts = [*more, *(self.condition(alias, table) for _ in range(self.pick(0, 0, 1, 2)))]
        self.chance.shuffle(parts)
        return f" WHERE {' AND '.join(parts)}" if parts else ""

    def parameter(self, value: Any) -> str:
        self.values.append(value)
        kind = type(value)
        self.sorts.append(
            kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        )
        return "%s" if self.shape.dialect == "postgresql" else "?"

    def joined(self) -> tuple[str, list[tuple[str, Made]]]:
        """FROM of one or two tables."""
        first, second = self.table(), self.table()
        if self.chance.random() < 0.25:
            return f"{first.name} p", [("p", first)]
        on = self.pick(
            "q.id = p.ref",
            "q.ref = p.id",
            "p.id = q.id",
            "q.n = p.n",
            "q.t = p.t AND q.id = p.ref",
            "q.id = p.ref AND q.n > 1",
        )
        return f"{first.name} p {self.pick('', '', 'LEFT ')}JOIN {second.name} q ON {on}", [
            ("p", first),
            ("q", second),
        ]

    def listed(self, tables: Sequence[tuple[str, Made]], most: int = 3) -> list[str]:
        found = [f"{alias}.id" for alias, _ in tables if self.chance.random() < 0.7]
        found += [
            f"{alias}.{self.pick(*table.columns)}"
            for alias, table in (self.pick(*tables) for _ in range(self.pick(1, most)))
        ]
        return list(dict.fromkeys(found))

    def ordered(self, columns: Sequence[str], always: bool = False) -> tuple[str, tuple[int, ...]]:
        """ORDER BY of some of these columns, and their places."""
        if not always and self.chance.random() < 0.3:
            return "", ()
        places = self.chance.sample(range(len(columns)), self.chance.randint(1, len(columns)))
        return " ORDER BY " + ", ".join(columns[at] + self.pick("", " DESC") for at in places), tuple(places)


Question = Callable[[Writer], tuple[str, tuple[int, ...]]]


def question(chance: random.Random, shape: Shape) -> Asked:
    """A statement of one of the shapes."""
    import random_statements

    writer = Writer(chance, shape)
    text, order = chance.choice(random_statements.SHAPES[shape.dialect])(writer)
    return Asked(text, tuple(writer.values), tuple(writer.sorts), order)


def day(chance: random.Random) -> datetime.date:
    """As programs give it."""
    return datetime.date.fromisoformat(chance.choice(_DAYS))
