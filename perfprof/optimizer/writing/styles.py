"""How a project formats its code: what its configuration says, and where that is silent, what the file keeps to."""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_USUAL = 88  # black's own line length
_WIDEST = 120  # a longer line is an accident (a URL, a table), not the file's habit
_SELDOM = 100  # one line in so many may be longer than the file's habit
_LINTERS = {
    "setup.cfg": ("flake8", "pycodestyle", "pep8"),
    "tox.ini": ("flake8", "pycodestyle"),
    ".flake8": ("flake8",),
}


@dataclass(frozen=True, slots=True)
class Style:
    """What the project says: options for black, that ruff formats it, and how long a line may be.

    path and root: the file and its project. excluded: whether black is told to leave the file alone.
    """

    path: Path
    root: Path
    width: int
    black: Mapping[str, Any] | None = None
    ruff: bool = False
    excluded: bool = False


def style_of(path: Path, root: Path, text: str) -> Style:
    """The nearest configuration that speaks of a formatter, else a linter's line length or the file's own.

    path and root: absolute. text: the file as it is.
    """
    for folder in (path.parent, *path.parent.parents):
        if (folder / "ruff.toml").is_file() or (folder / ".ruff.toml").is_file():
            return Style(path, root, _habit(text), ruff=True)
        tools = _tools(folder / "pyproject.toml")
        if "black" in tools:
            options = _named(tools["black"])
            width = int(options.get("line_length", _USUAL))
            return Style(path, root, width, black=options, excluded=_excluded(options, path, root))
        if "ruff" in tools:
            width = int(tools["ruff"].get("line-length", 0)) or _habit(text)
            return Style(path, root, width, ruff="format" in tools["ruff"])
        width = _linted(folder)
        if width:
            return Style(path, root, width)
        if folder == root:
            break
    return Style(path, root, _habit(text))


def _named(options: Mapping[str, Any]) -> dict[str, Any]:
    """black's options under the names it uses itself: ``line-length`` is ``line_length``."""
    return {key.removeprefix("--").replace("-", "_"): value for key, value in options.items()}


def _tools(pyproject: Path) -> dict[str, Any]:
    import sys

    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        tools = tomllib.loads(pyproject.read_text("utf-8")).get("tool", {})
    except (OSError, ValueError):
        return {}
    return tools if isinstance(tools, dict) else {}


def _linted(folder: Path) -> int:
    """The line length that a linter is told to allow, if it is one that people keep; else 0."""
    for name, sections in _LINTERS.items():
        read = configparser.RawConfigParser()
        try:
            read.read(folder / name, "utf-8")
            for section in sections:
                for option in ("max-line-length", "max_line_length"):
                    width = read.getint(section, option, fallback=0)
                    if _USUAL - 9 <= width <= _WIDEST:
                        return width
        except (configparser.Error, ValueError):
            continue
    return 0


def _excluded(options: Mapping[str, Any], path: Path, root: Path) -> bool:
    name = f"/{path.relative_to(root).as_posix()}" if path.is_relative_to(root) else path.as_posix()
    patterns = (options.get(key) for key in ("exclude", "extend_exclude", "force_exclude"))
    return any(re.search(str(one), name, re.VERBOSE) for one in patterns if one)


def _habit(text: str) -> int:
    """The line length that the file keeps to but for one line in a hundred, 88 or its own wider one."""
    widths = sorted(width for line in text.split("\n") if 0 < (width := len(line.rstrip())) <= _WIDEST)
    return max(_USUAL, widths[-1 - len(widths) // _SELDOM]) if widths else _USUAL
