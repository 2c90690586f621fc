"""Advice as migration files in the folder of a run; the project itself is not changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from perfprof.optimizer.indexes.advice import Advice, Proposal, Removal
from perfprof.optimizer.migrations.choose import changes
from perfprof.optimizer.patches import FileChange, Patch


def deliver(advice: Advice, root: Path, folder: Path) -> tuple[Path, ...]:
    """Write up and down of every proposal and removal below ``folder``, readable by the user alone.

    Paths (``migrations/…`` for plain SQL), numbers and kind (Django's, Alembic's, plain SQL) are those that the project at ``root`` would take next.
    """
    made: list[FileChange] = []
    for patch in _patches(advice):
        made += changes(root, patch, None, made)
    written: dict[Path, None] = {}
    for change in made:
        target = folder / change.path
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        target.write_text(change.after, "utf-8")
        target.chmod(0o600)
        written[target] = None
    return tuple(written)


def _patches(advice: Advice) -> Iterator[Patch]:
    for one in advice.proposals:
        yield Patch("advise", f"index on {one.table}", (), migration=one.migration, why=_gain(advice, one))
    for gone in advice.removals:
        yield Patch("advise", f"drop {gone.name}", (), migration=gone.migration, why=_loss(gone))


def _gain(advice: Advice, one: Proposal) -> str:
    """Estimated and, where it was run, measured; of the whole advice, since indexes work together."""
    size = f"about {one.forecast / 1e6:.1f} MB" + (
        f", built on a copy {one.built / 1e6:.1f} MB" if one.built else ""
    )
    told = f"{size}; with all that is advised the planner's cost is {advice.share:.1%} of what it was"
    if advice.measured_share >= 0:
        return f"{told}, the time on a copy {advice.measured_share:.1%}."
    return f"{told}; nothing was executed."


def _loss(gone: Removal) -> str:
    instead = f"; {gone.instead} does its work" if gone.instead else ""
    return f"Drops an index of {gone.bytes / 1e6:.1f} MB: {gone.reason}{instead}."
