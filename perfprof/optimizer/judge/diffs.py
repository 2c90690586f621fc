"""Read a unified diff and apply it strictly: every context line must be there, nothing is guessed but the line number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from perfprof.errors import UsageError
from perfprof.optimizer.writing.diffs import split

_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_UNREADABLE = ("GIT binary patch", "Binary files ", "rename from ", "copy from ", "deleted file mode ")


@dataclass(frozen=True, slots=True)
class Hunk:
    """start: line of the old file, from 1 (0 in a new file). old and new: lines with their ends, context included."""

    start: int
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileDiff:
    """What a diff says of one file; ``created`` if it was not there before."""

    path: str
    hunks: tuple[Hunk, ...]
    created: bool = False


def parse(text: str, where: str = "the patch") -> list[FileDiff]:
    """All files of a unified diff, with or without git's headers, of ``git format-patch`` too."""
    lines = split(text)
    for line in lines:
        if line.startswith(_UNREADABLE):
            raise UsageError(f"the patch does what cannot be judged: {line.strip()}", where=where)
    found = []
    position = 0
    while position < len(lines):
        if _header(lines, position):
            old, new = lines[position][4:], lines[position + 1][4:]
            hunks, position = _hunks(lines, position + 2, where)
            found.append(FileDiff(_path(new if _gone(old) else old), tuple(hunks), _gone(old)))
        else:
            position += 1
    if not found:
        raise UsageError(
            "this is no unified diff", where=where, todo="Give a patch file or a git range such as main..HEAD."
        )
    return found


def apply(before: str, diff: FileDiff, *, reverse: bool = False) -> str | None:
    """The text with the diff in it (or taken out of it); None if it does not fit."""
    lines = split(before)
    result: list[str] = []
    position = 0
    for hunk in diff.hunks:
        old, new = (hunk.new, hunk.old) if reverse else (hunk.old, hunk.new)
        place = _find(lines, old, max(hunk.start - 1, 0), position)
        if place is None:
            return None
        result += [*lines[position:place], *new]
        position = place + len(old)
    return "".join([*result, *lines[position:]])


def _find(lines: Sequence[str], wanted: Sequence[str], guess: int, least: int) -> int | None:
    """Where these lines stand, nearest to the guess and not before ``least``."""
    last = len(lines) - len(wanted)
    for place in sorted(range(least, last + 1), key=lambda index: abs(index - guess)):
        if list(lines[place : place + len(wanted)]) == list(wanted):
            return place
    return None


def _header(lines: Sequence[str], position: int) -> bool:
    return (
        position + 2 < len(lines)
        and lines[position].startswith("--- ")
        and lines[position + 1].startswith("+++ ")
        and lines[position + 2].startswith("@@ ")
    )


def _hunks(lines: Sequence[str], position: int, where: str) -> tuple[list[Hunk], int]:
    hunks = []
    while position < len(lines) and (head := _HUNK.match(lines[position])):
        left = [int(head.group(2) or 1), int(head.group(4) or 1)]
        old: list[str] = []
        new: list[str] = []
        position += 1
        while position < len(lines) and (left[0] > 0 or left[1] > 0 or lines[position].startswith("\\")):
            _take(lines[position], lines[position - 1][:1], old, new, left)
            position += 1
        if left != [0, 0]:
            raise UsageError(f"the patch is damaged near its line {position}", where=where)
        hunks.append(Hunk(int(head.group(1)), tuple(old), tuple(new)))
    return hunks, position


def _take(line: str, above: str, old: list[str], new: list[str], left: list[int]) -> None:
    """One line of a hunk's body; ``above`` is the mark of the line before."""
    mark, rest = line[:1], line[1:]
    if mark == "\\":  # no newline at the end of the file: it belongs to the line before
        for side in [old] * (above != "+") + [new] * (above != "-"):
            side[-1] = side[-1].removesuffix("\n")
        return
    if mark in (" ", "-") or line in ("\n", "\r\n"):
        old.append(rest if mark in (" ", "-") else line)
        left[0] -= 1
    if mark in (" ", "+") or line in ("\n", "\r\n"):
        new.append(rest if mark in (" ", "+") else line)
        left[1] -= 1
    if mark not in (" ", "-", "+", "\n", "\r"):
        left[0] = left[1] = -1  # damaged; the caller says where


def _path(line: str) -> str:
    """A file name from a header line, without timestamp, quotes and the a/ or b/ of git."""
    name = line.rstrip("\r\n").partition("\t")[0].strip()
    if name.startswith('"') and name.endswith('"'):
        name = (
            name[1:-1]
            .encode("latin-1", "replace")
            .decode("unicode_escape")
            .encode("latin-1")
            .decode("utf-8", "replace")
        )
    return name[2:] if name[:2] in ("a/", "b/") else name


def _gone(line: str) -> bool:
    return line.split("\t", maxsplit=1)[0].strip() == "/dev/null"
