"""When an option of the query may take the place of lazy loads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from perfprof.rules.eager.checks import CHECKS
from perfprof.rules.eager.model import LEAST, TESTED, asked_by, most, under_test
from perfprof.rules.eager.options import untold
from perfprof.rules.obligations.proofs import obligation, observed, unproved
from perfprof.rules.rule import Case, Evidence, Obligation, Proof

if TYPE_CHECKING:
    from pathlib import Path

    from perfprof.rules.eager.model import Eager


def _checked(name: str, says: str, holds: str) -> Obligation:
    """An obligation of one of the model's checks; holds: what is said when none of the loads speaks against it."""

    def check(case: Case) -> Proof:
        found: Eager = case.suspect.reading
        why = next((why for load in found.loads if (why := CHECKS[name](found, load))), "")
        if why:
            return unproved(why, where(found, case.program.root))
        return observed(holds, where(found, case.program.root))

    check.__name__, check.__doc__ = name.replace("-", "_"), says
    typed: Callable[[Case], Proof] = check
    return obligation(typed)


def where(found: Eager, root: Path) -> str:
    """``path:line`` of the query; else what asked, of the project's root."""
    if found.spot is not None:
        return found.spot.function.place(found.spot.node)
    return asked_by(found.loads[0], root)


read_as_a_whole = _checked(
    "read-as-a-whole",
    "The relation is read as it is, not filtered or counted.",
    "every load asked for the relation as it is",
)
query_is_ours = _checked(
    "query-is-ours", "A line of the project makes the query.", "the recorded objects all came from this expression"
)
query_takes_it = _checked(
    "query-takes-it",
    "The query can bring related objects and stays the same query.",
    "it gives whole objects, and nothing in it forbids related ones",
)
written_by_nobody = _checked(
    "written-by-nobody",
    "The related rows are not written between the fetch and the load.",
    "no statement wrote the related tables between the fetch and a load",
)
asked_for_afterwards = _checked(
    "asked-for-afterwards",
    "What is brought along is asked for.",
    "the objects of every recorded fetch were asked for it",
)


@obligation
def classes_are_named(case: Case) -> Proof:
    """Every class on the way is known by name."""
    found: Eager = case.suspect.reading
    path = untold(found, case.program) if found.orm == "sqlalchemy" else ""
    if path:
        return unproved(
            f"the classes on the way of `{path}` cannot all be named here", where(found, case.program.root)
        )
    return observed("each relation's class was seen", where(found, case.program.root))


def worth_an_option(case: Case) -> Evidence:
    """At least five loads for the objects of one fetch, two where tests ran."""
    found: Eager = case.suspect.reading
    loads = found.loads
    count, seconds = sum(one.count for one in loads), sum(one.seconds for one in loads)
    batches = Counter[str]()
    for one in loads:
        batches[one.path] += one.batches
    fetches = max(batches[path] for path in found.paths)
    numbers = {
        "executions": count,
        "loops": fetches,
        "most in one loop": most(loads),
        "keys": max(one.keys for one in loads),
        "seconds": round(seconds, 6),
    }
    spots = sorted({one.spot for one in loads if one.spot})
    more: dict[str, int | float | str] = {**numbers, **({"asked by": "; ".join(spots[:3])} if spots else {})}
    least = TESTED if any(under_test(one) for one in loads) else LEAST
    if most(loads) < least:
        return Evidence(False, f"at most {most(loads)} loads for one fetch; {least} are worth a change", more)
    reason = f"{count:,} loads for {fetches:,} fetches, up to {most(loads):,} for one"
    return Evidence(True, reason, more, (count + fetches) / (2 * max(fetches, 1)))
