"""Read a unified diff and apply it strictly: every context line must be there, nothing is guessed but the line number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from perfprof.errors import UsageError
from perfprof.optimizer.writing.diffs import split

_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_PREFIX = re.compile(r"^(?:[abciow12])/")  # of git, those of diff.mnemonicPrefix too
_TODO = "Give a patch file, a git range such as main..HEAD, or - for standard input."


@dataclass(frozen=True, slots=True)
class Hunk:
    """start: line of the old (new) file, from 1; 0 in a new file. old and new: lines with ends, context included."""

    start: int
    old: tuple[str, ...]
    new: tuple[str, ...]
    new_start: int = 0


@dataclass(frozen=True, slots=True)
class FileDiff:
    """What a diff says of one file; ``created`` if it was not there before, ``deleted`` if it is not there after.

    path: where it is before (after, if it is created), as the diff writes it but for git's prefix. target: its new
    name, where it gets one. raw: the name with its prefix.
    """

    path: str
    hunks: tuple[Hunk, ...]
    created: bool = False
    deleted: bool = False
    target: str = ""
    raw: str = ""


@dataclass
class _Section:
    """What git says of one file before its hunks."""

    old: str = ""
    new: str = ""
    created: bool = False
    deleted: bool = False
    renamed: bool = False
    hunks: list[Hunk] = field(default_factory=list)

    def says_nothing(self) -> bool:
        """A change of rights alone, or a head without a body."""
        return not (self.hunks or self.created or self.deleted or self.renamed)

    def diff(self) -> FileDiff:
        raw = self.new if self.created else self.old
        if self.renamed:  # git writes these names without a prefix
            return FileDiff(raw, tuple(self.hunks), target=self.new, raw=raw)
        return FileDiff(plain(raw), tuple(self.hunks), self.created, self.deleted, raw=raw)


def parse(text: str, where: str = "the patch") -> list[FileDiff]:
    """All files of a unified diff, with or without git's headers, of ``git format-patch`` too. Raises UsageError."""
    found = [section.diff() for section in _sections(split(text), where) if not section.says_nothing()]
    if found:
        return found
    if not text.strip():
        raise UsageError("the patch is empty", where=where, todo=_TODO)
    if re.search(r"^(old mode|new mode|index|diff --git) ", text, re.M):
        raise UsageError("the patch changes no line of any file", where=where)
    raise UsageError("this is no unified diff", where=where, todo=_TODO)


def plain(name: str) -> str:
    """A file name without git's prefix."""
    return _PREFIX.sub("", name, count=1)


def apply(before: str, diff: FileDiff, *, reverse: bool = False) -> str | None:
    """The text with the diff in it (or taken out of it); None if it does not fit.

    Where the patch has other line ends than the file, as mail programs make them, those of the file hold.
    """
    result = _applied(before, diff.hunks, reverse=reverse)
    if result is None and before:
        end = "\r\n" if "\r\n" in before else "\n"
        result = _applied(before, [_with_ends(hunk, end) for hunk in diff.hunks], reverse=reverse)
    return result


def _applied(before: str, hunks: Sequence[Hunk], *, reverse: bool) -> str | None:
    lines = split(before)
    result: list[str] = []
    position = 0
    for hunk in hunks:
        old, new = (hunk.new, hunk.old) if reverse else (hunk.old, hunk.new)
        start = (hunk.new_start or hunk.start) if reverse else hunk.start
        place = _find(lines, old, max(start - 1, 0) if old else start, position)
        if place is None:
            return None
        result += [*lines[position:place], *new]
        position = place + len(old)
    return "".join([*result, *lines[position:]])


def _with_ends(hunk: Hunk, end: str) -> Hunk:
    def ended(line: str) -> str:
        return line.rstrip("\r\n") + (end if line.endswith("\n") else "")

    return Hunk(hunk.start, tuple(map(ended, hunk.old)), tuple(map(ended, hunk.new)), hunk.new_start)


def _find(lines: Sequence[str], wanted: Sequence[str], guess: int, least: int) -> int | None:
    """Where these lines stand, nearest to the guess and not before ``least``."""
    sought, last = list(wanted), len(lines) - len(wanted)
    for place in sorted(range(least, last + 1), key=lambda index: abs(index - guess)):
        if list(lines[place : place + len(wanted)]) == sought:
            return place
    return None


def _sections(lines: Sequence[str], where: str) -> Iterator[_Section]:
    section = _Section()
    position = 0
    while position < len(lines):
        line = lines[position]
        if line.startswith("diff --git "):
            yield section
            section = _Section(*_git_names(line))
        elif line.startswith(("GIT binary patch", "Binary files ")):
            name = section.old or line.strip()
            raise UsageError(f"the patch changes a binary file, which cannot be judged: {plain(name)}", where=where)
        elif _header(lines, position):
            if section.hunks:  # a diff without git's headers
                yield section
                section = _Section()
            _name(section, lines[position][4:], lines[position + 1][4:])
            section.hunks, position = _hunks(lines, position + 2, where)
            continue
        else:
            _extended(section, line.rstrip("\r\n"), where)
        position += 1
    yield section


def _extended(section: _Section, line: str, where: str) -> None:
    """One of git's lines between ``diff --git`` and the hunks."""
    if not section.old:
        if line.startswith(("rename from ", "rename to ")):
            raise UsageError("the patch is damaged: a rename without its file", where=where)
        return
    if line.startswith("new file mode "):
        section.created = True
    elif line.startswith("deleted file mode "):
        section.deleted = True
    elif line.startswith("copy to "):
        raise UsageError(
            f"the patch copies a file: {line.removeprefix('copy to ')}",
            where=where,
            todo="Make it with git diff --no-renames.",
        )
    elif line.startswith("rename from "):
        section.old, section.renamed = _unquoted(line.removeprefix("rename from ")), True
    elif line.startswith("rename to "):
        section.new = _unquoted(line.removeprefix("rename to "))


def _git_names(line: str) -> tuple[str, str]:
    """Both names in ``diff --git a/x b/x``; they are the same but for the prefix unless other lines say otherwise."""
    rest = line.removeprefix("diff --git ").rstrip("\r\n")
    quoted = re.fullmatch(r'("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*")', rest)
    if quoted:
        return _unquoted(quoted[1]), _unquoted(quoted[2])
    middle = len(rest) // 2
    return rest[:middle], rest[middle + 1 :]


def _name(section: _Section, old: str, new: str) -> None:
    """Take the names of ``---`` and ``+++``, which are surer than those of git's first line."""
    gone, fresh = _gone(new), _gone(old)
    if section.renamed:
        return
    section.created, section.deleted = section.created or fresh, section.deleted or gone
    section.old = section.new if fresh else _path(old)
    section.new = _path(old if gone else new)


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
        hunks.append(Hunk(int(head.group(1)), tuple(old), tuple(new), int(head.group(3))))
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
    """A file name from a header line, without timestamp and quotes."""
    return _unquoted(line.rstrip("\r\n").partition("\t")[0].strip())


def _unquoted(name: str) -> str:
    if not (name.startswith('"') and name.endswith('"')):
        return name
    plain_text = name[1:-1].encode("latin-1", "replace").decode("unicode_escape")
    return plain_text.encode("latin-1", "replace").decode("utf-8", "surrogateescape")


def _gone(line: str) -> bool:
    return line.split("\t", maxsplit=1)[0].strip() == "/dev/null"
