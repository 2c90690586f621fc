"""What explains the peaks of CPU, the growth of memory and the waiting."""

from __future__ import annotations

from pathlib import Path

from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Recorded
from perfprof.optimizer.reports.recorded import ROWS, name_of, shortened
from perfprof.profilers.correlation import Cause, explain
from perfprof.profilers.recording import Recording

ORDER = 90
_BRIEF = 3
_LONG = 60  # letters of a statement


def section(recording: Recording, root: Path) -> Recorded | None:
    """One row a cause, and what the recording cannot tell."""
    found = explain(recording)
    if not found.causes:
        return None
    return Recorded(
        subject="correlation",
        title="What goes together",
        says=f"{found.seconds} seconds on one line of time; " + "; ".join(found.untold),
        brief=[_brief(cause, root) for cause in found.causes[:_BRIEF]],
        heads=["effect", "goes with", "share at its peaks", "share elsewhere", "rank correlation"],
        numbers=["share at its peaks", "share elsewhere", "rank correlation"],
        rows=[
            [
                cause.effect,
                f"{cause.kind} {_name(cause, root)}",
                figures.share(cause.share) if cause.share >= 0 else "",
                figures.share(cause.elsewhere) if cause.share >= 0 else "",
                f"{cause.strength:.2f}",
            ]
            for cause in found.causes[:ROWS]
        ],
    )


def _brief(cause: Cause, root: Path) -> str:
    share = (
        f"{figures.share(cause.share)} of them, {figures.share(cause.elsewhere)} elsewhere, "
        if cause.share >= 0
        else ""
    )
    return f"{cause.effect} · {cause.kind} {_name(cause, root)} · {share}rank correlation {cause.strength:.2f}"


def _name(cause: Cause, root: Path) -> str:
    if cause.kind == "function":
        path, _, function = cause.name.rpartition(":")
        return f"{name_of(path, root)}:{function}"
    return shortened(cause.name, _LONG)
