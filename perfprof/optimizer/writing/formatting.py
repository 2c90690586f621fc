"""Format what an edit touched, and only that, the way the project formats its code.

Where no formatter is named and the touched code is not as black would have it, what the edit added is wrapped, and what
stands beside it stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.optimizer.writing.edits import trees
from perfprof.optimizer.writing.edits.stretches import stretches
from perfprof.optimizer.writing.edits.text import BOM, EditError, Text, newlines_of, with_newlines
from perfprof.optimizer.writing.lines import changes
from perfprof.optimizer.writing.styles import Style, style_of
from perfprof.optimizer.writing.wrapping import unit_of, wrapped

if TYPE_CHECKING:
    import black

_OFF = re.compile(r"#\s*(fmt:\s*off|yapf:\s*disable)\b")
_ON = re.compile(r"#\s*(fmt:\s*on|yapf:\s*enable)\b")

Range = tuple[int, int]  # first and last line, both included, from 1
_Layout = Callable[[str, str, Sequence[Range], Style], str | None]


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
    result = _laid_out(old, plain, touched, style_of(path, root, old))
    return after if result is None else bom + with_newlines(result, next(iter(kinds), "\n"))


def _laid_out(old: str, plain: str, touched: Sequence[Range], style: Style) -> str | None:
    """By the first way that keeps to what it may do."""
    results = (_tried(laid, old, plain, touched, style) for laid in (_formatted, _wrapped))
    return next((one for one in results if one is not None), None)


def _tried(laid: _Layout, old: str, plain: str, touched: Sequence[Range], style: Style) -> str | None:
    """One way to lay it out; None where that fails, or does not keep to the touched lines and their meaning."""
    try:
        result = laid(old, plain, touched, style)
    except Exception:  # formatters raise what they like, and layout is never worth a failed run
        return None
    kept = result is not None and _only(touched, plain, result) and _means_the_same(plain, result)
    return result if kept else None


def _formatted(old: str, plain: str, touched: Sequence[Range], style: Style) -> str | None:
    """By the project's formatter; by black where the old code was as black would have it; None elsewhere."""
    if style.ruff and _ruff():
        return _by_ruff(plain, touched, style)
    mode = _mode(style, plain)
    if mode is None:
        return None
    if style.black is None:
        was = [(low + 1, high) for low, high in _new_lines(plain, old) if low < high]
        if was and _by_black(old, was, mode) != old:
            return None
    return _by_black(plain, touched, mode)


def _wrapped(old: str, plain: str, touched: Sequence[Range], style: Style) -> str | None:
    """What was added, in lines of the file's width."""
    if any(_switched_off(Text.of(plain).between(1, first)) for first, _ in touched):
        return plain
    return wrapped(old, plain, trees.parse(plain), style.width)


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


def _mode(style: Style, plain: str) -> black.Mode | None:
    """How black is to write; None where it should not."""
    import black
    from black.mode import TargetVersion

    unit = unit_of(trees.parse(plain), Text.of(plain).lines)
    if unit != "    ":
        return None  # black knows no other indentation
    options = style.black
    if options is None:
        return black.Mode(line_length=style.width, string_normalization=False)
    if style.excluded:
        return None
    return black.Mode(
        target_versions={TargetVersion[name.upper()] for name in options.get("target_version") or ()},
        line_length=style.width,
        string_normalization=not options.get("skip_string_normalization", False),
        magic_trailing_comma=not options.get("skip_magic_trailing_comma", False),
        preview=bool(options.get("preview", False)),
    )


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


def _by_ruff(plain: str, touched: Sequence[Range], style: Style) -> str:
    import subprocess

    text = plain
    for first, last in reversed(touched):  # from the end, so that the lines above keep their numbers
        argv = [
            _ruff() or "ruff",
            "format",
            f"--range={first}-{last + 1}",
            "--stdin-filename",
            str(style.path),
            "-",
        ]
        done = subprocess.run(
            argv, input=text.encode(), capture_output=True, check=True, cwd=style.root, timeout=60
        )
        text = done.stdout.decode()
    return text
