"""Which lines differ from a git revision."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

Lines = Mapping[Path, Sequence[tuple[int, int]]]


def changed_lines(root: Path, revision: str) -> Lines:
    """Line ranges (first, last) of each file that differ from a git revision. Raises UsageError if git cannot tell."""
    import subprocess

    from perfprof.errors import UsageError

    argv = ["git", "-C", str(root), "diff", "-U0", "--no-color", "--no-ext-diff", "--relative", revision, "--"]
    try:
        done = subprocess.run(argv, capture_output=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as problem:
        said = getattr(problem, "stderr", b"") or b""
        reason = said.decode(errors="replace").strip().splitlines()
        raise UsageError(f"git cannot compare with {revision!r}: {reason[0] if reason else problem}") from problem
    changed: dict[Path, list[tuple[int, int]]] = {}
    path: Path | None = None
    for line in done.stdout.decode(errors="replace").splitlines():
        if line.startswith("+++ "):
            path = root / line[6:] if line.startswith("+++ b/") else None
        elif line.startswith("@@") and path is not None:
            match = re.search(r"\+(\d+)(?:,(\d+))?", line)
            if match:
                first, count = int(match.group(1)), int(match.group(2) or 1)
                changed.setdefault(path, []).append((first, first + max(count, 1) - 1))
    return changed
