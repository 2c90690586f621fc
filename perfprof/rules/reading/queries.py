"""Queries in Python code: which statement an ``execute`` runs, with which parameters, and how its rows are taken.

One spelling is like another: ``conn.execute(SQL, (k,)).fetchone()``, ``for row in conn.execute(…)``, ``cur.execute(…)``
followed by ``cur.fetchall()``, the SQL as a literal or as a constant of the module or the class.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.reading.fetches import How, fetch_of
from perfprof.rules.reading.placeholders import template
from perfprof.rules.reading.resolution import imported_module, module_of
from perfprof.rules.reading.scans import SCOPES

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Module, Program
    from perfprof.rules.reading.statements import Statement

ASYNCPG: dict[str, How] = {"fetch": "all", "fetchrow": "one", "fetchval": "value"}  # sends and gives rows at once
SENDS = frozenset(["execute", *ASYNCPG])
_DOLLAR = re.compile(r"\$\d+")


@dataclass(frozen=True, eq=False, slots=True)
class Query:
    """One ``execute`` and the expression that gives its rows.

    receiver: what ``execute`` is called on. literal: the node of the SQL's text, in ``home``. parameters: the expression
    for each parameter of the statement. mark: how a placeholder is written, "?", "%s" or "$"; "" for named ones.
    fetch: the expression that gives the row (how "one"), its first column ("value"), the list ("all"), or what is walked ("each").
    apart: the statement that executes, where rows are fetched by another one. awaited: whether the driver is asynchronous.
    """

    call: ast.Call
    receiver: ast.expr
    text: str
    literal: ast.expr
    home: Module
    parameters: Mapping[int, ast.expr]
    mark: str
    fetch: ast.expr
    how: How
    apart: ast.stmt | None = None
    awaited: bool = False

    @property
    def dialect(self) -> str:
        """As far as the placeholders tell."""
        return dialect_of(self.text)

    @property
    def statement(self) -> Statement:
        """The statement, read."""
        from perfprof.rules.reading.statements import read

        return read(self.text, self.dialect)


def dialect_of(text: str) -> str:
    """psycopg writes ``%s`` and asyncpg ``$1``; everything else is read as SQLite's."""
    marks = (text[mark.start : mark.end] for mark in template(text, "postgresql").marks)
    return "postgresql" if any(mark[0] == "%" or _DOLLAR.fullmatch(mark) for mark in marks) else "sqlite"


def queries(function: Function, program: Program) -> tuple[Query, ...]:
    """The queries of a function whose text and parameters can be read, in order; none of an asynchronous driver."""
    return tuple(one for one in all_queries(function, program) if not one.awaited)


def all_queries(function: Function, program: Program) -> tuple[Query, ...]:
    """Those of asynchronous drivers as well."""
    if "queries" not in function.memo:
        sends = any(f".{name}(" in function.module.source for name in SENDS)
        function.memo["queries"] = tuple(_queries(function, program)) if sends else ()
    return function.memo["queries"]  # type: ignore[return-value]  # the memo holds what was put there


def _queries(function: Function, program: Program) -> Iterator[Query]:
    for node in _own_nodes(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SENDS:
            found = query_of(node, function, program)
            if found is not None:
                yield found


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    stack: list[ast.AST] = list(reversed(function.body))
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, SCOPES):
            stack.extend(reversed(list(ast.iter_child_nodes(node))))


def query_of(call: ast.Call, function: Function, program: Program) -> Query | None:
    """The query of an ``execute`` call, of ``await connection.fetch(…)`` and the like; None if its text, its parameters or
    its fetch cannot be read.
    """
    if call.keywords or not call.args or not isinstance(call.func, ast.Attribute):
        return None
    text = text_of(call.args[0], function, program)
    if text is None:
        return None
    if call.func.attr in ASYNCPG:
        return _spread(call, call.func, text, function)
    if len(call.args) > 2:
        return None
    parameters = _parameters(text[0], call.args[1] if len(call.args) == 2 else None)
    fetch = fetch_of(call, function)
    if parameters is None or fetch is None:
        return None
    expression, how, apart = fetch
    receiver, mark = call.func.value, _mark(text[0])
    return Query(call, receiver, *text, parameters, mark, expression, how, apart, isinstance(expression, ast.Await))


