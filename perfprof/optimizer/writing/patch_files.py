"""Patches as files for `git am` and `git apply`, one finding a file, with the evidence and the verdict in the message.

What was accepted is in patches/, in an order in which ``git am -3 patches/*.patch`` takes all of it (see `series`);
what was not accepted waits in patches/not-accepted/.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from email.header import Header
from email.utils import format_datetime
from pathlib import Path

from perfprof import __version__
from perfprof.optimizer.run import Outcome
from perfprof.optimizer.writing.diffs import diff
from perfprof.optimizer.writing.patch_message import message, subject
from perfprof.optimizer.writing.series import Placed, placed

__all__ = ["diff", "write_patches"]

_ACCEPTED = ("accepted", "applied")


def write_patches(
    folder: Path,
    outcomes: Sequence[Outcome],
    command: str = "",
    root: Path | None = None,
    now: datetime.datetime | None = None,
) -> tuple[str, ...]:
    """Write a file for each outcome with a patch of files; their names, relative to folder, empty where there is none.

    command: the workload, for the line that says how to repeat. root: the project, to look up file modes.
    """
    when = now or datetime.datetime.now(datetime.timezone.utc)
    names: list[str] = []
    series: list[Placed] = []
    for outcome in outcomes:
        if outcome.patch is None or not outcome.patch.changes:
            names.append("")
            continue
        names.append(_name(outcome, names))
        accepted = outcome.status in _ACCEPTED
        one = placed(outcome.patch, Path(names[-1]).name, series if accepted else (), root)
        series += [one] if accepted else []
        path = folder / names[-1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_mail(outcome, one, command, when).encode("utf-8", "surrogateescape"))
    return tuple(names)


def _name(outcome: Outcome, names: Iterable[str]) -> str:
    place = "patches" if outcome.status in _ACCEPTED else "patches/not-accepted"
    number = 1 + sum(Path(name).parent.as_posix() == place for name in names if name)
    what = f"{outcome.finding.rule}-{outcome.finding.function.rpartition('.')[2]}"
    return f"{place}/{number:04}-{re.sub(r'[^A-Za-z0-9_]+', '-', what).strip('-')[:60]}.patch"


def _mail(outcome: Outcome, one: Placed, command: str, when: datetime.datetime) -> str:
    """The file: what `git format-patch` would have written for a commit with this message."""
    title = subject(outcome)
    encoded = Header(f"[PATCH] {title}", "us-ascii" if title.isascii() else "utf-8").encode(linesep="\n")
    notes = [one.note] if one.note else []
    if "\r\n" in one.text:
        notes.append("Lines: end with CR LF, so git am needs --keep-cr")
    head = [
        "From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001",
        "From: perfprof <perfprof@localhost>",
        f"Date: {format_datetime(when)}",
        f"Subject: {encoded}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=UTF-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        message(outcome, one.name, command, notes),
        "---",
    ]
    return "\n".join(head) + f"\n{one.text}-- \nperfprof {__version__}\n"
