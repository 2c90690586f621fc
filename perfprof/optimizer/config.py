"""Where the project is, and what its ``[tool.perfprof]`` says."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

from perfprof.errors import UsageError
from perfprof.optimizer.nearest import nearest
from perfprof.optimizer.options import Sampler
from perfprof.optimizer.project import Command

Reader = Callable[
    [Any, Path], object
]  # value, folder of pyproject.toml -> value for the options; ValueError says what


def discover(start: Path, paths: Iterable[Path] = ()) -> Path:
    """The project's root: the nearest folder above with a git work tree or a pyproject.toml, else ``start``.

    If ``start`` holds none of the paths, the search begins where they are.
    """
    named = [path.resolve() for path in paths]
    start = start.resolve()
    if named and not any(path.is_relative_to(_root(start)) for path in named):
        common = Path(os.path.commonpath([str(path) for path in named]))
        start = common if common.is_dir() else common.parent
    return _root(start)


def _root(start: Path) -> Path:
    for folder in (start, *start.parents):
        if (folder / ".git").exists() or (folder / "pyproject.toml").is_file():
            return folder
    return start


def read(root: Path) -> dict[str, object]:
    """The settings of ``root/pyproject.toml`` by their names in the options; UsageError names the line to mend."""
    file = root / "pyproject.toml"
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot be read: {error}", where=str(file)) from error
    table = _table(text, file)
    return {key.replace("-", "_"): _value(key, value, text, file) for key, value in table.items()}


def command(text: str, folder: str = "") -> Command:
    """A command given as one text; a line that needs a shell gets one."""
    import shlex

    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"the command cannot be read: {error}", where=text) from error
    if not words:
        raise UsageError("the command is empty")
    if re.match(r"\w+=", text) or _outside_quotes(text):
        words = ["/bin/sh", "-c", text]
    return Command(tuple(words), folder)


def _outside_quotes(text: str) -> bool:
    """Whether a character that only a shell understands stands outside quotes."""
    bare = re.sub(r"'[^']*'|\"(?:\\.|[^\"\\])*\"|\\.", "", text)
    return re.search(r"[|&;<>`$*?]", bare) is not None


def _table(text: str, file: Path) -> Mapping[str, object]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        tool = tomllib.loads(text).get("tool", {})
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise UsageError(f"not valid TOML: {error}", where=f"{file}:{line[1] if line else 1}") from error
    table = tool.get("perfprof", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise UsageError("tool.perfprof must be a table", where=f"{file}:{_line('perfprof', text)}")
    return table


def _value(key: str, value: object, text: str, file: Path) -> object:
    where = f"{file}:{_line(key, text)}"
    if key not in SETTINGS:
        meant = nearest(key, SETTINGS)
        todo = f"Did you mean {meant}?" if meant else f"Known are {', '.join(SETTINGS)}."
        raise UsageError(f"[tool.perfprof] has no setting {key!r}", where=where, todo=todo)
    try:
        return SETTINGS[key](value, file.parent)
    except ValueError as error:
        raise UsageError(f"{key} must be {error}, not {value!r}", where=where) from error


def _line(key: str, text: str) -> int:
    """The line of a key under [tool.perfprof], or of the table, or 1."""
    inside, table = False, 1
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("["):
            inside = re.match(r"\s*\[\s*tool\s*\.\s*perfprof\s*]", line) is not None
            table = number if inside else table
        elif re.match(rf"\s*(tool\.perfprof\.)?[\"']?{re.escape(key)}[\"']?\s*=", line) and (
            inside or "tool." in line
        ):
            return number
    return table


def _flag(value: object, _: Path) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _text(value: object, _: Path) -> str:
    if not isinstance(value, str):
        raise ValueError("a string")
    return value


def _names(value: object, _: Path) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("a list of strings")
    return tuple(names)


def _paths(value: object, folder: Path) -> tuple[Path, ...]:
    return tuple((folder / name).resolve() for name in _names(value, folder))


def _path(value: object, folder: Path) -> Path:
    return (folder / _text(value, folder)).resolve()


def _command(value: object, folder: Path) -> Command:
    if isinstance(value, str) and value.strip():
        try:
            return command(value)
        except UsageError as error:
            raise ValueError("a command that can be split into words") from error
    words = _names(value, folder) if isinstance(value, list) else ()
    if not words:
        raise ValueError("a command, as a string or as a list of strings")
    return Command(words)


def _number(least: float, most: float, says: str) -> Reader:
    def check(value: object, _: Path) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise ValueError(says)
        return float(value)

    return check


def _jobs(value: object, _: Path) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("a whole number from 0")
    return value


def _sampler(value: object, _: Path) -> object:
    if value not in get_args(Sampler):
        raise ValueError(f"one of {', '.join(get_args(Sampler))}")
    return value


def _budget(value: object, _: Path) -> object:
    from perfprof.optimizer.comparing.budget import Budget

    return Budget.read(value)


SETTINGS: Mapping[str, Reader] = {
    "paths": _paths,
    "workload": _command,
    "tests": _command,
    "database": _text,
    "apply": _flag,
    "only": _names,
    "min-share": _number(0, 1, "a share between 0 and 1"),
    "json": _path,
    "sampler": _sampler,
    "timeout": _number(0, float("inf"), "seconds from 0"),
    "keep": _flag,
    "keep-literals": _flag,
    "cache": _flag,
    "unmeasured": _flag,
    "diff": _text,
    "jobs": _jobs,
    "executor": _text,
    "quiet": _flag,
    "verbose": _flag,
    "debug": _flag,
    "budget": _budget,
    "tolerance": _number(0, 0.01, "a number from 0 to 0.01"),
    "slow-query-ms": _number(0, float("inf"), "milliseconds from 0"),
}
