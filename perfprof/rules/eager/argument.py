"""The argument that every N+1 of a mapper makes; a mapper adds how its query takes the option."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from perfprof.rules.eager.findings import suspect_of
from perfprof.rules.eager.groups import eager_loads
from perfprof.rules.obligations import eager as safe
from perfprof.rules.rule import Case, Obligation, Rewrite, Rule, Suspect

if TYPE_CHECKING:
    from perfprof.profilers.parts.loads import Load
    from perfprof.rules.reading.program import Program


def eager_rule(orm: str, title: str, rewrite: Callable[[Case], Rewrite], *also: Obligation) -> Rule:
    """The rule ``n-plus-one-ORM``: loads by the queries that gave their objects. also: obligations of that mapper alone."""

    def looks_for(loads: Sequence[Load], program: Program) -> Iterator[Suspect]:
        for found in eager_loads(loads, orm, program):
            yield suspect_of(f"n-plus-one-{orm}", found, program)

    return Rule(
        title=title,
        in_loads=looks_for,
        worth=safe.worth_an_option,
        safe_if=(
            safe.read_as_a_whole,
            safe.query_is_ours,
            safe.query_takes_it,
            safe.written_by_nobody,
            safe.asked_for_afterwards,
            *also,
        ),
        rewrite=rewrite,
        promises=1.0,
        counter="queries",
    )
