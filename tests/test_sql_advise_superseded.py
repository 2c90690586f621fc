"""An index whose work a new one does goes with it; what a constraint, a replica or another rule of order needs stays."""

from __future__ import annotations

from pathlib import Path

import pytest

psycopg = pytest.importorskip("psycopg")

from perfprof.optimizer.indexes.advise import advise  # noqa: E402
from perfprof.optimizer.indexes.asked import Asked  # noqa: E402
from perfprof.optimizer.scratch.postgres import Server  # noqa: E402
from perfprof.optimizer.scratch.sources import Source  # noqa: E402
from perfprof.optimizer.statements.workload import Seen, workload  # noqa: E402
from perfprof.rules.reading.placeholders import separated  # noqa: E402

pytestmark = pytest.mark.postgres
SCHEMA = """
CREATE TABLE parents (id int PRIMARY KEY);
CREATE TABLE notes (id int PRIMARY KEY, owner int NOT NULL, at timestamp NOT NULL, name text COLLATE "C" NOT NULL, title text NOT NULL);
INSERT INTO parents SELECT generate_series(0, 799);
INSERT INTO notes SELECT i, i % 800, timestamp '2024-01-01' + (i * 7919 % 60000) * interval '1 minute', md5(i::text), md5(i::text)
FROM generate_series(1, 60000) i;
ALTER TABLE notes ADD FOREIGN KEY (owner) REFERENCES parents;
CREATE INDEX "Notes'owner" ON notes (owner);
CREATE INDEX notes_owner_down ON notes (owner DESC);
CREATE INDEX notes_owner_recent ON notes (owner) WHERE at > '2024-02-01';
CREATE INDEX notes_owner_and_name ON notes (owner, name);
CREATE INDEX notes_title_like ON notes (title text_pattern_ops);
CREATE UNIQUE INDEX notes_owner_id ON notes (owner, id);
CREATE UNIQUE INDEX notes_identity ON notes (at, id);
ALTER TABLE notes REPLICA IDENTITY USING INDEX notes_identity;
VACUUM ANALYZE;
"""
LATEST = "SELECT * FROM notes WHERE owner = 7 ORDER BY at DESC LIMIT 3"
INDEXES = "SELECT indexdef FROM pg_indexes WHERE tablename = 'notes' ORDER BY 1"


def test_what_a_new_index_supersedes_is_dropped_with_it(tmp_path: Path) -> None:
    with Server.start(tmp_path) as server, psycopg.connect(server.dsn, autocommit=True) as connection:
        for statement in separated(SCHEMA, "postgresql"):
            connection.execute(statement)
        source = Source.of(server.url_of("postgres"), Path("/"))
        found = workload([Seen(LATEST, 100.0, code=True)], "postgresql")
        advice = advise(source, found, Asked(execute=False), tmp_path)
        (new,) = advice.proposals
        assert '("owner", "at" DESC)' in new.migration.up
        told = {(one.name, one.reason, one.instead) for one in advice.removals}
        assert told == {("Notes'owner", "prefix", new.name), ("notes_owner_down", "prefix", new.name)}
        before = connection.execute(INDEXES).fetchall()
        changes = [new.migration, *(one.migration for one in advice.removals)]
        for script in [*(one.up for one in changes), *(one.down for one in reversed(changes))]:
            for statement in separated(script, "postgresql"):
                connection.execute(statement)
        assert connection.execute(INDEXES).fetchall() == before
