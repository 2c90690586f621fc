"""The decision by real execution: what the planner likes is built on a copy, and only what pays there is kept."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from perfprof.errors import PerfprofError
from perfprof.optimizer.indexes.confirming import SAMPLED, Confirmation
from perfprof.optimizer.indexes.selection import bits
from perfprof.optimizer.indexes.trying import Trial, Wanted
from perfprof.optimizer.indexes.what_if import Executes, Writing
from perfprof.optimizer.indexes.written import hot_of, wal_of
from perfprof.optimizer.statements.workload import Query, Workload
from perfprof.rules.catalog import Dictionary
from perfprof.rules.schema.indexes import Candidate

FIRST = 0.6  # of the time for searching, until something is confirmed for the first time
COMPARING = 120.0  # seconds for comparing answers, at most


@dataclass(frozen=True, slots=True)
class Decided:
    """built: bytes of the chosen ones. times: measured before and after. uses: the chosen ones in its plan.

    plans: EXPLAIN ANALYZE before, by fingerprint. wal: bytes of all writes before and after. hot: the share of updated
    rows that touch no index, -1 if there are none. existing: indexes of the original that plans still use.
    """

    chosen: frozenset[Candidate]
    built: Mapping[Candidate, float]
    times: Mapping[Query, tuple[float, float]]
    uses: Mapping[Query, frozenset[Candidate]]
    notes: tuple[str, ...] = ()
    plans: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    wal: tuple[float, float] = (-1.0, -1.0)
    hot: tuple[float, float] = (-1.0, -1.0)
    existing: frozenset[str] = frozenset()


def decided(
    what_if: Executes,
    writes: Writing,
    book: Dictionary,
    workload: Workload,
    wanted: Wanted,
    *,
    seconds: float,
) -> Decided:
    """Build what the planner liked and what else is worth a trial; keep what the measured cost pays for.

    seconds: what searching may take once all is built; a statement that does not come to its turn is told.
    """
    trial = Trial(what_if, writes, book, workload, wanted.budget)
    trial.build([*sorted(wanted.liked, key=repr), *wanted.others], seconds * FIRST)
    confirmation = Confirmation(trial)
    liked = trial.number_of(wanted.liked)
    doubted = confirmation.doubted(liked)
    confirmation.leave(doubted, SAMPLED)
    chosen = confirmation.narrowed(trial.searched(trial.fitting(liked & ~doubted)))
    # The clock went on while it was confirmed; what was taken away leaves room for others.
    trial.deadline = time.monotonic() + seconds * (1 - FIRST)
    return _told(trial, confirmation, _refilled(trial, confirmation, chosen))


def _refilled(trial: Trial, confirmation: Confirmation, chosen: int) -> int:
    """Search on with what is known by now of statements that become slower, as long as something better is confirmed."""
    seen: set[int] = set()
    while not trial.late and chosen not in seen:
        seen.add(chosen)
        other = confirmation.narrowed(trial.searched(chosen))
        if trial.better(other, chosen):
            chosen = other
    return chosen


def _told(trial: Trial, confirmation: Confirmation, chosen: int) -> Decided:
    members, plans = trial.evaluator.members(chosen), trial.plans(chosen)
    changed = [query for query, (_, used) in plans.items() if used & chosen]
    notes = [*confirmation.told(chosen), *_differing(trial, members, changed), *_not_run(trial)]
    now = trial.writes.state(members)
    return Decided(
        chosen=members,
        built={trial.evaluator.candidates[at]: trial.sizes[at] for at in bits(chosen)},
        times={query: _times(trial, query, *plan) for query, plan in plans.items()},
        uses={query: trial.evaluator.members(used) for query, (_, used) in plans.items()},
        notes=tuple(dict.fromkeys(notes)),
        plans=trial.what_if.shown,
        wal=(wal_of(trial.bare), wal_of(now)),
        hot=(hot_of(trial.bare), hot_of(now)),
        existing=frozenset().union(*(trial.what_if.existing(query, members) for query in plans)),
    )


def _times(trial: Trial, query: Query, cost: float, used: int) -> tuple[float, float]:
    """Before and after, as measured last."""
    if (query, used) not in trial.beside:
        return trial.before[query], cost
    before, after = trial.beside[query, used]
    return before.cost, after.cost


def _not_run(trial: Trial) -> Iterator[str]:
    """What was not run, and why."""
    refused = trial.what_if.refused
    yield from (f"not run: {name[:80]}: {why}" for name, why in refused.items())
    late = (query for query in trial.reads if query not in trial.before and query.name not in refused)
    yield from (f"not run for want of time: {query.name[:80]}" for query in late)


def _differing(trial: Trial, chosen: frozenset[Candidate], changed: list[Query]) -> Iterator[str]:
    """Statements with another plan whose answers differ: only those may that leave open which rows they want."""
    deadline, what_if = time.monotonic() + COMPARING, trial.what_if
    for at, query in enumerate(changed):
        if time.monotonic() > deadline:
            yield f"the answers of {len(changed) - at} statements were not compared, for want of time"
            return
        try:
            same = what_if.answers(query, frozenset()) == what_if.answers(query, chosen)
        except PerfprofError as error:
            yield f"the answers of `{query.name[:80]}` were not compared: {error.what}"
            continue
        if not same:
            yield f"the answer of `{query.name[:80]}` depends on the plan: its order or its LIMIT is open"
