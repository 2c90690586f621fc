"""Caches of prepared or compiled statements that are off, or too small for what ran."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.rules.rewording.places import project_files
from perfprof.rules.settings.written import option

if TYPE_CHECKING:
    from perfprof.profilers.recording import Recording
    from perfprof.rules.reading.functions import Function
    from perfprof.rules.reading.program import Program


@dataclass(frozen=True, slots=True)
class Kind:
    """A cache that an option of a call governs. drivers: of the statements. off: the number that turns it off (-1: None).

    pooled: whether it is often turned off because of a pooler.
    """

    option: str
    calls: tuple[str, ...]
    drivers: tuple[str, ...]
    off: int
    default: int
    pooled: bool


KINDS = (
    Kind("cached_statements", ("connect",), ("sqlite3", "aiosqlite"), 0, 128, pooled=False),
    Kind("query_cache_size", ("create_engine", "create_async_engine"), (), 0, 500, pooled=False),
    Kind("statement_cache_size", ("connect", "create_pool"), ("asyncpg",), 0, 100, pooled=True),
    Kind("prepare_threshold", ("connect",), ("psycopg",), -1, 5, pooled=True),
)


@dataclass(frozen=True, eq=False, slots=True)
class Cache:
    """A call with such an option. size: as written. different, executed: statements that ran by its drivers."""

    kind: Kind
    function: Function
    call: ast.Call
    size: int
    different: int
    executed: int


def caches(recording: Recording, program: Program) -> Iterator[Cache]:
    """Where the project gives one of these options as a number, and statements ran."""
    ran: dict[str, Counter[str]] = defaultdict(Counter)
    for one in recording.executions():
        ran[one.statement.driver][one.statement.text] += one.count
    for path in project_files(program.root, "*.py") if ran else ():
        text = program.read(path) or ""
        for kind in (one for one in KINDS if one.option in text):
            mine = sum((ran[name] for name in kind.drivers or tuple(ran) if name in ran), Counter[str]())
            calls = _calls(path, kind, program) if mine else ()
            yield from (Cache(kind, *call, len(mine), mine.total()) for call in calls)


def _calls(path: Path, kind: Kind, program: Program) -> Iterator[tuple[Function, ast.Call, int]]:
    module = program.module(path)
    for node in ast.walk(module.tree) if module is not None else ():
        if isinstance(node, ast.Call) and _name(node) in kind.calls:
            known = option(node, kind.option)
            function = program.function_at(path, node.lineno)
            if known is not None and known.number is not None and function is not None:
                yield function, node, known.number


def _name(node: ast.Call) -> str:
    return str(getattr(node.func, "attr", getattr(node.func, "id", "")))
