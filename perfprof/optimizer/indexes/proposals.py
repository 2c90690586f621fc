"""From chosen candidates to proposals: a name, a migration, and what they serve."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from perfprof.optimizer.indexes.advice import Proposal
from perfprof.optimizer.indexes.decide import Decided
from perfprof.optimizer.scratch.postgres_catalog import Connection
from perfprof.optimizer.scratch.postgres_partitions import parts_of
from perfprof.optimizer.statements.workload import Query, Workload
from perfprof.rules.rule import Migration
from perfprof.rules.schema.ddl import index_migration, index_name
from perfprof.rules.schema.indexes import Candidate
from perfprof.rules.schema.partitions import partitioned_migration


@dataclass(frozen=True, slots=True)
class Selected:
    """What the planner chose under a budget in bytes. others: what it would choose under another one.

    used: existing indexes in plans. taken: names that are in use.
    """

    chosen: frozenset[Candidate]
    others: tuple[Candidate, ...]
    sizes: Mapping[Candidate, float]
    before: Mapping[Query, float]
    after: Mapping[Query, float]
    explains: int
    used: frozenset[str]
    budget: float
    taken: frozenset[str]


def templated(query: Query) -> bool:
    """Whether it has parameters, and is planned for any values."""
    return bool(query.reading.template.parameters)


def ordered(chosen: Iterable[Candidate]) -> list[Candidate]:
    """As they are proposed."""
    return sorted(chosen, key=lambda one: (one.schema, one.table, one.names))


def proposed(
    original: Connection, database: str, workload: Workload, picked: Selected, decision: Decided
) -> Iterator[Proposal]:
    """One proposal for each index that was decided on."""
    taken = set(picked.taken)
    for one in ordered(decision.chosen):
        name = index_name(one, taken)
        taken.add(name)
        yield Proposal(
            name=name,
            table=f"{one.schema}.{one.table}" if one.schema else one.table,
            migration=_migration(original, one, name, database, taken),
            forecast=picked.sizes.get(one, 0.0),
            built=int(decision.built.get(one, 0)),
            decision="confirmed" if decision.built else "planned",
            serves=tuple(q.name for q in workload.queries if one in decision.uses.get(q, frozenset())),
        )


def _migration(original: Connection, one: Candidate, name: str, database: str, taken: set[str]) -> Migration:
    """By parts if the table is partitioned."""
    parts = parts_of(original, one.table, one.schema)
    if parts is None:
        return index_migration(one, name, "postgresql", database)
    return partitioned_migration(one, name, database, parts, taken)
