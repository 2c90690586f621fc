"""The layer of exponents: how the counted work of the changed functions grows, before and after. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from perfprof.optimizer.judge.growth import Growth, Subject, growths
from perfprof.optimizer.judge.replay import Call, Case, Stage
from perfprof.optimizer.judge.trial import Outcome

MOST = 2  # functions of one patch
_SIZES = range(4, 5000)  # elements of a call that is made up to sixteen times larger
_TIMEOUT = 30.0  # seconds for all of them


def exponents(stage: Stage, case: Case, used: Mapping[int, float]) -> Outcome:
    """``O(n^2.0) -> O(n^1.0)``, exact counts on inputs made larger; "skipped" with the reason where there are none.

    used: the calls that may be repeated -> seconds.
    """
    subjects = list(_subjects(case, used))
    if not subjects:
        return "skipped", "no captured call of a size that can be made larger"
    found = growths(stage, subjects, _TIMEOUT)
    told = []
    for old, new in zip(subjects[::2], subjects[1::2], strict=True):
        name = f"{old.function}: " if len(subjects) > 2 else ""
        told.append(name + _told(found[old.id], found[new.id]))
    known = any(found[one.id].exponent is not None for one in subjects)
    return ("passed" if known else "skipped"), "; ".join(told)


def _subjects(case: Case, used: Mapping[int, float]) -> Iterator[Subject]:
    """Each function twice: as it was and as it will be, on the middle one of its calls."""
    texts = {change.path: change for change in case.changes}
    by_function: dict[str, list[tuple[float, Call]]] = {}
    for index, seconds in used.items():
        call = case.calls[index]
        if call.size in _SIZES and call.function.partition("::")[0] in texts:
            by_function.setdefault(call.function, []).append((seconds, call))
    for function, calls in list(by_function.items())[:MOST]:
        _, call = sorted(calls, key=lambda pair: pair[0])[len(calls) // 2]
        path, _, name = function.partition("::")
        change = texts[path]
        for side, text in (("old", change.before), ("new", change.after)):
            yield Subject(f"{function} {side}", path, name, change.before, text, call.blob)


def _told(old: Growth, new: Growth) -> str:
    before, after = str(old), str(new)
    if not before and not after:
        return f"no exponent ({old.problem or new.problem or 'the counts lie on no line'})"
    return f"{before or 'not known'} -> {after or 'not known'}{_counts(old, new)}"


def _counts(old: Growth, new: Growth) -> str:
    """The steps of both on the largest input that both were given."""
    after = dict(new.points)
    for elements, steps in reversed(old.points):
        if elements in after:
            return f"; {steps:,} -> {after[elements]:,} steps at {elements:,} elements"
    return ""
