"""The first line of a run: which perfprof, which Python, which machine, which revision."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from perfprof import __version__


def greeting(root: Path) -> str:
    """``perfprof 0.1.0 · Python 3.11 · 2 cores · main@4f2c1e``; starts no process, so that it comes at once."""
    python = ".".join(platform.python_version_tuple()[:2])
    revision = _revision(root)
    parts = [
        f"perfprof {__version__}",
        f"Python {python}",
        f"{os.cpu_count()} cores",
        *([revision] if revision else []),
    ]
    return " · ".join(parts)


def _revision(root: Path) -> str:
    """Branch and commit as git's own files tell, empty if they do not."""
    try:
        folder = root / ".git"
        if folder.is_file():  # a linked work tree or a submodule
            folder = (root / folder.read_text().removeprefix("gitdir:").strip()).resolve()
        head = (folder / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head[:6]
        name = head.removeprefix("ref: ")
        branch, loose = name.removeprefix("refs/heads/"), _common(folder) / name
        return f"{branch}@{loose.read_text()[:6]}" if loose.is_file() else branch
    except (OSError, UnicodeDecodeError):
        return ""


def _common(folder: Path) -> Path:
    """Where the references are: for a linked work tree not in its own folder."""
    pointer = folder / "commondir"
    return (folder / pointer.read_text().strip()).resolve() if pointer.is_file() else folder
