"""Put every patch through the judge, alone and then together, and say what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import count
from queue import SimpleQueue
from typing import TYPE_CHECKING

from perfprof.optimizer.judge.verdict import Comparison, Layer, Verdict
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.optimizer.reports import figures
from perfprof.optimizer.rewriting import outcome
from perfprof.optimizer.run import Outcome
from perfprof.optimizer.writing.merging import conflict

if TYPE_CHECKING:
    from perfprof.optimizer.judge import Judge
    from perfprof.optimizer.plan import Candidate
    from perfprof.optimizer.rewriting import Written
    from perfprof.optimizer.scratch.databases import Opened

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Judged:
    """All outcomes, and of the accepted patches what they make together. whole: the workload before and after."""

    outcomes: tuple[Outcome, ...]
    changes: tuple[FileChange, ...]
    whole: Comparison | None
    tests: str
    notes: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """``6 patches and 1 migration accepted · 1 rejected``."""
        won = [one.patch for one in self.outcomes if one.status == "accepted" and one.patch is not None]
        migrations = sum(patch.migration is not None for patch in won)
        patches = figures.counted(len(won) - migrations, "patch", "patches")
        parts = [patches] * (len(won) > migrations) + [figures.counted(migrations, "migration")] * bool(migrations)
        rest = Counter(one.status for one in self.outcomes if one.status != "accepted")
        told = [f"{' and '.join(parts)} accepted"] * bool(won) + [
            f"{number} {word}" for word, number in rest.items()
        ]
        return " · ".join(told) or "nothing to judge"


def judge_all(written: Written, judge: Judge, databases: Sequence[Opened], jobs: int, tell: Tell) -> Judged:
    """A verdict for each patch; the accepted ones are judged once more together, and conflicts are held back.

    jobs: patches judged at a time. Ratios of CPU time bear company; the set is measured alone in the end.
    """
    outcomes = _alone(written, judge, databases, jobs, tell)
    outcomes = [_tested(one, judge, tell) for one in _without_conflicts(outcomes)]
    accepted = [one.patch for one in outcomes if one.status == "accepted" and one.patch is not None]
    code = [patch for patch in accepted if patch.migration is None]
    if not code:
        return Judged(tuple(outcomes), (), None, "")
    tell(f"{len(code)} accepted patches together")
    together = judge.together(code)
    gone = dict(together.dropped)
    kept = tuple(_dropped(one, gone) for one in outcomes)
    changes = tuple(FileChange(path, before, after) for path, before, after in together.changes)
    return Judged(kept, changes, together.whole, together.tests, together.notes)


def _alone(written: Written, judge: Judge, databases: Sequence[Opened], jobs: int, tell: Tell) -> list[Outcome]:
    """Each patch by itself, ``jobs`` at a time, in order."""
    waiting: SimpleQueue[Judge] = SimpleQueue()
    numbers = count(1)

    def one(candidate: Candidate, patch: Patch) -> Outcome:
        mine = waiting.get()
        try:
            finding = candidate.proven.case.suspect.finding
            tell(f"{next(numbers)} of {len(written.patches)}: {patch.rule} at {finding.path}:{finding.line}")
            verdict = _verdict(patch, mine, databases)
        finally:
            waiting.put(mine)
        return replace(outcome(candidate, verdict.decision, verdict.reason), patch=patch, verdict=verdict)

    code = [pair for pair in written.patches if pair[1].migration is None]
    judge.announce(patch for _, patch in code)
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(jobs))
        judges = [judge, *(stack.enter_context(judge.twin()) for _ in range(min(jobs, len(code)) - 1))]
        for each in judges:
            waiting.put(each)
        try:
            futures = {id(pair): pool.submit(one, *pair) for pair in code}
            # Scratch databases belong to this thread.
            made = {id(pair): one(*pair) for pair in written.patches if pair[1].migration is not None}
            return [made.get(id(pair)) or futures[id(pair)].result() for pair in written.patches]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for each in judges:
                each.close()  # ends what it runs, so that nobody waits for that
            raise


def _verdict(patch: Patch, judge: Judge, databases: Sequence[Opened]) -> Verdict:
    if patch.migration is None:
        return judge.patch(patch)
    from perfprof.optimizer.indexes.validate import judge_migration

    for one in databases:
        if one.scratch.catalog.database == patch.migration.database:
            return judge_migration(patch, one.scratch, one.executions, keep=True)
    return Verdict(patch.digest, (), "cannot tell", "the scratch copy of its database is gone", ())


def _tested(one: Outcome, judge: Judge, tell: Tell) -> Outcome:
    """An accepted migration of a framework's once more: the application's own tests apply it, and must pass."""
    if one.status != "accepted" or one.patch is None or one.patch.migration is None or one.verdict is None:
        return one
    from perfprof.optimizer.migrations.choose import changes

    files = changes(judge.project.root, one.patch, one.verdict)
    if not any(file.path.endswith(".py") for file in files):
        return one  # plain SQL is applied by no test
    tell(f"tests with the migration on {one.patch.migration.table}")
    outcome, reason = judge.suite(files)
    layer = Layer("tests", outcome, reason)  # type: ignore[arg-type]  # the suite's outcomes are those of layers
    verdict = replace(one.verdict, layers=(*one.verdict.layers, layer))
    if outcome != "failed":
        return replace(one, verdict=verdict)
    told = f"with the migration applied: {reason}"
    return replace(one, status="rejected", reason=told, verdict=replace(verdict, decision="rejected", reason=told))


def _without_conflicts(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Accepted patches that change the same lines as one accepted before wait for the next run."""
    chosen: list[Patch] = []
    result = []
    for one in outcomes:
        if one.status == "accepted" and one.patch is not None and one.patch.migration is None:
            place = conflict(one.patch, chosen)
            if place:
                reason = (
                    f"changes the same lines as another accepted patch ({place}); run perfprof fix again after it"
                )
                result.append(replace(one, status="held back", reason=reason))
                continue
            chosen.append(one.patch)
        result.append(one)
    return result


def _dropped(one: Outcome, gone: Mapping[str, str]) -> Outcome:
    reason = gone.get(one.patch.digest) if one.patch is not None else None
    return one if reason is None else replace(one, status="rejected", reason=reason)
