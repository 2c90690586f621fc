"""Plan: what is worth doing first, and what has to wait for something better proven."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from perfprof.optimizer.argue import Proven
from perfprof.optimizer.run import Outcome
from perfprof.optimizer.writing.edits import overlaps
from perfprof.rules.rule import Edit, Level, Rewrite


@dataclass(frozen=True, eq=False, slots=True)
class Candidate:
    """A proven case with its rewrite. impact: the part of the run's cost it may save, 0 to 1. effort: 1 is one plain line."""

    proven: Proven
    rewrite: Rewrite
    impact: float
    effort: float

    @property
    def priority(self) -> float:
        """Impact for effort."""
        return self.impact / self.effort

    @property
    def function(self) -> tuple[str, str]:
        """File and function that it edits."""
        finding = self.proven.case.suspect.finding
        return finding.path, finding.function

    @property
    def path(self) -> str:
        """The file it edits; for migrations the table's database."""
        return self.proven.case.suspect.finding.path


@dataclass(frozen=True, eq=False, slots=True)
class Plan:
    """What is tried, in this order, and what is held back with its reason."""

    candidates: tuple[Candidate, ...]
    held_back: tuple[Outcome, ...]

    @property
    def summary(self) -> str:
        """``7 to try · 1 held back``."""
        held = f" · {len(self.held_back)} held back" if self.held_back else ""
        return f"{len(self.candidates)} to try{held}"


def plan(proven: Iterable[Proven]) -> Plan:
    """Write each rewrite, rank, and let the better proven of two overlapping ones go first."""
    ready = [_candidate(one) for one in sorted(proven, key=_order)]
    chosen: list[Candidate] = []
    held: list[Outcome] = []
    taken: dict[tuple[str, str], frozenset[str]] = {}
    for one in sorted(ready, key=lambda it: (-it.proven.level, -it.priority, _order(it.proven))):
        rival = next((other for other in chosen if _overlap(one, other)), None)
        if rival is not None:
            held.append(_held_back(one, rival))
            continue
        names = taken.get(one.function, frozenset())
        if names:  # names that earlier rewrites of this function made up are taken
            case = replace(one.proven.case, taken=names)
            one = replace(one, rewrite=one.proven.rule.rewrite(case))  # noqa: PLW2901 - the same candidate, renamed
        chosen.append(one)
        taken[one.function] = names | _names(one.rewrite.edits)
    chosen.sort(key=lambda it: (-it.priority, _order(it.proven)))
    return Plan(tuple(chosen), tuple(held))


def _order(one: Proven) -> tuple[str, int, str]:
    finding = one.case.suspect.finding
    return finding.path, finding.line, finding.id


def _candidate(one: Proven) -> Candidate:
    rewrite = one.rule.rewrite(one.case)
    share = one.case.suspect.finding.share or 0.0
    impact = share * (1 - 1 / max(one.evidence.gain, 1.0))
    return Candidate(one, rewrite, impact, _effort(one, rewrite))


def _effort(one: Proven, rewrite: Rewrite) -> float:
    """Lines that a reviewer reads, weighed by how complex the function is (radon's cyclomatic complexity)."""
    lines = sum(edit.source.count("\n") + 1 for edit in rewrite.edits) or 1
    function = one.case.suspect.function
    return lines * (1 + _complexity(function.node) / 10) if function is not None else 1.0 + lines / 10


def _complexity(node: ast.AST) -> int:
    from radon.complexity import ComplexityVisitor

    if isinstance(node, ast.Module):
        return 1
    visitor = ComplexityVisitor.from_ast(node)
    return max((block.complexity for block in visitor.blocks), default=1)


def _overlap(one: Candidate, other: Candidate) -> bool:
    """Whether both change the same text, or one would copy text that the other changes."""
    return one.path == other.path and overlaps(one.rewrite.edits, other.rewrite.edits)


def _names(edits: Sequence[Edit]) -> frozenset[str]:
    found: set[str] = set()
    for edit in edits:
        for node in ast.walk(ast.parse(edit.source if edit.kind != "text" else "")):
            if isinstance(node, ast.Name):
                found.add(node.id)
    return frozenset(found)


def _held_back(one: Candidate, rival: Candidate) -> Outcome:
    case = one.proven.case
    other = rival.proven.case.suspect.finding
    reason = (
        f"changes the same text as {other.rule} at {other.path}:{other.line}, which is better proven or gains more"
    )
    level: Level = one.proven.level
    return Outcome(
        case.suspect.finding,
        "held back",
        reason,
        one.proven.rule.title,
        level,
        case.proofs,
        expected=one.proven.evidence.gain,
        priority=one.priority,
    )
