"""Two layers that count in the running workload: the statements, and the answers of the changed functions."""

from __future__ import annotations

from perfprof.optimizer.judge.counters import Counted, count
from perfprof.optimizer.judge.replay import Case
from perfprof.optimizer.judge.trial import Outcome, Trial
from perfprof.optimizer.judge.verdict import Comparison
from perfprof.optimizer.judge.workbench import Workbench

KNOWN = ("queries",)


class Counting:
    """Runs of the old code are counted once for all patches of the same functions."""

    def __init__(self, bench: Workbench, timeout: float) -> None:
        self._bench = bench
        self._timeout = timeout
        self._old: dict[tuple[str, ...], Counted] = {}
        self._again: dict[tuple[str, ...], Counted] = {}
        self._new: dict[str, Counted] = {}

    def answers(self, trial: Trial) -> Outcome:
        """Do the changed functions answer the same, call by call, while the program runs?"""
        functions = _functions(trial)
        if not functions:
            return "cannot tell", "the patch names no function whose answers could be compared"
        old, new = self._counts(trial, functions)
        if old.ended:
            return "cannot tell", f"the workload could not be watched: {old.ended}"
        if new.ended:
            return "failed", f"the workload fails with the new code: {new.ended}"
        if (old.answers, old.effects) != (new.answers, new.effects):
            if functions not in self._again:
                self._again[functions] = self._count(functions, trial, old=True)
            again = self._again[functions]
            if again.answers != old.answers:
                return "cannot tell", "the answers of the old code change from run to run"
            different = _told(old, new, again)
            if different:
                return "failed", different
        return _weighed(old)

    def counter(self, trial: Trial) -> Outcome:
        """Has the exact number fallen as promised?"""
        name = trial.patch.counter
        if name not in KNOWN:
            return "skipped", f"{name} are not counted for code"
        old, new = self._counts(trial, _functions(trial))
        if old.ended or new.ended:
            return "failed" if new.ended and not old.ended else "cannot tell", new.ended or old.ended
        before, after = float(old.statements), float(new.statements)
        if not before:
            return "cannot tell", "the workload executes no statement that could be recorded"
        ratio = before / max(after, 1.0)
        told = f"{before:,.0f} statements -> {after:,.0f}"
        if after >= before or ratio < trial.patch.promise:
            return "failed", f"no gain: {told}"
        trial.comparison = Comparison(name, (before,), (after,), ratio, ratio, ratio)
        return "passed", told

    def slower(self, trial: Trial) -> bool:
        """Did the counted run of the new code take so much more CPU that it must be looked at?"""
        old, new = self._counts(trial, _functions(trial))
        return new.cpu > 1.2 * old.cpu

    def _counts(self, trial: Trial, functions: tuple[str, ...]) -> tuple[Counted, Counted]:
        if functions not in self._old:
            self._old[functions] = self._count(functions, trial, old=True)
        if trial.patch.digest not in self._new:
            self._new[trial.patch.digest] = self._count(functions, trial, old=False)
        return self._old[functions], self._new[trial.patch.digest]

    def _count(self, functions: tuple[str, ...], trial: Trial, *, old: bool) -> Counted:
        tree = self._bench.old if old else self._bench.new
        return count(self._bench, tree, () if old else trial.patch.changes, functions, self._timeout)


def _functions(trial: Trial) -> tuple[str, ...]:
    case: Case = trial.case
    return tuple(sorted(set(trial.patch.functions) or {call.function for call in case.calls}))


def _weighed(old: Counted) -> Outcome:
    """No difference was seen: was there enough to see?"""
    if not old.answers:
        return (
            "cannot tell",
            f"no answer could be compared ({', '.join(sorted(old.missed)) or 'no call in the workload'})",
        )
    if old.opaque:
        return "cannot tell", f"answers hold what cannot be looked into: {', '.join(sorted(old.opaque)[:3])}"
    return "passed", f"{sum(old.answers.values()):,} calls answer the same in the running workload"


def _told(old: Counted, new: Counted, again: Counted) -> str:
    """The first difference in words; what the old code itself does not do the same way twice is none."""
    for key, calls in old.answers.items():
        if new.answers.get(key) != calls:
            other = next(
                (new.shown[name] for name in new.answers if name[0] == key[0] and name not in old.answers), ""
            )
            what = f"; old {old.shown.get(key, '')}; new {other}" if other else ""
            return f"{key[0]} answers differently in the running workload{what}"
    if new.answers != old.answers:
        return "the new code gives answers that the old one does not give"
    for name in sorted({*old.effects, *new.effects}):
        before, after = old.effects.get(name, "none"), new.effects.get(name, "none")
        if before != after and again.effects.get(name, "none") == before:
            seen = f": {before} before, {after} after" if name.startswith("statement") else ""
            return f"the workload leaves another {name[:100]}{seen}"
    return ""
