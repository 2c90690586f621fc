"""Random statements on random schemas: no wording that a rule argues for may answer otherwise. The long run is a benchmark."""

from __future__ import annotations

from pathlib import Path

import pytest
from random_questions import Database, Postgres, Sqlite, Tally, rules, tried

from perfprof.optimizer.scratch.postgres import Server

FEW = {"or-across-tables", "useless-join", "correlated-aggregate"}  # seldom fit, in so short a run


def _searched(database: Database, folder: Path, schemas: int) -> Tally:
    tally = Tally()
    for seed in range(schemas):
        tried(database, seed, 30, 4, folder, tally)
    return tally


def test_no_answer_changes_on_sqlite(tmp_path: Path) -> None:
    tally = _searched(Sqlite.opened(), tmp_path, 12)
    assert not tally.wrong
    assert tally.rewritten.keys() - FEW >= {
        "counted-subquery",
        "membership-query",
        "useless-distinct",
        "useless-order",
    }


@pytest.mark.postgres
def test_no_answer_changes_on_postgresql(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    with Server.start(tmp_path) as server:
        tally = _searched(Postgres.opened(server), tmp_path, 10)
    assert not tally.wrong
    assert {name for name, count in tally.nonempty.items() if count} >= rules().keys() - FEW
