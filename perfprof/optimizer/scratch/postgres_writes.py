"""What measuring a write on a scratch database needs: room beside the rows, and the clock of the server's process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfprof.optimizer.scratch.scratch import Value
from perfprof.rules.reading.statements import Statement
from perfprof.rules.schema.ddl import literal


@dataclass(frozen=True, slots=True)
class Written:
    """One execution of a write: bytes of WAL, milliseconds, rows updated, and how many of them in their page (HOT)."""

    wal: float
    milliseconds: float
    updated: int = 0
    hot: int = 0


def moving(statement: Statement, values: Sequence[Value]) -> str:
    """An UPDATE that changes nothing in the same rows, which leaves them on pages with room; "" if there is none.

    A table that was just filled has none, so no update of it is HOT; a table in use has what pruning left.
    """
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        tree = sqlglot.parse_one(
            statement.template.rendered(lambda number: _shown(values[number])), dialect="postgres"
        )
    except SqlglotError:
        return ""
    if not isinstance(tree, exp.Update) or not tree.expressions or not isinstance(tree.expressions[0], exp.EQ):
        return ""
    column = tree.expressions[0].this
    tree.set("expressions", [exp.EQ(this=column.copy(), expression=exp.column(column.name, quoted=True))])
    tree.set("returning", None)
    return str(tree.sql(dialect="postgres")) if not tree.args.get("from_") and not tree.args.get("from") else ""


def _shown(value: Value) -> str:
    return "NULL" if value is None else literal(str(value))


def processor_time(pid: int) -> float:
    """Milliseconds that a process of this machine has had the processor; infinite if the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[0]) / 1e6
    except (OSError, ValueError, IndexError):
        return float("inf")
