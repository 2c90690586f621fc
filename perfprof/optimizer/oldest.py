"""The oldest Python that a project promises to run on: a patch must not write what it cannot read."""

from __future__ import annotations

import ast
import re
from pathlib import Path

_DECLARED = re.compile(
    r"""(?:^|[(,])[ \t]*(?:requires-python|python_requires|python)\s*=\s*["']?[^\n0-9]*?(\d+)\.(\d+)""",
    re.MULTILINE,
)
_FILES = ("pyproject.toml", "setup.cfg", "setup.py")
_LEAST = (3, 7)  # what `ast` can still tell apart


def oldest_python(root: Path) -> tuple[int, int] | None:
    """The first version that the project's metadata names, at least 3.7; None if it names none."""
    for name in _FILES:
        file = root / name
        found = _DECLARED.search(file.read_text("utf-8", errors="replace")) if file.is_file() else None
        if found is not None:
            return max((int(found[1]), int(found[2])), _LEAST)
    return None


def too_new(before: str, after: str, oldest: tuple[int, int] | None) -> str:
    """Why the new text cannot be read by a Python that reads the old one; empty if it can."""
    if oldest is None or not _reads(before, oldest) or _reads(after, oldest):
        return ""
    return f"it needs a newer Python than {oldest[0]}.{oldest[1]}, which the project supports"


def _reads(text: str, version: tuple[int, int]) -> bool:
    try:
        ast.parse(text, feature_version=version)
    except (SyntaxError, ValueError):
        return False
    return True
