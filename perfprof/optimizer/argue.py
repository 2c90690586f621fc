"""Prove: weigh the argument of each suspect with what was observed."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from perfprof.optimizer.forecast import MUCH_LESS
from perfprof.optimizer.hardest import hardest
from perfprof.optimizer.run import Outcome
from perfprof.optimizer.suspects import Accused, Suspects
from perfprof.profilers.observations import Seen
from perfprof.profilers.recording import Execution
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Evidence, Finding, Level, Rule, weigh


@dataclass(frozen=True, eq=False, slots=True)
class Proven:
    """A suspect with enough evidence and no open obligation."""

    rule: Rule
    case: Case
    evidence: Evidence
    level: Level


@dataclass(frozen=True, eq=False, slots=True)
class Argued:
    """What can be tried, and what lacks evidence or a proof. hidden: of the latter, those below the least share."""

    proven: tuple[Proven, ...]
    dropped: tuple[Outcome, ...]
    hidden: int = 0

    @property
    def summary(self) -> str:
        """``6 proved · 2 guarded · 1 open``."""
        words = [one.level.word for one in self.proven] + [one.status for one in self.dropped]
        return " · ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words)) or "nothing to prove"


def prove(
    suspects: Suspects,
    program: Program,
    seen: Mapping[str, Seen],
    executions: tuple[Execution, ...],
    *,
    counted: bool = True,
) -> Argued:
    """Evidence first, then each obligation; what lacks one of them leaves with its reason.

    counted: what was seen is of as much work as what was recorded.
    """
    whole = max(suspects.seconds, sum(one.seconds for one in executions))  # they may have run side by side
    accused = suspects.accused if counted else tuple(map(_uncounted, suspects.accused))
    cases = [_case(one, program, seen, executions) for one in accused]
    left = _left_to_others(accused, cases)
    argued = [_or_dropped(one, case, whole, left) for one, case in zip(accused, cases, strict=True)]
    return _sorted_out(argued, suspects.least)


def _sorted_out(argued: Sequence[Proven | Outcome | None], least: float) -> Argued:
    """What can be tried, and the rest, costliest first."""
    dropped = [one for one in argued if isinstance(one, Outcome)]
    shown = [one for one in dropped if not _small(one.finding, least)]
    shown.sort(key=lambda one: one.finding.share or 0.0, reverse=True)
    proven = tuple(one for one in argued if isinstance(one, Proven))
    return Argued(proven, tuple(shown), len(dropped) - len(shown))


def _uncounted(one: Accused) -> Accused:
    return replace(one, forecast=one.forecast and replace(one.forecast, counted=False))


def _case(one: Accused, program: Program, seen: Mapping[str, Seen], executions: tuple[Execution, ...]) -> Case:
    case = Case(one.suspect, program, seen, executions, one.catalog, one.copy, definitions=one.definitions)
    return replace(case, tolerance=one.tolerance)


def _left_to_others(accused: Sequence[Accused], cases: Sequence[Case]) -> dict[str, str]:
    """Why suspects of a rule that looks at them side by side are left to another one of them."""
    left: dict[str, str] = {}
    for rule in dict.fromkeys(one.rule for one in accused if one.rule.together is not None):
        mine = [case for one, case in zip(accused, cases, strict=True) if one.rule is rule]
        with contextlib.suppress(Exception):  # then each is told by itself
            left |= rule.together(mine) if rule.together is not None else {}
    return left


def _or_dropped(one: Accused, case: Case, whole: float, left: Mapping[str, str]) -> Proven | Outcome | None:
    """What comes of one suspect; a rule that raises says nothing for it, and the run goes on."""
    try:
        return _argued(one, case, whole, left)
    except Exception:  # as in `find`
        last = traceback.format_exc(limit=-1).splitlines()[-1].partition(":")[0]  # what follows may hold values
        reason = f"rule {one.rule.name} failed and was dropped: {last}"
        return Outcome(one.suspect.finding, "open", reason, one.rule.title, Level.OPEN)


def _argued(one: Accused, case: Case, whole: float, left: Mapping[str, str]) -> Proven | Outcome | None:
    evidence = one.rule.worth(case)
    finding = replace(one.suspect.finding, evidence={**one.suspect.finding.evidence, **evidence.numbers})
    finding = _waiting(finding, whole)
    if not evidence.enough and not evidence.reason:
        return None
    little = _little(one, finding, evidence) or left.get(finding.id, "")
    finding = _its_own(one, finding, evidence)
    case = replace(case, suspect=replace(one.suspect, finding=finding))
    if little:
        return Outcome(finding, "cold", little, one.rule.title, Level.OPEN, expected=evidence.gain)
    proofs, level = weigh(one.rule, case)
    if level is Level.OPEN:
        told = hardest(proofs)
        place = f" ({told.where})" if told.where else ""
        reason = f"{told.obligation}: {told.why}{place}"
        counted = bool(one.rule.counter) or one.rule.in_function is None
        return Outcome(
            finding, "open", reason, one.rule.title, level, proofs, expected=evidence.gain, counted=counted
        )
    return Proven(one.rule, replace(case, proofs=proofs), evidence, level)


def _little(one: Accused, finding: Finding, evidence: Evidence) -> str:
    """Why it is not worth trying; empty if it is."""
    if not evidence.enough:
        return evidence.reason
    if one.forecast is None or _waits(one, finding):
        return ""
    return one.forecast.too_little(one.share, evidence, one.rule.promises)


def _its_own(one: Accused, finding: Finding, evidence: Evidence) -> Finding:
    """With the share of the scan itself, where its lines do more than that; what these have becomes evidence."""
    if one.forecast is None or _waits(one, finding):
        return finding
    share = one.forecast.share(one.share, evidence.bound)
    if share > MUCH_LESS * one.share:
        return finding
    more = {"share of its lines": f"{one.share:.1%}"}
    return replace(finding, share=share, evidence={**finding.evidence, **more})


def _waits(one: Accused, finding: Finding) -> bool:
    """Whether it has more than its share of samples: it waits for a database."""
    return (finding.share or 0.0) > one.share


def _waiting(finding: Finding, whole: float) -> Finding:
    """Its share, which is at least that of its statements: what a loop waits for shows in no CPU sample of its lines."""
    seconds = float(finding.evidence.get("seconds", 0.0))
    return replace(finding, share=max(finding.share or 0.0, min(seconds / (whole or 1.0), 1.0)))


def _small(finding: Finding, least: float) -> bool:
    """Whether the time of its statements is known, and little."""
    return "seconds" in finding.evidence and (finding.share or 0.0) < least
