"""An index on a partitioned table, without stopping writers.

PostgreSQL refuses CREATE INDEX CONCURRENTLY on a partitioned table. So the root gets an index ON ONLY itself, which
takes a moment and is not valid yet; each partition is indexed CONCURRENTLY and then attached, and with the last one the
root's index becomes valid (https://www.postgresql.org/docs/current/ddl-partitioning.html, section 5.12.2.2).

What an interrupted run built is taken up again: ATTACH compares definitions, so IF NOT EXISTS cannot pass off a
different index of that name for ours.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from perfprof.rules.rule import Migration
from perfprof.rules.schema.ddl import (
    AS_BEFORE,
    PATIENT,
    SHORT,
    create_index,
    drop_index,
    drop_invalid,
    index_name,
    qualified,
    script,
)
from perfprof.rules.schema.indexes import Candidate


@dataclass(frozen=True, slots=True)
class Part:
    """A partition. parent: (schema, name) of the table above it; ("", "") for the root. leaf: it has rows of its own."""

    schema: str
    name: str
    parent: tuple[str, str] = ("", "")
    leaf: bool = True


@dataclass(frozen=True, slots=True)
class _Built:
    """The index of one partition, and that of its parent."""

    candidate: Candidate
    name: str
    leaf: bool
    parent: str

    @property
    def qualified(self) -> str:
        return qualified(self.name, self.candidate.schema)


def partitioned_migration(
    candidate: Candidate, name: str, database: str, parts: Sequence[Part], taken: Collection[str] = ()
) -> Migration:
    """Build the index on the root and on every partition, and take all of it away again.

    parts: everything below the root, parents before children; the parent of the first level is ("", "").
    """
    builds = list(_builds(candidate, name, parts, taken))
    return Migration(
        name,
        "postgresql",
        database,
        candidate.table,
        candidate.names,
        script(_up(candidate, name, builds)),
        script(_down(candidate, name, builds)),
        candidate.schema,
    )


def _builds(candidate: Candidate, name: str, parts: Sequence[Part], taken: Collection[str]) -> Iterator[_Built]:
    names = {("", ""): qualified(name, candidate.schema)}
    used = {*taken, name}
    for part in parts:
        own = replace(candidate, table=part.name, schema=part.schema)
        new = index_name(own, used)
        used.add(new)
        names[part.schema, part.name] = qualified(new, part.schema)
        yield _Built(own, new, part.leaf, names[part.parent])


def _up(candidate: Candidate, name: str, builds: Sequence[_Built]) -> list[str]:
    leaves = [one for one in builds if one.leaf]
    parents = [(candidate, name), *((one.candidate, one.name) for one in builds if not one.leaf)]
    return [
        SHORT,
        *(drop_invalid(one.candidate, one.name) for one in leaves),
        *(create_index(one, own, dialect="postgresql", only=True, resumed=True) for one, own in parents),
        *PATIENT,
        *(
            create_index(one.candidate, one.name, dialect="postgresql", concurrently=True, resumed=True)
            for one in leaves
        ),
        SHORT,
        *(f"ALTER INDEX {one.parent} ATTACH PARTITION {one.qualified}" for one in reversed(builds)),
        *AS_BEFORE,
    ]


def _down(candidate: Candidate, name: str, builds: Sequence[_Built]) -> list[str]:
    """The root's index takes the attached ones along; CONCURRENTLY it cannot go, so it waits for its lock but briefly."""
    middle = [(one.candidate, one.name) for one in reversed(builds) if not one.leaf]
    return [
        SHORT,
        *(drop_index(one, own, dialect="postgresql") for one, own in [(candidate, name), *middle]),
        *PATIENT,
        *(
            drop_index(one.candidate, one.name, dialect="postgresql", concurrently=True)
            for one in builds
            if one.leaf
        ),
        *AS_BEFORE,
    ]
