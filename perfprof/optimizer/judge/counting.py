"""Two layers that count in the running workload: the statements, and the answers of the changed functions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence

from perfprof.optimizer.judge.counters import Counted, Groups, count
from perfprof.optimizer.judge.steady import unlike
from perfprof.optimizer.judge.trees import Tree
from perfprof.optimizer.judge.trial import Outcome, Trial
from perfprof.optimizer.judge.verdict import Comparison
from perfprof.optimizer.judge.workbench import Workbench
from perfprof.optimizer.patches import FileChange
from perfprof.rules.rule import Measured

KNOWN = {  # counters: what they count, and why there may be nothing
    "queries": ("statements", "the workload executes no statement that could be recorded"),
    "pool-waits": ("waits for a connection", "nobody waits for a connection this time"),
    "connections": ("connections opened", "the workload opens no connection that could be recorded"),
}
ANY = "any"  # of a patch that promises nothing: what falls is a gain, what does not decides nothing
MORE = 1.1  # so many times the statements are a loss whatever else is won
Run = Callable[[Groups], Counted]


class Patched:
    """The changed functions of all patches of a project, in groups: those that some patch changes together.

    A call inside another one of its group is not looked at, so both the old and the new code watch whole groups.
    """

    def __init__(self) -> None:
        self._groups: list[frozenset[str]] = []

    def add(self, functions: Iterable[str]) -> None:
        """These are changed by one patch."""
        wanted = frozenset(functions)
        together = [one for one in self._groups if one & wanted]
        self._groups = [one for one in self._groups if not one & wanted]
        if wanted:
            self._groups.append(wanted.union(*together))

    def groups(self) -> Groups:
        """All of them, in order of names."""
        return tuple(sorted(tuple(sorted(one)) for one in self._groups))

    def around(self, functions: Iterable[str]) -> Groups:
        """Those that hold any of these."""
        wanted = frozenset(functions)
        return tuple(one for one in self.groups() if wanted & set(one))


class OldRuns:
    """Counted runs of the old code, for all patches and all judges of a project: what is announced is watched at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._patched = Patched()
        self._watched: Groups = ()
        self._runs: list[Counted] = []

    def announce(self, patches: Iterable[Iterable[str]]) -> None:
        """The functions of each patch will be asked for: one run answers for all."""
        with self._lock:
            for functions in patches:
                self._patched.add(functions)

    def together(self, functions: tuple[str, ...]) -> Groups:
        """What is watched for a patch that changes these."""
        with self._lock:
            self._patched.add(functions)
            return self._patched.around(functions)

    def get(self, number: int, functions: tuple[str, ...], run: Run) -> Counted:
        """The first (0) or the second (1) run of the old code in which these functions were watched."""
        with self._lock:
            self._patched.add(functions)
            if not set(self._patched.around(functions)) <= set(self._watched):
                self._watched = self._patched.groups()
                self._runs.clear()
            while len(self._runs) <= number:
                self._runs.append(run(self._watched))
            return self._runs[number].of(functions)


WRITING = 60.0  # seconds more, on a busy machine, where each call tells of an object with all its rows


class Counting:
    """Counts for one workbench."""

    def __init__(self, bench: Workbench, timeout: float, old: OldRuns) -> None:
        self._bench = bench
        self._timeout = timeout
        self._old = old
        self._old_reshaped = OldRuns()  # of patches that reshape objects
        self._new: dict[tuple[str, Groups], Counted] = {}

    def answers(self, trial: Trial) -> Outcome:
        """Do the changed functions answer the same, call by call, while the program runs?

        Code of a module itself has no calls: then what the program prints and leaves behind must be the same.
        """
        if trial.patch.tolerance:
            return "cannot tell", "answers in the running workload are compared to the byte, not within a tolerance"
        functions = functions_of(trial)
        old, new = self._run_old(0, trial), self._run_new(trial)
        if old.ended:
            return "cannot tell", f"the workload could not be watched: {old.ended}"
        if new.ended:
            return "failed", f"the workload fails with the new code: {new.ended}"
        if (old.answers, old.effects) != (new.answers, new.effects):
            again = self._run_old(1, trial)
            if again.answers != old.answers:
                return _steady(old, again, new)
            different = next(_differences(old, new, again), "")
            if different:
                return "failed", different
        return _weighed(old) if functions else _left_behind(old)

    def counter(self, trial: Trial) -> Outcome:
        """Has the exact number fallen as promised?"""
        name = trial.patch.counter
        if name == ANY:
            return self._any(trial)
        if trial.patch.measured is not None:
            return _measured(trial, trial.patch.measured)
        if name not in KNOWN:
            return "skipped", f"{name} are not counted for code"
        old, new = self._run_old(0, trial), self._run_new(trial)
        if old.ended:
            return "cannot tell", old.ended
        if new.ended:
            return "failed", new.ended
        return self._promised(trial, name, old, new)

    def _promised(self, trial: Trial, name: str, old: Counted, new: Counted) -> Outcome:
        noun, nothing = KNOWN[name]
        before, after = (
            float(run.statements if name == "queries" else run.others.get(name, 0)) for run in (old, new)
        )
        if not before:
            return "cannot tell", nothing
        ratio = before / max(after, 1.0)
        told = f"{before:,.0f} {noun} -> {after:,.0f}"
        if after >= before or ratio < trial.patch.promise:
            return "failed", f"no gain: {told}"
        trial.comparison = Comparison(name, (before,), (after,), ratio, ratio, ratio)
        return "passed", told

    def _any(self, trial: Trial) -> Outcome:
        """Statements of a patch that nobody promised anything of."""
        old = self._run_old(0, trial)
        if old.ended or not old.statements:
            return "skipped", old.ended or "the workload executes no statement that could be recorded"
        new, again = self._run_new(trial), self._run_old(1, trial)
        if new.ended:
            return "failed", f"the workload fails with the new code: {new.ended}"
        before, after = float(old.statements), float(new.statements)
        told = f"{before:,.0f} statements -> {after:,.0f}"
        if again.statements != old.statements:
            return "skipped", f"the old code does not always execute as many: {told}"
        if after > MORE * before:
            return "failed", f"more queries: {told}"
        ratio = before / max(after, 1.0)
        if ratio < trial.patch.promise:
            return "skipped", told
        trial.comparison = Comparison("queries", (before,), (after,), ratio, ratio, ratio)
        return "passed", told

    def slower(self, trial: Trial) -> bool:
        """Did the counted run of the new code take so much more CPU that it must be looked at?"""
        return self._run_new(trial).cpu > 1.2 * self._run_old(0, trial).cpu

    def _run_old(self, number: int, trial: Trial) -> Counted:
        """The first or the second run of the old code for this patch."""
        reshaped = trial.patch.reshapes
        return self._runs(trial).get(
            number, functions_of(trial), lambda groups: self._counted(self._bench.old, (), groups, reshaped)
        )

    def _runs(self, trial: Trial) -> OldRuns:
        return self._old_reshaped if trial.patch.reshapes else self._old

    def _counted(self, tree: Tree, changes: Sequence[FileChange], groups: Groups, reshaped: bool) -> Counted:
        """One run; once more if it fails, for some workloads fail now and then, whatever their code."""
        timeout = self._timeout + (WRITING if reshaped else 0.0)
        counted = count(self._bench, tree, changes, groups, timeout, reshaped=reshaped)
        if not counted.ended or counted.late:
            return counted
        return count(self._bench, tree, changes, groups, timeout, reshaped=reshaped)

    def _run_new(self, trial: Trial) -> Counted:
        functions = functions_of(trial)
        groups = self._runs(trial).together(functions)
        key = trial.patch.digest, groups
        if key not in self._new:
            changes = trial.patch.changes
            self._new[key] = self._counted(self._bench.new, changes, groups, trial.patch.reshapes).of(functions)
        return self._new[key]


