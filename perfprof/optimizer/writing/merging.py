"""Several patches of the same files as one change: hunks of the same base, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from perfprof.optimizer.patches import FileChange, Patch
from perfprof.optimizer.writing.edits.imports import joined
from perfprof.optimizer.writing.lines import changes as differing


class Conflict(ValueError):  # noqa: N818 - it says what it is
    """Two patches change the same lines; ``path`` says where."""

    def __init__(self, path: str, line: int) -> None:
        super().__init__(f"{path}:{line}: two patches change the same lines")
        self.path = path
        self.line = line


@dataclass(frozen=True, order=True, slots=True)
class _Hunk:
    start: int
    end: int
    lines: tuple[str, ...]


def merged(patches: Iterable[Patch]) -> tuple[FileChange, ...]:
    """The files as they are with all patches applied at once. Raises Conflict."""
    changes: dict[str, list[FileChange]] = {}
    for patch in patches:
        for change in patch.changes:
            changes.setdefault(change.path, []).append(change)
    return tuple(_merged(path, given) for path, given in sorted(changes.items()))


def conflict(patch: Patch, others: Sequence[Patch]) -> str:
    """Where a patch and the others change the same lines (path:line), empty if nowhere."""
    try:
        merged([*others, patch])
    except Conflict as problem:
        return f"{problem.path}:{problem.line}"
    return ""


def _merged(path: str, changes: Sequence[FileChange]) -> FileChange:
    before = changes[0].before
    if len(changes) == 1:
        return changes[0]
    if any(change.before != before or change.gone != changes[0].gone for change in changes):
        raise Conflict(path, 1)
    lines = before.splitlines(keepends=True)
    hunks: list[_Hunk] = []
    for change in changes:
        hunks += [one for one in _hunks(lines, change.after.splitlines(keepends=True)) if one not in hunks]
    result, position = [], 0
    for hunk in _imports_joined(sorted(hunks, key=lambda one: (one.start, one.end)), lines):
        if hunk.start < position:
            raise Conflict(path, hunk.start + 1)
        result += [*lines[position : hunk.start], *hunk.lines]
        position = hunk.end
    return FileChange(path, before, "".join([*result, *lines[position:]]))


def _imports_joined(hunks: Sequence[_Hunk], lines: Sequence[str]) -> list[_Hunk]:
    """Hunks that each add a name to the same import, as one that adds all of them."""
    result: list[_Hunk] = []
    for hunk in hunks:
        last = result[-1] if result else None
        if last is not None and (last.start, last.end) == (hunk.start, hunk.end) == (hunk.start, hunk.start + 1):
            line = joined("".join(last.lines), "".join(hunk.lines)) if _adds_names(last, hunk, lines) else ""
            if line:
                result[-1] = _Hunk(hunk.start, hunk.end, (line,))
                continue
        result.append(hunk)
    return result


def _adds_names(one: _Hunk, other: _Hunk, lines: Sequence[str]) -> bool:
    """Whether both make the line longer by names, and keep those that it has."""
    old = lines[one.start].rstrip("\r\n")
    return all(joined("".join(hunk.lines), old) == "".join(hunk.lines) for hunk in (one, other))


def _hunks(before: Sequence[str], after: Sequence[str]) -> list[_Hunk]:
    return [_Hunk(start, end, tuple(after[low:high])) for start, end, low, high in differing(before, after)]
