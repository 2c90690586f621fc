r"""Ask for the columns that are read.

`SELECT *` takes every column out of every row and carries it into Python, the long texts and documents too, and keeps an
index that holds all that is wanted from doing the work alone. Where the program reads its rows by name, the names are the
list. Worth a change only where a copy shows that it costs the database less.

```sql schema
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, status TEXT, a TEXT, b TEXT, c TEXT, d TEXT, e TEXT, f TEXT);
CREATE INDEX orders_customer_id_status ON orders (customer_id, status);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO orders SELECT i, i * 7 % 40, 's' || (i % 3), 'a', 'b', 'c', 'd', 'e', 'f' FROM n;
```

```sql statement
-- asked: [(row["id"], row["status"]) for row in SQL]
SELECT * FROM orders WHERE customer_id = ? ORDER BY id
```

```sql rewritten
SELECT id, status FROM orders WHERE customer_id = ? ORDER BY id
```

The rows of two tables, and which of the two a name means is for the driver to say:

```sql unchanged star-is-one-table
-- asked: [row["status"] for row in SQL]
SELECT * FROM orders o JOIN orders p ON p.id = o.id WHERE o.customer_id = ? ORDER BY o.id
```

A name that is none of the table's:

```sql unchanged names-are-columns
-- asked: [row["State"] for row in SQL]
SELECT * FROM orders WHERE customer_id = ? ORDER BY id
```

What an f-string takes from elsewhere is not cut into:

```sql unchanged text-is-in-one-place
-- with ALL = *
-- asked: [row["status"] for row in SQL]
SELECT {ALL} FROM orders WHERE customer_id = ? AND status <> 'A' ORDER BY id
```

```sql unchanged rows-are-the-same
-- asked: [row["status"] for row in SQL]
SELECT * FROM orders WHERE shown(customer_id) ORDER BY id
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.obligations.proofs import obligation, proved, unproved
from perfprof.rules.obligations.reworded import Rewording
from perfprof.rules.reading.predicates import argument, kind_of
from perfprof.rules.reading.statements import DIALECTS
from perfprof.rules.rewording.answers import rows_are_plain, taken_alone
from perfprof.rules.rewording.places import Place
from perfprof.rules.rewording.question import place, scope, suspects, words
from perfprof.rules.rewording.rows_used import columns_used
from perfprof.rules.rewording.text import Change
from perfprof.rules.rule import Evidence
from perfprof.rules.schema.ddl import quoted

if TYPE_CHECKING:
    from perfprof.profilers.recording import Execution
    from perfprof.rules.catalog import Catalog
    from perfprof.rules.rewording.text import Reworded, Worded
    from perfprof.rules.rule import Case, Proof, Suspect

_OTHERS = ("distinct", "group", "having", "with", "laterals", "windows", "locks", "joins", "qualify")


def looks_for(executions: tuple[Execution, ...], catalog: Catalog) -> Iterator[Suspect]:
    """``SELECT * FROM …``."""
    yield from suspects("select-star", "all columns are fetched", executions, catalog, _looks)


def _looks(query: Worded) -> bool:
    terms = query.tree.expressions if kind_of(query.tree) == "Select" else []
    return len(terms) == 1 and kind_of(terms[0]) == "Star" and not terms[0].args.get("except_")


def _used(case: Case) -> frozenset[str]:
    """The names by which rows are read, where nothing else is done with them and nobody else is given the text."""
    found = place(case)
    if not isinstance(found, Place) or not taken_alone(found, case.program) or not rows_are_plain(case.program):
        return frozenset()
    assert found.call is not None
    assert found.function is not None
    return columns_used(found.call, found.function)


def _columns(case: Case) -> list[str] | None:
    """The columns that are read, as declared and in their order; None if a name is no column."""
    known = scope(case, words(case).tree)
    used = _used(case)
    names = [column.name for column in known.sources[0].columns] if len(known.sources) == 1 and known.whole else []
    return [name for name in names if name in used] if used <= set(names) else None


@obligation
def star_is_one_table(case: Case) -> Proof:
    """The star stands for the columns of one table, row by row."""
    select = words(case).tree
    part = next((name for name in _OTHERS if argument(select, name)), "")
    if part or len(scope(case, select).sources) != 1 or not scope(case, select).whole:
        return unproved(f"it has {part.upper() or 'something that is no table'}")
    order = argument(select, "order")
    if order is not None and any(kind_of(term.this) == "Literal" for term in order.expressions):
        return unproved("ORDER BY goes by the number of a column, which would be another")
    return proved("it does")


@obligation
def names_are_columns(case: Case) -> Proof:
    """Every name by which a row is read is a column of that table."""
    columns = _columns(case)
    return proved(f"it reads {', '.join(columns)}") if columns else unproved("a name is none of its columns")


def _wording(case: Case) -> Reworded:
    query, columns = words(case), _columns(case)
    star = next((token for token in query.tokens if token.text == "*"), None)
    if not columns or star is None:
        raise ValueError("which columns are read is not sure")
    listed = ", ".join(name if _needs_no_quotes(name, query.dialect) else quoted(name) for name in columns)
    return query.reworded([Change(star.start, star.end + 1, listed)])


def _needs_no_quotes(name: str, dialect: str) -> bool:
    """A name in lower case that is no word of SQL, and no value of the session's (``user``, ``current_date``)."""
    from sqlglot.dialects.dialect import Dialect

    keywords = Dialect.get_or_raise(DIALECTS[dialect]).tokenizer_class.KEYWORDS
    words = {part for keyword in keywords for part in keyword.split()}
    session = name in ("user", "localtime", "localtimestamp") or name.startswith(("current_", "session_"))
    return name.isidentifier() and name == name.lower() and name.upper() not in words and not session


def _probes(case: Case, old: str, new: str) -> tuple[str, str]:
    """The columns that are read, of both."""
    names = ", ".join(quoted(name) for name in _columns(case) or ())
    return f"SELECT {names} FROM (\n{old}\n) AS answer", f"SELECT {names} FROM (\n{new}\n) AS answer"  # noqa: S608


def _worth(case: Case) -> Evidence:
    """Rows that are used as a whole are nobody's business here."""
    return _SHARED.worth(case) if _used(case) else Evidence(False, "")


_SHARED = Rewording(_wording, why="Only these columns are read.", probes=_probes)
RULE = _SHARED.rule("SELECT * -> the columns read", looks_for, star_is_one_table, names_are_columns, worth=_worth)
