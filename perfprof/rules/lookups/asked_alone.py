"""Keys of types that the recorded run did not have are asked for one by one, as before.

``1``, ``1.0`` and ``True`` are one key of a dict, and three of a column of text; ``"2"`` finds what ``2`` finds in a column of
numbers, and nothing in a dict. The new code tests the exact type of each key; what the run did not have goes the old way.
"""

from __future__ import annotations

import ast
import textwrap
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.imported import can_name
from perfprof.rules.lookups.drivers import converts
from perfprof.rules.lookups.shape import batch_of, holds_numbers, key_types, types_with_none
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.rule import Case

if TYPE_CHECKING:
    from perfprof.rules.lookups.model import Lookup

_ROWS = frozenset(["fetchall", "fetchmany", "fetch", "execute", "execute_fetchall"])


def guarded_types(case: Case) -> tuple[str, ...]:
    """The types that the new code tests keys for; () if SQL alone compares them, and dicts do it alike.

    Where a column of SQLite makes numbers of what it is compared with, keys that are equal in Python find the same rows,
    if they can be keys of a dict: those that stand in rows of a database can.
    """
    lookup: Lookup = case.suspect.reading
    found = batch_of(case)
    if isinstance(found, str):
        return ()
    plain = fetched(lookup) and isinstance(lookup.key, (ast.Name, ast.Subscript)) and not converts(case.program)
    if lookup.query.dialect == "sqlite" and found.mode == "numbered" and holds_numbers(case) and plain:
        return ()
    return tuple(sorted(types_with_none(case)))


def fetched(lookup: Lookup) -> bool:
    """Whether what is walked is what a statement gave; what SQLite gives is hashable, and equal to itself."""
    walked, function = lookup.loop.iterable, lookup.function
    values = function.names.values(walked.id) if isinstance(walked, ast.Name) else [walked]
    given = [one.value if isinstance(one, ast.Await) else one for one in values or ()]
    return bool(given) and all(
        isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr in _ROWS
        for one in given
    )


def unguardable(case: Case) -> str:
    """Why the new code cannot test its keys; empty if it can, or need not."""
    lookup: Lookup = case.suspect.reading
    types = guarded_types(case)
    if not types:
        return ""
    names = guards.builtins_used(guards.is_key("key", types))
    hidden = next((name for name in sorted(names) if not is_builtin(name, lookup.function)), "")
    if hidden or not can_name(types, lookup.function):
        return f"`{hidden or guards.readable(key_types(case))}` has no name there, and keys may be of other types later"
    apart = lookup.query.apart
    if isinstance(apart, ast.AsyncWith) and not lookup.parameter and not _fetches_first(lookup, apart):
        return "its block does something before it fetches, and keys may be of other types later"
    return ""


def _fetches_first(lookup: Lookup, block: ast.AsyncWith) -> bool:
    first = block.body[0]
    return isinstance(first, (ast.Assign, ast.Expr)) and first.value is lookup.query.fetch


def test(case: Case, key: str) -> str:
    """The test of a key that was asked for with the others; empty if all are."""
    types = guarded_types(case)
    return guards.is_key(key, types) if types else ""


def either(answer: str, asked: str, old: str) -> str:
    """An expression: what was looked up, or for a key that was not asked for the old one."""
    return f"({answer} if {asked} else {old})" if asked else answer


def either_statement(lookup: Lookup, name: str, answer: str, asked: str) -> str:
    """Statements that bind ``name`` to the same, where the old way is to execute first, and then to fetch."""
    apart, text = lookup.query.apart, lookup.function.text
    assert apart is not None
    if not asked:
        return f"{name} = {answer}"
    old = f"{name} = {text(lookup.query.fetch)}"
    if isinstance(apart, ast.AsyncWith):
        block = text(apart.items[0].context_expr), ast.unparse(apart.items[0].optional_vars or ast.Name("_"))
        old = f"async with {block[0]} as {block[1]}:\n    {old}"
    else:
        old = f"{_source(lookup, apart)}\n{old}"
    return f"if {asked}:\n    {name} = {answer}\nelse:\n{textwrap.indent(old, '    ')}"


def _source(lookup: Lookup, statement: ast.stmt) -> str:
    """A statement's own lines, at the left margin."""
    lines = lookup.function.module.raw_lines[statement.lineno - 1 : statement.end_lineno]
    return textwrap.dedent("\n".join(line.decode() for line in lines))
