"""A range of git as exact texts: what a change is from and to, and what makes the working tree its start."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from perfprof.errors import UsageError
from perfprof.optimizer.judge.trees import read_text
from perfprof.optimizer.patches import FileChange


@dataclass(frozen=True, slots=True)
class Between:
    """changes: from the first revision to the second. base: from the working tree to the first revision."""

    changes: tuple[FileChange, ...]
    base: tuple[FileChange, ...]


def between(text: str, root: Path) -> Between:
    """What ``A..B``, ``A...B`` (since they parted) or ``A`` (to the working tree) means below ``root``.

    Raises UsageError if git knows no such range, or if nothing differs.
    """
    first, last = _ends(text, root)
    names = _names(root, first, last)
    if not names:
        raise UsageError(
            "this range changes nothing here",
            where=text,
            todo="HEAD~1..HEAD is the last commit, HEAD what is not yet in one.",
        )
    changes = (_change(root, name, first, last, text) for name in names)
    base = (_change(root, name, "", first, text) for name in _names(root, first, ""))
    return Between(tuple(filter(None, changes)), tuple(filter(None, base)))


def _ends(text: str, root: Path) -> tuple[str, str]:
    """Both revisions by their full names; the second is empty for the working tree."""
    dots = "..." if "..." in text else ".."
    first, found, last = text.partition(dots)
    ends = [_revision(root, name or "HEAD", text) for name in ([first, last] if found else [first])]
    if dots == "..." and found:
        ends[0] = _git(root, text, "merge-base", *ends).strip()
    return ends[0], ends[1] if found else ""


def _revision(root: Path, name: str, text: str) -> str:
    if name.startswith("-"):
        raise _unknown(text)
    return _git(root, text, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}").strip()


def _names(root: Path, first: str, last: str) -> list[str]:
    """Files below root that differ, relative to it; an empty ``last`` is the working tree."""
    argv = [
        "diff",
        "--name-only",
        "-z",
        "--no-renames",
        "--no-ext-diff",
        "--relative",
        first,
        *filter(None, [last]),
    ]
    return [name for name in _git(root, first, *argv, "--").split("\0") if name]


def _change(root: Path, name: str, first: str, last: str, text: str) -> FileChange | None:
    """One file from one revision to another; empty names are the working tree. None if it stays as it is."""
    before, after = _text(root, name, first, text), _text(root, name, last, text)
    if before == after:
        return None
    return FileChange(name, before or "", after or "", gone=after is None)


def _text(root: Path, name: str, revision: str, text: str) -> str | None:
    if not revision:
        return read_text(root / name) if (root / name).is_file() else None
    if not _git(root, text, "ls-tree", "-z", revision, "--", name):
        return None
    return _git(root, text, "cat-file", "--filters", f"{revision}:./{name}")


def _git(root: Path, text: str, *argv: str) -> str:
    try:
        ran = subprocess.run(
            ["git", "-C", str(root), *argv], capture_output=True, check=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.CalledProcessError):
        raise _unknown(text) from None
    return ran.stdout.decode("utf-8", "surrogateescape")


def _unknown(text: str) -> UsageError:
    return UsageError(
        "this is neither a patch file nor a git range",
        where=text,
        todo="Give a file, or a range such as main..HEAD.",
    )
