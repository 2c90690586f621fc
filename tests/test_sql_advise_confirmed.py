"""What `advise --execute` believes: a copy that is planned as the original is, and nothing that was not run so."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest

psycopg = pytest.importorskip("psycopg")

from perfprof.optimizer.indexes.advise import advise  # noqa: E402
from perfprof.optimizer.indexes.asked import Asked  # noqa: E402
from perfprof.optimizer.indexes.executed import ExecutedWhatIf  # noqa: E402
from perfprof.optimizer.indexes.sets import Sets  # noqa: E402
from perfprof.optimizer.indexes.sides import by_turns, is_slower  # noqa: E402
from perfprof.optimizer.indexes.what_if import Measured  # noqa: E402
from perfprof.optimizer.scratch import postgres_copy  # noqa: E402
from perfprof.optimizer.scratch.postgres import Server  # noqa: E402
from perfprof.optimizer.scratch.postgres_copy import Pace, copied  # noqa: E402
from perfprof.optimizer.scratch.sources import Source  # noqa: E402
from perfprof.optimizer.statements.workload import Seen, workload  # noqa: E402
from perfprof.rules.schema.indexes import Key, candidate  # noqa: E402

pytestmark = pytest.mark.postgres
SCHEMA = """
CREATE TABLE users (id int PRIMARY KEY, tenant int, email text);
INSERT INTO users SELECT i, i % 100, 'user' || i || '@x.org' FROM generate_series(1, 40000) i;
SET default_statistics_target = 7;
VACUUM ANALYZE users;
"""
LOOKUP = "SELECT users::text FROM users WHERE email = 'user77@x.org'"  # of the whole row: no index carries it
STATISTICS = "SELECT attname, n_distinct, histogram_bounds::text FROM pg_stats WHERE tablename = 'users' ORDER BY 1"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server.start(tmp_path_factory.mktemp("pg")) as running:
        yield running


@pytest.fixture(scope="module")
def source(server: Server) -> Source:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        for statement in SCHEMA.split(";\n")[:-1]:
            connection.execute(statement)
        connection.execute("ALTER DATABASE postgres SET random_page_cost = 1.7")
    return Source.of(server.url_of("postgres"), Path("/"))


def test_a_whole_copy_is_planned_with_what_the_original_knows(
    server: Server, source: Source, tmp_path: Path
) -> None:
    found = workload([Seen(LOOKUP)], "postgresql")
    with source.connected() as original, copied(source, server, tmp_path, like_original=True) as copy:
        expected = original.execute(STATISTICS).fetchall()
        assert copy.rows(STATISTICS) == expected
        expression = candidate("users", (), (Key("email", expression="lower(email)"),))
        assert ExecutedWhatIf(copy, Sets.of(copy, found)).add([expression])
        assert copy.rows(STATISTICS) == expected
        held = "SELECT count(*) FROM pg_stats WHERE tablename LIKE 'perfprof_built%'"
        assert copy.rows(held) == [(1,)]  # what the expression index needs
        assert copy.rows("SHOW random_page_cost") == [("1.7",)]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("most_bytes", "confirmed"), [(1_000_000, True), (20_000, False)])
def test_a_sample_confirms_only_what_it_runs_as_the_original_would(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most_bytes: int, confirmed: bool
) -> None:
    monkeypatch.setattr(postgres_copy, "_WHOLE", 10_000)
    found = workload([Seen(LOOKUP)], "postgresql")
    advice = advise(source, found, Asked(execute=True, most_bytes=most_bytes), tmp_path)
    assert [one.decision for one in advice.proposals] == ["confirmed"] * confirmed
    assert any("planned otherwise than the original" in note for note in advice.notes) != confirmed
    assert any(note.startswith("decided on a sample") for note in advice.notes)
    assert (advice.share < 1) == confirmed


def test_nothing_is_carried_that_saves_nothing(source: Source, tmp_path: Path) -> None:
    """No page is known to be visible to all, so an index that carries the answer costs what one without it does."""
    with psycopg.connect(source.secret, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS fresh AS SELECT * FROM users")
        connection.execute("ANALYZE fresh")
    found = workload([Seen("SELECT id FROM fresh WHERE email = 'user77@x.org'")], "postgresql")
    advice = advise(source, found, Asked(execute=False), tmp_path)
    assert [one.migration.up.count("INCLUDE") for one in advice.proposals] == [0]
    assert advice.share < 0.02


def test_a_table_may_take_as_long_as_its_size_and_the_machine_want() -> None:
    pace = Pace()
    assert pace.seconds_for(1e6) == 60.0
    unknown = pace.seconds_for(1e9)
    pace.add(32e6, 16.0)  # a busy machine: 2 MB a second
    assert pace.seconds_for(1e6) == 60.0
    assert pace.seconds_for(1e9) == 2000.0 > unknown
    pace.add(1e9, 10.0)
    assert pace.seconds_for(1e9) < unknown


@pytest.mark.parametrize(
    ("before", "after", "slower"),
    [
        (Measured(100.0, 500.0), Measured(109.0, 500.0), False),
        (Measured(100.0, 500.0), Measured(111.0, 5.0), True),
        (Measured(100.0, 500.0), Measured(108.0, 5000.0), True),
        (Measured(100.0, 500.0), Measured(60.0, 5000.0), False),
        (Measured(0.02, 5.0), Measured(0.06, 3.0), False),
        (Measured(60_000.0, float("inf")), Measured(60_000.0, float("inf")), True),
        (Measured(60_000.0, float("inf")), Measured(9_000.0, 5.0), False),
    ],
)
def test_slower_is_more_processor_time_and_pages_must_be_paid_for(
    before: Measured, after: Measured, slower: bool
) -> None:
    assert is_slower(before, after, 0.05) == slower


@pytest.mark.parametrize(
    ("before", "after", "turns", "slower"),
    [
        ([100.0], [30.0], 1, False),  # clearly faster: one turn will do
        ([100.0], [100.0], 3, False),
        ([100.0], [140.0], 3, True),
        ([100.0], [108.0], 7, False),  # near 1.1: measured on, until it is clear
        ([100.0], [112.0], 7, True),
        ([60.0, 100.0, 100.0, 100.0], [104.0], 15, False),  # a lucky turn now and then is no reason
        ([100.0], [100.0, 170.0, 104.0], 4, False),
    ],
)
def test_near_the_bound_a_statement_is_measured_on(
    before: list[float], after: list[float], turns: int, slower: bool
) -> None:
    olds, news = (map(Measured, cycle(values)) for values in (before, after))
    sides = by_turns(lambda: next(olds), lambda: next(news))
    assert len(sides.after) == len(sides.before) == turns
    assert is_slower(*sides.medians, 0.05) == slower
