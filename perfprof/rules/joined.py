"""Several suspects of one rule as one: what one statement repeats is one change for whoever reads it.

Each part keeps its own reading and its own watches; the whole is worth what its best part is, and as safe as the
weakest of those that are written. A part that is open, or not worth it, stays as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from perfprof.rules.reading.extents import Extent
from perfprof.rules.rule import Case, Edit, Evidence, Level, Obligation, Proof, Rewrite, Rule, Suspect

T = TypeVar("T")


@dataclass(frozen=True, eq=False, slots=True)
class Joined:
    """The parts, in source order."""

    parts: tuple[Suspect, ...]


def grouped(found: Iterable[T], signs: Callable[[T], Iterable[Hashable]]) -> list[list[T]]:
    """Those that share a sign with one before them, in source order."""
    groups: list[list[T]] = []
    known: dict[Hashable, list[T]] = {}
    for one in found:
        mine = list(signs(one))
        group = next((known[sign] for sign in mine if sign in known), None)
        if group is None:
            group = []
            groups.append(group)
        group.append(one)
        known |= dict.fromkeys(mine, group)
    return groups


def told_together(
    found: Iterable[T], signs: Callable[[T], Iterable[Hashable]], suspect: Callable[[T], Suspect]
) -> Iterator[Suspect]:
    """A suspect for each group of those that share a sign."""
    for group in grouped(found, signs):
        yield as_one([suspect(one) for one in group])


def as_one(parts: Sequence[Suspect]) -> Suspect:
    """One suspect for several of the same function, told by all of their subjects."""
    first = parts[0]
    if len(parts) == 1:
        return first
    subjects = dict.fromkeys(one.finding.subject for one in parts)
    told = " and ".join(f"`{one}`" for one in subjects)
    message = first.finding.message.replace(f"`{first.finding.subject}`", told, 1)
    what = replace(first.finding, subject=", ".join(subjects), message=message)
    return Suspect(what, Joined(tuple(parts)), tuple(w for one in parts for w in one.watches), first.function)


def joining(rule: Rule) -> Rule:
    """The same rule, for suspects that are joined as well as for single ones."""
    scale = rule.scale

    def widest(suspect: Suspect) -> Extent:
        assert scale is not None
        return max((scale(one) for one in _parts(suspect)), key=lambda it: it.value)

    return replace(
        rule,
        scale=widest if scale is not None else None,
        worth=lambda case: _worth(rule, case),
        safe_if=tuple(replace(one, check=_weakest(rule, one)) for one in rule.safe_if),
        rewrite=lambda case: _written(rule, case),
    )


def _parts(suspect: Suspect) -> tuple[Suspect, ...]:
    return suspect.reading.parts if isinstance(suspect.reading, Joined) else (suspect,)


def _cases(rule: Rule, case: Case) -> list[Case]:
    """The parts that are worth it; all, if none is or no run tells."""
    parts = [replace(case, suspect=one) for one in _parts(case.suspect)]
    if len(parts) == 1 or not case.seen:
        return parts
    return [one for one in parts if rule.worth(one).enough] or parts


def _proofs(rule: Rule, part: Case) -> tuple[Proof, ...]:
    return tuple(one.check(part) for one in rule.safe_if)


def _safe(rule: Rule, case: Case) -> list[Case]:
    """The parts that are written: those of which nothing is open, else all."""
    cases = _cases(rule, case)
    if len(cases) < 2:
        return cases
    return [one for one in cases if all(p.level is not Level.OPEN for p in _proofs(rule, one))] or cases


def _worth(rule: Rule, case: Case) -> Evidence:
    found = [rule.worth(replace(case, suspect=one)) for one in _parts(case.suspect)]
    return max(found, key=lambda it: (it.enough, it.gain))


def _weakest(rule: Rule, obligation: Obligation) -> Callable[[Case], Proof]:
    def check(case: Case) -> Proof:
        return min((obligation.check(one) for one in _safe(rule, case)), key=lambda it: it.level)

    return check


def _written(rule: Rule, case: Case) -> Rewrite:
    """All parts at once; those with the same text share what is made before the loop."""
    rewrites: list[Rewrite] = []
    taken: dict[str, frozenset[str]] = {}
    names = case.taken
    for part in _safe(rule, case):
        here = taken.setdefault(part.suspect.finding.subject, names)
        rewrites.append(rule.rewrite(replace(part, taken=here, proofs=_proofs(rule, part))))
        names = names | _bound(rewrites[-1].edits)
    whys = dict.fromkeys(one.why for one in rewrites)
    edits = dict.fromkeys(edit for one in rewrites for edit in one.edits)
    return replace(rewrites[0], edits=tuple(edits), why="; ".join(whys))


def _bound(edits: Sequence[Edit]) -> frozenset[str]:
    trees = (ast.parse(edit.source) for edit in edits if edit.kind == "before")
    stored = (one for tree in trees for one in ast.walk(tree) if isinstance(one, ast.Name))
    return frozenset(one.id for one in stored if isinstance(one.ctx, ast.Store))
