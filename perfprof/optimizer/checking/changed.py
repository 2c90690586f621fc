"""Which lines differ from a git revision."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

Lines = Mapping[Path, Sequence[tuple[int, int]]]

# Whatever the user's git is set to, names come as they are and behind "b/".
DIFF = ("-c", "core.quotePath=false", "diff", "-U0", "--no-color", "--no-ext-diff", "--relative")
PREFIXES = ("--src-prefix=a/", "--dst-prefix=b/")
UNTRACKED = ("ls-files", "--others", "--exclude-standard", "-z", "--", "*.py")
LAST = 2**31  # behind the end of any file


def changed_lines(root: Path, revision: str) -> Lines:
    """Line ranges (first, last) of each file that differ from a git revision; a file that git does not know is new.

    Raises UsageError if git cannot tell.
    """
    changed = _ranges(root, _git(root, revision, *DIFF, *PREFIXES, revision, "--"))
    for name in filter(None, _git(root, revision, *UNTRACKED).split("\0")):
        changed[root / name] = [(1, LAST)]
    return changed


def _git(root: Path, revision: str, *argv: str) -> str:
    import subprocess

    from perfprof.errors import UsageError

    try:
        done = subprocess.run(["git", "-C", str(root), *argv], capture_output=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as problem:
        said = getattr(problem, "stderr", b"") or b""
        reason = said.decode(errors="replace").strip().splitlines()
        raise UsageError(f"git cannot compare with {revision!r}: {reason[0] if reason else problem}") from problem
    return done.stdout.decode(errors="replace")


def _ranges(root: Path, diff: str) -> dict[Path, list[tuple[int, int]]]:
    changed: dict[Path, list[tuple[int, int]]] = {}
    path: Path | None = None
    for line in diff.splitlines():
        if line.startswith("+++ "):  # git ends a name that has spaces with a tab
            path = root / line[6:].rstrip("\t") if line.startswith("+++ b/") else None
        elif line.startswith("@@") and path is not None:
            match = re.search(r"\+(\d+)(?:,(\d+))?", line)
            if match:
                first, count = int(match.group(1)), int(match.group(2) or 1)
                changed.setdefault(path, []).append((first, first + max(count, 1) - 1))
    return changed
