"""Patches one after the other: each for itself as long as it can be, and all of them in order.

In this order of preference, for each patch and the accepted ones before it:

1. made against the files as the user has them, with as much context as it takes to fit in one place only, there and
   on top of the others: it can be taken alone, and in order;
2. the same, but where it touches the others' lines (two patches add the same import) `git am -3` has to merge;
3. made on top of the others, which it then needs;
4. made against the files as they are, because it cannot go together with the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

from perfprof.optimizer.patches import FileChange, Patch
from perfprof.optimizer.writing.diffs import CONTEXT, applied, diff, hunks, one_file, split
from perfprof.optimizer.writing.lines import changes as differing
from perfprof.optimizer.writing.merging import Conflict, merged

_CONTEXTS = (CONTEXT, 6, 12, 25, 50)


@dataclass(frozen=True, slots=True)
class Placed:
    """A patch with its name, the text of its diff, and what to know about taking it, if anything."""

    name: str
    patch: Patch
    text: str
    note: str = ""
    fits: bool = True  # together with those before it


def placed(patch: Patch, name: str, earlier: Sequence[Placed], root: Path | None = None) -> Placed:
    """Put a patch after others. root: the project, to look up file modes."""
    others = [one for one in earlier if one.fits and _meet(one.patch, patch)]
    near = ", ".join(one.name for one in others)
    try:
        patches = [one.patch for one in others]
        before, after = merged(patches), merged([*patches, patch])
    except Conflict:
        return Placed(name, patch, diff(patch.changes, root), f"Not with: {near}", fits=False)
    stacked = _stacked(patch, before, after)
    widths = list(map(_width, patch.changes, stacked))
    if all(widths):
        return Placed(name, patch, "".join(map(one_file, patch.changes, repeat(root), widths)))
    if all(map(_git_merges, patch.changes, stacked)):
        return Placed(name, patch, diff(patch.changes, root), f"Together: git am -3, after {near}")
    return Placed(name, patch, diff(stacked, root), f"Needs: {near}")


def _meet(one: Patch, other: Patch) -> bool:
    return bool({change.path for change in one.changes} & {change.path for change in other.changes})


def _stacked(patch: Patch, before: Sequence[FileChange], after: Sequence[FileChange]) -> list[FileChange]:
    """The patch's changes on top of the others."""
    old, new = ({change.path: change.after for change in side} for side in (before, after))
    return [FileChange(one.path, old.get(one.path, one.before), new[one.path]) for one in patch.changes]


def _width(alone: FileChange, on_top: FileChange) -> int:
    """The least context with which the change goes both on the original and on top of the others; 0 if none does."""
    old, before, after = split(alone.before), split(on_top.before), split(on_top.after)
    for width in _CONTEXTS:
        parts = list(hunks(old, split(alone.after), width))
        if applied(parts, old) is not None and applied(parts, before) == after:
            return width
    return 0


def _git_merges(alone: FileChange, on_top: FileChange) -> bool:
    """Whether git's three-way merge takes the change: no two different changes may touch each other."""
    old = split(alone.before)
    theirs, ours = split(alone.after), split(on_top.before)
    for a, b, c, d in differing(old, theirs):
        for e, f, g, h in differing(old, ours):
            alike = (a, b) == (e, f) and theirs[c:d] == ours[g:h]
            if a <= f and e <= b and not alike:
                return False
    return True
