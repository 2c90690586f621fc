"""Queries in Python code: which statement an ``execute`` runs, with which parameters, and how its rows are taken.

One spelling is like another: ``conn.execute(SQL, (k,)).fetchone()``, ``for row in conn.execute(…)``, ``cur.execute(…)``
followed by ``cur.fetchall()``, the SQL as a literal or as a constant of the module or the class.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from perfprof.rules.reading.placeholders import template
from perfprof.rules.reading.resolution import module_of
from perfprof.rules.reading.scans import SCOPES

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Module, Program
    from perfprof.rules.reading.statements import Statement

How = Literal["one", "all", "each"]
_FETCHES: dict[str, How] = {"fetchone": "one", "fetchall": "all"}


@dataclass(frozen=True, eq=False, slots=True)
class Query:
    """One ``execute`` and the expression that gives its rows.

    receiver: what ``execute`` is called on. literal: the node of the SQL's text, in ``home``. parameters: the expression
    for each parameter of the statement. mark: how a placeholder is written, "?" or "%s"; "" for named ones.
    fetch: the expression that gives the row (how "one"), the list ("all"), or what is walked ("each").
    apart: the statement that executes, where rows are fetched by another one.
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
    """psycopg writes ``%s``; everything else is read as SQLite's."""
    return "postgresql" if any(text[mark.start] == "%" for mark in template(text, "postgresql").marks) else "sqlite"


def queries(function: Function, program: Program) -> tuple[Query, ...]:
    """The queries of a function whose text and parameters can be read, in order."""
    if "queries" not in function.memo:
        executes = ".execute(" in function.module.source
        function.memo["queries"] = tuple(_queries(function, program)) if executes else ()
    return function.memo["queries"]  # type: ignore[return-value]  # the memo holds what was put there


def _queries(function: Function, program: Program) -> Iterator[Query]:
    for node in _own_nodes(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "execute":
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
    """The query of an ``execute`` call; None if its text, its parameters or its fetch cannot be read."""
    if call.keywords or not 1 <= len(call.args) <= 2 or not isinstance(call.func, ast.Attribute):
        return None
    text = text_of(call.args[0], function, program)
    if text is None:
        return None
    parameters = _parameters(text[0], call.args[1] if len(call.args) == 2 else None)
    fetch = _fetch(call, function)
    if parameters is None or fetch is None:
        return None
    expression, how, apart = fetch
    receiver, mark = call.func.value, _mark(text[0])
    return Query(call, receiver, *text, parameters, mark, expression, how, apart)


def text_of(node: ast.expr, function: Function, program: Program) -> tuple[str, ast.expr, Module] | None:
    """The text that an expression has whenever it is evaluated: a literal, or a constant that is bound once."""
    if isinstance(node, ast.Name):
        return _named(node.id, function, program)
    owner = function.owner
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


def _fetch(call: ast.Call, function: Function) -> tuple[ast.expr, How, ast.stmt | None] | None:
    """Where the rows come out: at the call itself, or at a later use of the cursor."""
    direct = _taken(call, function)
    if direct is not None:
        return (*direct, None)
    statement = function.parents.get(call)
    if isinstance(statement, ast.Expr) and isinstance(call.func, ast.Attribute):
        cursor = call.func.value.id if isinstance(call.func.value, ast.Name) else ""
        return _taken_next(statement, cursor, function) if cursor else None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        if isinstance(target, ast.Name) and len(function.names.loads.get(target.id, ())) == 1:
            return _taken_next(statement, target.id, function)
    return None


def _taken(rows: ast.expr, function: Function) -> tuple[ast.expr, How] | None:
    """``rows.fetchone()``, ``rows.fetchall()``, ``for … in rows`` or ``list(rows)``."""
    above = function.parents.get(rows)
    if isinstance(above, ast.Attribute):
        return _fetched(above, function)
    walked = isinstance(above, (ast.For, ast.comprehension)) and above.iter is rows
    if isinstance(above, ast.Call) and isinstance(above.func, ast.Name):
        walked = above.args == [rows] and above.func.id in ("list", "tuple", "sorted", "set", "iter")
    return (rows, "each") if walked else None


def _fetched(method: ast.Attribute, function: Function) -> tuple[ast.expr, How] | None:
    call = function.parents.get(method)
    if method.attr in _FETCHES and isinstance(call, ast.Call) and call.func is method:
        return None if call.args or call.keywords else (call, _FETCHES[method.attr])
    return None


def _taken_next(statement: ast.stmt, cursor: str, function: Function) -> tuple[ast.expr, How, ast.stmt] | None:
    """The one use of the cursor in the next statement of the block; what comes later must execute first."""
    block = _block_of(statement, function)
    following = block[block.index(statement) + 1 :]
    uses = _names(following[0], cursor) if following else []
    taken = _taken(uses[0], function) if len(uses) == 1 else None
    later = [node for one in following[1:] for node in _names(one, cursor)]
    if taken is None or (later and not _executes(later[0], function)):
        return None
    return *taken, statement


def _executes(cursor: ast.Name, function: Function) -> bool:
    above = function.parents.get(cursor)
    return isinstance(above, ast.Attribute) and above.attr == "execute"


def _names(node: ast.AST, name: str) -> list[ast.Name]:
    return [one for one in ast.walk(node) if isinstance(one, ast.Name) and one.id == name]


def _block_of(statement: ast.stmt, function: Function) -> list[ast.stmt]:
    above = function.parents.get(statement, function.node)
    for name in ("body", "orelse", "finalbody"):
        block = getattr(above, name, None)
        if isinstance(block, list) and statement in block:
            return block
    return [statement]
