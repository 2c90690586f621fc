"""Rewrite: edits become whole texts, formatted where they touch, and thereby patches."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from perfprof.optimizer.oldest import oldest_python, too_new
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.optimizer.plan import Candidate, Plan
from perfprof.optimizer.reports import figures
from perfprof.optimizer.run import Outcome
from perfprof.optimizer.sources import Sources
from perfprof.optimizer.writing.edits import EditError, apply_edits
from perfprof.optimizer.writing.formatting import format_touched
from perfprof.rules.reading.program import parse
from perfprof.rules.rule import Edit


@dataclass(frozen=True, eq=False, slots=True)
class Written:
    """Candidates with their patches, in order, and those that could not be written, with the reason."""

    patches: tuple[tuple[Candidate, Patch], ...]
    refused: tuple[Outcome, ...]

    @property
    def summary(self) -> str:
        """``5 patches · 1 migration``."""
        migrations = sum(patch.migration is not None for _, patch in self.patches)
        patches = len(self.patches) - migrations
        counts = [(patches, figures.counted(patches, "patch", "patches"))]
        counts += [(migrations, figures.counted(migrations, "migration"))]
        counts += [(len(self.refused), f"{len(self.refused)} refused")]
        return " · ".join(told for number, told in counts if number)


def rewrite(planned: Plan, sources: Sources, root: Path) -> Written:
    """A patch for each candidate; what cannot be written is held back with the reason."""
    patches: list[tuple[Candidate, Patch]] = []
    refused: list[Outcome] = []
    for one in planned.candidates:
        waiting = _waits(one, root)
        if waiting:
            refused.append(outcome(one, "held back", waiting))
            continue
        try:
            patches.append((one, _patch(one, sources, root)))
        except EditError as problem:
            refused.append(outcome(one, "held back", f"cannot be written: {problem}"))
    return Written(tuple(patches), tuple(refused))


def _waits(one: Candidate, root: Path) -> str:
    """Why a migration is not written a second time; empty if it is new."""
    if one.rewrite.migration is None:
        return ""
    from perfprof.optimizer.migrations.choose import pending

    found = pending(root, one.rewrite.migration)
    return "" if found is None else f"{found.relative_to(root).as_posix()} builds it and waits to be applied"


def outcome(one: Candidate, status: str, reason: str) -> Outcome:
    """What became of a candidate."""
    case, rule = one.proven.case, one.proven.rule
    return Outcome(
        case.suspect.finding,
        status,  # type: ignore[arg-type]  # callers pass one of Status
        reason,
        rule.title,
        one.proven.level,
        case.proofs,
        expected=one.proven.evidence.gain,
        priority=one.priority,
    )


def _patch(one: Candidate, sources: Sources, root: Path) -> Patch:
    case, rule, rewrite = one.proven.case, one.proven.rule, one.rewrite
    finding = case.suspect.finding
    by_file: dict[str, list[Edit]] = defaultdict(list)
    for edit in rewrite.edits:
        by_file[edit.path or finding.path].append(edit)
    changes = []
    for path, edits in sorted(by_file.items()):
        before = sources.text(root / path)
        if before is None:
            raise EditError(f"{path} is gone")
        after = apply_edits(before, edits)
        unreadable = too_new(before, after, oldest_python(root))
        if unreadable:
            raise EditError(unreadable)
        changes.append(FileChange(path, before, format_touched(before, after, root / path, root)))
    return Patch(
        rule=rule.name,
        title=rule.title,
        changes=tuple(changes),
        finding=finding,
        proofs=case.proofs,
        level=one.proven.level,
        migration=rewrite.migration,
        functions=tuple(
            dict.fromkeys(
                [*(name for change in changes for name in changed_functions(change, root)), *rewrite.watched]
            )
        ),
        promise=rule.promises,
        counter=rule.counter,
        why=rewrite.why,
        memory=rewrite.memory,
        reshapes=rewrite.reshapes,
        measured=rewrite.measured,
        tolerance=rewrite.tolerance,
    )


def changed_functions(change: FileChange, root: Path) -> list[str]:
    """``path::qualified.name`` of the functions of the old text whose code is another one in the new text."""
    if not change.path.endswith(".py"):
        return []
    old, new = (parse(root / change.path, root, text) for text in (change.before, change.after))
    later = {one.qualname: ast.dump(one.node) for one in new.functions}
    return [
        f"{change.path}::{one.qualname}"
        for one in old.functions
        if one.qualname != "<module>" and later.get(one.qualname) != ast.dump(one.node)
    ]