def _spread(
    call: ast.Call, method: ast.Attribute, text: tuple[str, ast.expr, Module], function: Function
) -> Query | None:
    """asyncpg takes the value of ``$2`` as the second argument behind the text."""
    above, given = function.parents.get(call), call.args[1:]
    marks = template(text[0], "postgresql").marks
    numbered = all(_DOLLAR.fullmatch(text[0][one.start : one.end]) for one in marks)
    plain = numbered and not any(isinstance(one, ast.Starred) for one in given)
    if not isinstance(above, ast.Await) or not plain or {int(one.name) for one in marks} != set(_upto(len(given))):
        return None
    parameters = {one.number: given[int(one.name) - 1] for one in marks}
    return Query(call, method.value, *text, parameters, "$", above, ASYNCPG[method.attr], awaited=True)


def _upto(number: int) -> range:
    return range(1, number + 1)


def text_of(node: ast.expr, function: Function, program: Program) -> tuple[str, ast.expr, Module] | None:
    """The text that an expression has whenever it is evaluated: a literal, or a constant that is bound once."""
    if isinstance(node, ast.Name):
        return _named(node.id, function, program)
    owner = function.owner
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        other = imported_module(node.value.id, function, program)
        if other is not None:
            return _global(node.attr, other, program)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and owner is not None:
        own = node.value.id in ("self", "cls", owner.name)
        return _of_class(owner, node.attr, function.module) if own else None
    return _constant(node, function.module)


def _named(name: str, function: Function, program: Program) -> tuple[str, ast.expr, Module] | None:
    """A local or a global name that is assigned once."""
    module = function.module
    if function.names.is_local(name) and function.qualname != "<module>":
        values = function.names.values(name)
        return _constant(values[0], module) if values is not None and len(values) == 1 else None
    return _global(name, module, program)


def _global(name: str, module: Module, program: Program, depth: int = 3) -> tuple[str, ast.expr, Module] | None:
    """A constant of the module, or one that it imports from another module of the project."""
    found = None if name in module.rebound else module.top.get(name)
    if not isinstance(found, ast.ImportFrom):
        return _assigned(found, module)
    other = module_of(found, module, program) if depth else None
    original = next((one.name for one in found.names if (one.asname or one.name) == name), name)
    return None if other is None else _global(original, other, program, depth - 1)


def _of_class(owner: ast.ClassDef, name: str, module: Module) -> tuple[str, ast.expr, Module] | None:
    stored = [
        node
        for node in ast.walk(owner)
        if isinstance(node, ast.Attribute) and node.attr == name and not isinstance(node.ctx, ast.Load)
    ]
    found = [_assigned(one, module) for one in owner.body if name in _targets(one)]
    return found[0] if len(found) == 1 and not stored else None


def _targets(statement: ast.stmt) -> list[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _assigned(statement: ast.stmt | None, module: Module) -> tuple[str, ast.expr, Module] | None:
    if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
        return _constant(statement.value, module)
    return None


def _constant(node: ast.expr, module: Module) -> tuple[str, ast.expr, Module] | None:
    return (node.value, node, module) if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _mark(text: str) -> str:
    written = {text[mark.start : mark.end] for mark in template(text, dialect_of(text)).marks}
    return written.pop() if written in ({"?"}, {"%s"}) else ""


def _parameters(text: str, given: ast.expr | None) -> Mapping[int, ast.expr] | None:
    """The expression of each parameter; None if they are not written down one by one."""
    marks = template(text, dialect_of(text)).marks
    if given is None:
        return None if marks else {}
    if isinstance(given, (ast.Tuple, ast.List)):
        starred = any(isinstance(one, ast.Starred) for one in given.elts)
        plain = _mark(text) and not starred and len(given.elts) == len(marks)
        return dict(enumerate(given.elts)) if plain else None
    return _of_mapping(given, {mark.name: mark.number for mark in marks}) if isinstance(given, ast.Dict) else None


def _of_mapping(given: ast.Dict, wanted: Mapping[str, int]) -> Mapping[int, ast.expr] | None:
    """The parameters of ``{"name": value}``."""
    pairs = zip(given.keys, given.values, strict=True)
    named = {key.value: value for key, value in pairs if isinstance(key, ast.Constant)}
    if len(named) != len(given.keys) or "" in wanted or not wanted.keys() <= named.keys():
        return None
    return {number: named[name] for name, number in wanted.items()}
