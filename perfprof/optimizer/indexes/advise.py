"""Advice for a PostgreSQL database: candidates, planned on a clone without data, decided by running on a copy."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from perfprof.optimizer.indexes.advice import Advice, Line
from perfprof.optimizer.indexes.asked import Asked
from perfprof.optimizer.indexes.clone_what_if import CloneWhatIf
from perfprof.optimizer.indexes.decide import Decided, decided
from perfprof.optimizer.indexes.executed import ExecutedWhatIf
from perfprof.optimizer.indexes.findings import complaints
from perfprof.optimizer.indexes.hypopg_what_if import HypopgWhatIf, has_hypopg
from perfprof.optimizer.indexes.planning import replanned, selected
from perfprof.optimizer.indexes.proposals import Selected, ordered, proposed
from perfprof.optimizer.indexes.redundant import removals
from perfprof.optimizer.indexes.sets import Sets
from perfprof.optimizer.indexes.superseded import Superseded, superseded, unneeded
from perfprof.optimizer.indexes.trying import Wanted
from perfprof.optimizer.indexes.what_if import WhatIf
from perfprof.optimizer.indexes.written import Writes
from perfprof.optimizer.scratch.postgres import Server
from perfprof.optimizer.scratch.postgres_catalog import Connection, PostgresCatalog
from perfprof.optimizer.scratch.postgres_clone import Clone, cloned
from perfprof.optimizer.scratch.postgres_copy import copied
from perfprof.optimizer.scratch.postgres_scratch import PostgresScratch
from perfprof.optimizer.scratch.sources import Source
from perfprof.optimizer.statements.workload import Workload
from perfprof.rules.catalog import Dictionary

TOLD = 5  # statements that could not be planned
SHORTEST = 5.0  # seconds after which a statement is stopped, at the least


def advise(source: Source, workload: Workload, asked: Asked, folder: Path) -> Advice:
    """Advice for ``source``, which is only read; folder: private. Raises PerfprofError."""
    start = time.perf_counter()
    with Server.start(folder) as server, cloned(source, server, folder) as clone:
        what_if, picked = _planned(clone, source, workload, asked)
        notes = [f"not on the clone: {', '.join(clone.missing)}"] if clone.missing else []
        notes += _unplanned(workload, picked)
        version = clone.version
        decision = Decided(picked.chosen, {}, {}, {}, ("planned only: nothing was executed",))
        if asked.execute:
            with copied(source, server, folder, most_bytes=asked.most_bytes, like_original=True) as copy:
                decision = _executed(copy, workload, picked, asked, what_if)
                if copy.counts:
                    notes.append(f"decided on {copy.note}: only where it is planned as the original")
            picked = replanned(what_if, picked, decision.chosen)
        gone = _superseded(what_if, picked, clone)
    with source.connected() as original:
        proposals = tuple(proposed(original, source.name, workload, picked, decision))
        names = dict(zip(ordered(decision.chosen), (one.name for one in proposals), strict=True))
        instead = {(one.space, one.name): names[one.by] for one in gone}
        used = picked.used | decision.existing
        drops = tuple(removals(original, source.name, used, complete=asked.complete, superseded=instead))
    return Advice(
        database=source.name,
        dialect="postgresql",
        version=version,
        proposals=proposals,
        removals=drops,
        lines=tuple(_lines(workload, picked, decision)),
        explains=picked.explains,
        seconds=time.perf_counter() - start,
        plans=tuple(_suffered(decision)),
        notes=(*notes, *decision.notes),
        wal_before=decision.wal[0],
        wal_after=decision.wal[1],
        hot_before=decision.hot[0],
        hot_after=decision.hot[1],
    )


def _planned(clone: Clone, source: Source, workload: Workload, asked: Asked) -> tuple[WhatIf, Selected]:
    """On the clone, which is exact; on the original by HypoPG, if it has that and the clone lacks a table."""
    budget = asked.budget or max(16e6, 0.2 * 8192 * sum(pages for _, pages in clone.files.values()))
    if clone.missing and has_hypopg(clone.original):
        what_if: WhatIf = HypopgWhatIf(clone.original)
        return what_if, selected(what_if, _catalog(clone.original, source.name), workload, asked, budget)
    what_if = CloneWhatIf(clone)
    return what_if, selected(what_if, _catalog(clone.connection, source.name), workload, asked, budget)


def _unplanned(workload: Workload, picked: Selected) -> list[str]:
    """What the clone cannot plan: a relation or a function is not there, or it is no statement of one's own."""
    names = [one.name for one in workload.queries if one.reading.kind != "insert" and one not in picked.before]
    more = [f"not planned: {len(names) - TOLD} more"] if len(names) > TOLD else []
    return [*(f"not planned: {name[:80]}" for name in names[:TOLD]), *more]


def _superseded(what_if: WhatIf, picked: Selected, clone: Clone) -> tuple[Superseded, ...]:
    """On the clone alone: of the original nothing can be taken away to see."""
    if not isinstance(what_if, CloneWhatIf):
        return ()
    return unneeded(what_if, picked, superseded(clone.original, picked.chosen))


def _executed(
    copy: PostgresScratch, workload: Workload, picked: Selected, asked: Asked, planner: WhatIf
) -> Decided:
    """Let real execution choose, on a copy with data."""
    book = Dictionary(_catalog(copy.connection, copy.database).tables(), "postgresql")
    clone = planner if isinstance(planner, CloneWhatIf) else None
    what_if = ExecutedWhatIf(copy, Sets.of(copy, workload), clone)
    writes = Writes(what_if, workload.queries, book)
    # One without end may not take all of the time.
    copy.longest = min(copy.longest, max(SHORTEST, asked.seconds / 6))
    wanted = Wanted(picked.chosen, picked.others, picked.budget)
    return decided(what_if, writes, book, workload, wanted, seconds=asked.seconds)


def _suffered(decision: Decided) -> Iterator[str]:
    """What the plans that ran suffer from, statement by statement."""
    for name, plan in decision.plans.items():
        for one in dict.fromkeys(complaints(plan)):
            yield f"{name[:100]}: {one}"


def _catalog(connection: Connection, name: str) -> PostgresCatalog:
    return PostgresCatalog(connection, name, partitioned=True)


def _lines(workload: Workload, picked: Selected, decision: Decided) -> Iterator[Line]:
    for query in workload.queries:
        if query in picked.before:
            measured = decision.times.get(query, (-1.0, -1.0))
            yield Line(query.name, query.calls, picked.before[query], picked.after[query], *measured)
