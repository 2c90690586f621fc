"""Changes as git writes them: unified diffs that `git apply` and `git am` take."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from perfprof.optimizer.patches import FileChange
from perfprof.optimizer.writing.lines import changes as differing

CONTEXT = 3
_NO_END = "\\ No newline at end of file\n"


@dataclass(frozen=True, slots=True)
class Hunk:
    """One stretch of a diff. start: index of the first old (new) line; lines: (" ", "-" or "+", the line)."""

    old_start: int
    new_start: int
    lines: tuple[tuple[str, str], ...]

    def side(self, signs: str) -> list[str]:
        """The lines with one of these signs: " -" is what was there, " +" what is to be."""
        return [line for sign, line in self.lines if sign in signs]

    def __str__(self) -> str:
        old, new = len(self.side(" -")), len(self.side(" +"))
        head = f"@@ -{_range(self.old_start, old)} +{_range(self.new_start, new)} @@\n"
        return head + "".join(
            f"{sign}{line}" if line.endswith("\n") else f"{sign}{line}\n{_NO_END}" for sign, line in self.lines
        )


def _range(start: int, length: int) -> str:
    first = start + 1 if length else start
    return str(first) if length == 1 else f"{first},{length}"


def diff(changes: Iterable[FileChange], root: Path | None = None, context: int = CONTEXT) -> str:
    """All changes as one diff, in git's format; empty if nothing changes.

    An empty ``before`` stands for a new file. root: where to look up which files are executable.
    """
    return "".join(one_file(change, root, context) for change in changes if change.before != change.after)


def one_file(change: FileChange, root: Path | None = None, context: int = CONTEXT) -> str:
    """The diff of one file, with the names of both contents that ``git am -3`` looks for."""
    old, new = _quoted(f"a/{change.path}"), _quoted(f"b/{change.path}")
    mode = "100755" if root is not None and os.access(root / change.path, os.X_OK) else "100644"
    ids = f"{_blob(change.before)}..{_blob(change.after)}"
    if change.gone:
        head = f"deleted file mode {mode}\nindex {ids}\n--- {_named(old)}\n+++ /dev/null\n"
    elif change.before:
        head = f"index {ids} {mode}\n--- {_named(old)}\n+++ {_named(new)}\n"
    else:
        head = f"new file mode 100644\nindex {ids}\n--- /dev/null\n+++ {_named(new)}\n"
    body = "".join(str(hunk) for hunk in hunks(split(change.before), split(change.after), context))
    return f"diff --git {old} {new}\n{head}{body}"


def split(text: str) -> list[str]:
    """The lines as git counts them: a carriage return or a form feed is part of its line."""
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def hunks(old: Sequence[str], new: Sequence[str], context: int = CONTEXT) -> Iterator[Hunk]:
    """The differing stretches with unchanged lines around them, those that meet as one."""
    group: list[tuple[int, int, int, int]] = []
    for change in differing(old, new):
        if group and change[0] - group[-1][1] > 2 * context:
            yield _hunk(old, new, group, context)
            group = []
        group.append(change)
    if group:
        yield _hunk(old, new, group, context)


def _hunk(old: Sequence[str], new: Sequence[str], group: Sequence[tuple[int, int, int, int]], context: int) -> Hunk:
    lead = min(context, group[0][0])
    done = group[0][0] - lead
    lines: list[tuple[str, str]] = []
    for a, b, c, d in group:
        lines += [(" ", line) for line in old[done:a]]
        lines += [("-", line) for line in old[a:b]]
        lines += [("+", line) for line in new[c:d]]
        done = b
    lines += [(" ", line) for line in old[done : done + context]]
    return Hunk(group[0][0] - lead, group[0][2] - lead, tuple(lines))


def applied(parts: Sequence[Hunk], lines: Sequence[str]) -> list[str] | None:
    """The lines after hunks that were made for another version; None if any fits nowhere, or in two places.

    This is `git apply` with a stricter idea of where a hunk may go: git takes the nearest place.
    """
    result: list[str] = []
    done = 0
    for hunk in parts:
        at = _only_place(hunk, lines)
        if at is None or at < done:
            return None
        result += [*lines[done:at], *hunk.side(" +")]
        done = at + len(hunk.side(" -"))
    return [*result, *lines[done:]]


def _only_place(hunk: Hunk, lines: Sequence[str]) -> int | None:
    wanted = hunk.side(" -")
    last = len(lines) - len(wanted)
    if hunk.old_start == 0:  # git lets such a hunk stand only at the beginning
        places: Iterable[int] = range(min(1, last + 1))
    elif hunk.lines[-1][0] != " ":  # and one that ends without context only at the end
        places = range(max(last, 0), last + 1)
    else:
        places = (at for at in range(last + 1) if lines[at] == wanted[0])
    found = [at for at in places if lines[at : at + len(wanted)] == wanted]
    return found[0] if len(found) == 1 else None


def _blob(text: str) -> str:
    """git's name for a content; zeros for no file."""
    if not text:
        return "0" * 40
    data = text.encode("utf-8", "surrogateescape")
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _quoted(name: str) -> str:
    """A path as git writes it: in quotes where a control character, a quote or a backslash asks for it."""
    special = {"\t": "\\t", "\n": "\\n", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
    if not any(sign in special or ord(sign) < 32 or 0xDC80 <= ord(sign) <= 0xDCFF for sign in name):
        return name
    data = name.encode("utf-8", "surrogateescape")
    text = "".join(special.get(chr(byte), chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in data)
    return f'"{text}"'


def _named(name: str) -> str:
    """A path in a ``---`` or ``+++`` line, where a tab ends a name with spaces."""
    return f"{name}\t" if " " in name and not name.startswith('"') else name