def _measured(trial: Trial, told: Measured) -> Outcome:
    """What the database does less was measured on a copy of it; the program's own CPU does not show it."""
    ratio = told.before / max(told.after, 1e-9)
    text = f"{told.before:,.4g} {told.metric} -> {told.after:,.4g}"
    if ratio < trial.patch.promise:
        return "failed", f"no gain: {text}"
    trial.comparison = Comparison(told.metric, (told.before,), (told.after,), ratio, ratio, ratio)
    return "passed", text


def functions_of(trial: Trial) -> tuple[str, ...]:
    """What is watched for a patch: the functions it changes, else those whose calls were captured."""
    return tuple(sorted(set(trial.patch.functions) or {call.function for call in trial.case.calls}))


def _weighed(old: Counted) -> Outcome:
    """No difference was seen: was there enough to see?"""
    if not old.answers:
        why = ", ".join(sorted(old.missed)) or "no call could be watched"
        return "cannot tell", f"no answer could be compared ({why})"
    if old.opaque:
        types = sorted({kind for _, kind in old.opaque})
        return "cannot tell", f"answers hold what cannot be looked into: {', '.join(types[:3])}"
    return "passed", f"{sum(old.answers.values()):,} calls answer the same in the running workload"


def _steady(old: Counted, again: Counted, new: Counted) -> Outcome:
    """The old code's answers are new in each run: is the rest of them the same in the new code?"""
    if again.ended:
        return "cannot tell", again.ended
    why = unlike(old.marks, again.marks, new.marks)
    if why:
        return "cannot tell", f"the answers of the old code change from run to run, and {why}"
    different = next(_effects(old, new, again), "")
    if different:
        return "failed", different
    decision, told = _weighed(old)
    return decision, f"{told}, but for what is new in each run of the old code" if decision == "passed" else told


def _left_behind(old: Counted) -> Outcome:
    """No difference was seen in what the program prints and writes: was there anything?"""
    seen = [name.split(" ")[0] for name, what in old.effects.items() if what.strip()]
    if not seen:
        return "cannot tell", "the change belongs to no function, and the workload prints and writes nothing"
    kinds = ", ".join(sorted(set(seen)))
    return "passed", f"the workload leaves the same behind ({kinds}); its changed code belongs to no function"


def _differences(old: Counted, new: Counted, again: Counted) -> Iterator[str]:
    """In words; what the old code itself does not do the same way twice is none."""
    for key, calls in old.answers.items():
        if new.answers.get(key) != calls:
            other = next(
                (new.shown[name] for name in new.answers if name[0] == key[0] and name not in old.answers), ""
            )
            what = f"; old {old.shown.get(key, '')}; new {other}" if other else ""
            yield f"{key[0]} answers differently in the running workload{what}"
    if new.answers != old.answers:
        yield "the new code gives answers that the old one does not give"
    yield from _effects(old, new, again)


def _effects(old: Counted, new: Counted, again: Counted) -> Iterator[str]:
    for name in sorted({*old.effects, *new.effects}):
        yield from _effect(name, *(run.effects.get(name, "none") for run in (old, new, again)))


def _effect(name: str, before: str, after: str, again: str) -> Iterator[str]:
    if before != after and again == before:
        seen = f": {before} before, {after} after" if name.startswith("statement") else ""
        yield f"the workload leaves another {name[:100]}{seen}"
