"""Format what an edit touched, and only that, the way the project formats its code."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfprof.optimizer.writing.edits import trees
from perfprof.optimizer.writing.edits.stretches import stretches
from perfprof.optimizer.writing.edits.text import BOM, EditError, Text, newlines_of, with_newlines
from perfprof.optimizer.writing.lines import changes

if TYPE_CHECKING:
    import black

_USUAL = 88  # black's own line length
_WIDEST = 120  # a longer line is an accident (a URL, a table), not the file's habit
_OFF = re.compile(r"#\s*(fmt:\s*off|yapf:\s*disable)\b")
_ON = re.compile(r"#\s*(fmt:\s*on|yapf:\s*enable)\b")

Range = tuple[int, int]  # first and last line, both included, from 1


@dataclass(frozen=True, slots=True)
class _Style:
    """What the project says: options for black, that ruff formats it, or at least how long a line may be (0: no)."""

    black: Mapping[str, Any] | None = None
    ruff: bool = False
    width: int = 0


def format_touched(before: str, after: str, path: Path, root: Path) -> str:
    """``after`` with the lines that differ from ``before`` formatted by the project's own formatter.

    ``after`` comes back as it is when formatting fails, would change its meaning, or would change any other line.
    path and root: absolute; the configuration is looked up from path's folder to root.
    """
    bom = BOM if after.startswith(BOM) else ""
    kinds = newlines_of(after)
    if len(kinds) > 1:
        return after
    old, plain = (with_newlines(text.removeprefix(BOM), "\n") for text in (before, after))
    touched = [(low + 1, high) for low, high in _new_lines(old, plain) if low < high]
    if not touched:
        return after
    try:
        result = _formatted(plain, touched, _habit(old), path, root)
    except Exception:  # formatters raise what they like, and layout is never worth a failed run
        return after
    if not _only(touched, plain, result) or not _means_the_same(plain, result):
        return after
    return bom + with_newlines(result, next(iter(kinds), "\n"))


def _formatted(plain: str, touched: Sequence[Range], habit: int, path: Path, root: Path) -> str:
    style = _style(path, root)
    if style.ruff and _ruff():
        return _by_ruff(plain, touched, path, root)
    mode = _mode(style, plain, habit, path, root)
    return plain if mode is None else _by_black(plain, touched, mode)


def _new_lines(before: str, after: str) -> list[tuple[int, int]]:
    return [(low, high) for _, _, low, high in changes(Text.of(before).lines, Text.of(after).lines)]


def _only(touched: Sequence[Range], plain: str, result: str) -> bool:
    """Whether formatting kept to the touched lines."""
    changed = _new_lines(result, plain)
    return all(any(first - 1 <= low and high <= last for first, last in touched) for low, high in changed)


def _means_the_same(plain: str, result: str) -> bool:
    try:
        return trees.same(trees.parse(plain), trees.parse(result))
    except EditError:
        return False


def _style(path: Path, root: Path) -> _Style:
    """The nearest configuration that speaks of a formatter."""
    for folder in (path.parent, *path.parent.parents):
        if (folder / "ruff.toml").is_file() or (folder / ".ruff.toml").is_file():
            return _Style(ruff=True)
        tools = _tools(folder / "pyproject.toml")
        if "black" in tools:
            return _Style(black=_named(tools["black"]))
        if "ruff" in tools:
            return _Style(ruff="format" in tools["ruff"], width=int(tools["ruff"].get("line-length", 0)))
        if folder == root:
            break
    return _Style()


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


def _mode(style: _Style, plain: str, habit: int, path: Path, root: Path) -> black.Mode | None:
    """How black is to write; None where it should not."""
    import black
    from black.mode import TargetVersion

    if not re.fullmatch("( {4})+", Text.of(plain).indent):
        return None  # black knows no other indentation
    options = style.black
    if options is None:
        return black.Mode(line_length=style.width or habit, string_normalization=False)
    if _excluded(options, path, root):
        return None
    return black.Mode(
        target_versions={TargetVersion[name.upper()] for name in options.get("target_version") or ()},
        line_length=int(options.get("line_length", _USUAL)),
        string_normalization=not options.get("skip_string_normalization", False),
        magic_trailing_comma=not options.get("skip_magic_trailing_comma", False),
        preview=bool(options.get("preview", False)),
    )


def _excluded(options: Mapping[str, Any], path: Path, root: Path) -> bool:
    name = f"/{path.relative_to(root).as_posix()}" if path.is_relative_to(root) else path.as_posix()
    patterns = (options.get(key) for key in ("exclude", "extend_exclude", "force_exclude"))
    return any(re.search(str(one), name, re.VERBOSE) for one in patterns if one)


def _habit(plain: str) -> int:
    """The line length that the file keeps to, 88 or its own wider one."""
    widths = (len(line.rstrip()) for line in plain.split("\n"))
    return max([_USUAL, *(width for width in widths if width <= _WIDEST)])


def _by_black(plain: str, touched: Sequence[Range], mode: black.Mode) -> str:
    """Format the touched top-level statements only: black takes a second for 3,000 lines."""
    import black

    text = Text.of(plain)
    pieces: list[str] = []
    done = 0
    for stretch in stretches(text, trees.parse(plain)):
        here = [
            (max(first, stretch.first) - stretch.first + 1, min(last, stretch.last) - stretch.first + 1)
            for first, last in touched
            if first <= stretch.last and stretch.first <= last
        ]
        if here and not _switched_off(text.between(1, stretch.first - 1)):
            old = text.between(stretch.first, stretch.last)
            new = black.format_str(old, mode=mode, lines=here)
            pieces += [text.between(done + 1, stretch.first - 1), new if old.endswith("\n") else new.rstrip("\n")]
            done = stretch.last
    return "".join([*pieces, text.between(done + 1, len(text.lines))])


def _switched_off(above: str) -> bool:
    """Whether the author has switched formatting off above, and not on again."""
    last_off = max((match.start() for match in _OFF.finditer(above)), default=-1)
    return any(True for _ in _OFF.finditer(above)) and not _ON.search(above, last_off)


def _ruff() -> str | None:
    import shutil
    import sys

    beside = Path(sys.executable).with_name("ruff")
    return shutil.which("ruff") or (str(beside) if beside.is_file() else None)


def _by_ruff(plain: str, touched: Sequence[Range], path: Path, root: Path) -> str:
    import subprocess

    text = plain
    for first, last in reversed(touched):  # from the end, so that the lines above keep their numbers
        argv = [_ruff() or "ruff", "format", f"--range={first}-{last + 1}", "--stdin-filename", str(path), "-"]
        done = subprocess.run(argv, input=text.encode(), capture_output=True, check=True, cwd=root, timeout=60)
        text = done.stdout.decode()
    return text
