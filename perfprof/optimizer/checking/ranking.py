"""What of the findings is worth showing: hot ones where something was recorded, else those that are large by reading."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfprof.errors import UsageError
from perfprof.optimizer import runs
from perfprof.optimizer.checking.reader import Found
from perfprof.optimizer.options import CheckOptions

if TYPE_CHECKING:
    from pathlib import Path

    from perfprof.profilers.recording import Recording
    from perfprof.rules.rule import Finding


@dataclass(frozen=True, slots=True)
class Ranked:
    """Findings in the order to show them. cold: how many a recording shows to be; unmeasured: of how many only a run tells."""

    shown: tuple[Found, ...]
    cold: int = 0
    unmeasured: int = 0


def rank(found: Sequence[Found], options: CheckOptions) -> Ranked:
    """With a recording: costliest first, and without what is cold in it; else by place, and what is large by reading.

    Gains that do not grow with the data are told only where a recording shows them hot, or when asked for by name.
    """
    found = one_each(found)
    run = runs.latest(options.project.home)
    recording = _opened(run / "recording.sqlite") if run is not None and found else None
    if run is None or recording is None:
        return Ranked(tuple(one for one in found if _told(one, options)), 0, _needing_a_run(found, options))
    shown: list[Found] = []
    unseen: list[Found] = []
    file = run / "recording.sqlite"
    with recording:
        for one in found:
            path = options.root / one.finding.path
            if not recording.total or path.stat().st_mtime > file.stat().st_mtime:
                unseen.append(one)  # nothing recorded of this text
                continue
            share = recording.share(str(path), one.finding.line, one.finding.end_line)
            if share >= options.min_share:
                shown.append(replace(one, finding=replace(one.finding, share=share)))
    cold = len(found) - len(unseen) - len(shown)
    shown += [one for one in unseen if _told(one, options)]
    shown.sort(key=lambda one: (-(one.finding.share or 0.0), one.finding.path, one.finding.line))
    return Ranked(tuple(shown), cold, _needing_a_run(unseen, options))


def one_each(found: Sequence[Found]) -> list[Found]:
    """One finding for what is read in one line: where one rule's subject holds another's, the narrower scan says more.

    Computing something once (which any rule's rewrite does as well) yields to asking for it by a hash.
    """
    kept: dict[tuple[str, int], list[Found]] = {}
    for one in sorted(found, key=lambda one: one.finding.rule == "loop-invariant-call"):
        there = kept.setdefault((one.finding.path, one.finding.line), [])
        if not any(_same(one.finding, other.finding) for other in there):
            there.append(one)
    chosen = {id(one) for there in kept.values() for one in there}
    return [one for one in found if id(one) in chosen]


def _same(one: Finding, other: Finding) -> bool:
    return one.subject in other.subject or other.subject in one.subject


def _told(one: Found, options: CheckOptions) -> bool:
    """Whether a finding is worth a word of which nothing was recorded."""
    if not one.grows:
        return bool(options.only)
    return one.large or options.unmeasured


def _needing_a_run(found: Iterable[Found], options: CheckOptions) -> int:
    return sum(one.grows and not _told(one, options) for one in found)


def _opened(file: Path) -> Recording | None:
    """The recording; None for one of another version, which says nothing here."""
    from perfprof.profilers.recording import Recording

    try:
        return Recording.open(file)
    except UsageError:
        return None
