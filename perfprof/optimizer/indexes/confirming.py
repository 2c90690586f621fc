"""What is taken away of a set of indexes until every statement is as fast as before, and every index used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from perfprof.errors import PerfprofError
from perfprof.optimizer.indexes.selection import bits
from perfprof.optimizer.indexes.sides import is_slower
from perfprof.optimizer.indexes.trying import Trial
from perfprof.optimizer.statements.workload import Query
from perfprof.rules.schema.indexes import Candidate

SAMPLED = "planned only: the sample is planned otherwise than the original (--copy)"


class Confirmation:
    """left: why a candidate was taken away, by its number."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.left: dict[int, str] = {}

    def narrowed(self, chosen: int) -> int:
        """Only what is confirmed."""
        trial = self.trial
        while True:
            plans = trial.plans(chosen)
            late = self._late(chosen)
            doubted = self.doubted(chosen) & ~late
            unused = self._unused(chosen, plans) & ~(late | doubted)
            guilty = self._guilty(chosen & ~(late | doubted | unused), plans)
            if not late | doubted | unused | guilty:
                guilty = self._slower_at_last(chosen, plans)
            if not late | doubted | unused | guilty:
                return chosen
            self.leave(late, "planned only: a statement that uses it was not run in time (--seconds)")
            self.leave(doubted, SAMPLED)
            self.leave(unused, "no plan of a statement that was run uses it")
            self.leave(guilty, "makes a statement slower")
            chosen &= ~(late | doubted | unused | guilty)

    def leave(self, gone: int, why: str) -> None:
        """Remember why."""
        self.left |= dict.fromkeys(bits(gone), why)

    def told(self, chosen: int) -> Iterator[str]:
        """What was left out for good, in words."""
        for at, why in self.left.items():
            if not chosen >> at & 1:
                one = self.trial.evaluator.candidates[at]
                yield f"left out: {one.table} ({', '.join(one.names)}), {why}"

    def doubted(self, chosen: int) -> int:
        """What statements use that the original runs otherwise."""
        members = self.trial.evaluator.members(chosen)
        found = (self.trial.what_if.doubted(query, members) for query in self.trial.before)
        return self.trial.number_of(frozenset().union(*found)) & chosen

    def _late(self, chosen: int) -> int:
        """What statements would use that did not come to their turn."""
        trial, found = self.trial, frozenset[Candidate]()
        for query in trial.reads:
            if query not in trial.before and query.name not in trial.what_if.refused:
                with suppress(PerfprofError):
                    found |= trial.what_if.would_use(query, trial.evaluator.members(chosen))
        return trial.number_of(found) & chosen

    def _unused(self, chosen: int, plans: Mapping[Query, tuple[float, int]]) -> int:
        """What nothing used that was run."""
        for _, used in plans.values():
            chosen &= ~used
        return chosen

    def _guilty(self, chosen: int, plans: Mapping[Query, tuple[float, int]]) -> int:
        """One index of each statement that is slower."""
        found = 0
        for query, (cost, used) in plans.items():
            if used & chosen and self.trial.is_slower(query, cost, used, chosen):
                found |= 1 << self._culprit(query, used & chosen, chosen)
        return found

    def _slower_at_last(self, chosen: int, plans: Mapping[Query, tuple[float, int]]) -> int:
        """Every statement whose plan has changed, measured side by side; one index of each that is slower."""
        trial, found = self.trial, 0
        for query, (_, used) in plans.items():
            key = (query, used)
            if used & chosen and key not in trial.beside:
                trial.beside[key] = trial.what_if.beside(query, trial.evaluator.members(chosen))
                trial.slower[key] = is_slower(*trial.beside[key], trial.what_if.slack)
            if used & chosen and trial.slower.get(key):
                found |= 1 << self._culprit(query, used & chosen, chosen)
        return found

    def _culprit(self, query: Query, used: int, chosen: int) -> int:
        """The one without which a statement is fastest."""
        return min(bits(used), key=lambda at: self.trial.evaluator.planned(query, chosen & ~(1 << at))[0])
