"""Statements in the log of ``django.db.backends`` at level DEBUG."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from perfprof.optimizer.statements.workload import Seen

# (0.001) SELECT …; args=(1,); alias=default
ENTRY = re.compile(r"\((?P<seconds>\d+\.\d{3})\) (?=[^;]*.*?; args=)", re.DOTALL)
_BEGIN = re.compile(r"^[^\n]*?\((?P<seconds>\d+\.\d{3})\) ", re.MULTILINE)
_ALIAS = re.compile(r"; alias=\w+\s*$")
_ARGS = "; args="
_LONGEST = 5_000  # lines of one entry
_ENDS = (")", "]", "}", "None")


def read(lines: Iterable[str]) -> Iterator[Seen]:
    """Statements with the seconds they took."""
    begun: re.Match[str] | None = None
    entry: list[str] = []
    for line in lines:
        match = _BEGIN.match(line)
        # a line of a statement or a value may look like an entry
        if match is not None and (begun is None or len(entry) >= _LONGEST or _is_whole("\n".join(entry))):
            yield from _seen(begun, entry)
            begun, entry = match, [line[match.end() :]]
        elif begun is not None:
            entry.append(line)
    yield from _seen(begun, entry)


def _seen(begun: re.Match[str] | None, entry: list[str]) -> Iterator[Seen]:
    statement = _statement("\n".join(entry)) if begun is not None else None
    if begun is not None and statement is not None:
        yield Seen(statement, seconds=float(begun["seconds"]))


def _is_whole(entry: str) -> bool:
    bare = _ALIAS.sub("", entry.rstrip())
    return _ARGS in bare and bare.endswith(_ENDS)


def _statement(entry: str) -> str | None:
    """What stands before the values; both may hold what looks like the place between them."""
    bare = _ALIAS.sub("", entry.rstrip())
    places = [match.start() for match in re.finditer(re.escape(_ARGS), bare)]
    for place in places:
        try:
            values = ast.literal_eval(bare[place + len(_ARGS) :])
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue  # values of other types than literals are tried last
        many = isinstance(values, list) and values and all(isinstance(one, (tuple, list)) for one in values)
        return bare[:place].replace("%s", "?") if many else bare[:place]  # executemany is not written out
    return bare[: places[0]] if places else None
