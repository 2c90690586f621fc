"""What to do about a statement that a loop repeats where no rule can write it: told, never applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfprof.rules.eager.model import LEAST
from perfprof.rules.lookups.evidence import growing
from perfprof.rules.lookups.ways import way_of
from perfprof.rules.obligations.proofs import obligation, unproved
from perfprof.rules.rule import Case, Evidence, Proof

if TYPE_CHECKING:
    from perfprof.rules.lookups.repeated import Repeated


@obligation
def one_statement_answers(case: Case) -> Proof:
    """One statement gives what all turns need."""
    found: Repeated = case.suspect.reading
    return unproved(way_of(found), found.function.place(found.node))


def worth_one_statement(case: Case) -> Evidence:
    """At least five in one run of the loop."""
    found: Repeated = case.suspect.reading
    numbers: dict[str, int | float | str] = {
        "executions": found.total,
        "loops": found.calls,
        "most in one loop": found.most,
        "seconds": round(found.seconds, 6),
    }
    told = f"{found.total:,} executions in {found.calls:,} calls, up to {found.most:,} in one"
    told += growing(found.grows, numbers)
    return Evidence(found.most >= LEAST, told, numbers, found.total / max(found.calls, 1))
