"""Uses of a local name: is each of them one that neither keeps the object nor walks it while it changes?"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from perfprof.rules.hoisting import eaten_at_once
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.scans import SCOPES, STATEMENT_LOOPS

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

# Builtins that walk or look at an argument, and are done with it when they answer.
AT_ONCE = frozenset(
    "len any all sum min max set list tuple sorted frozenset str repr print bool isinstance type".split()
)
GIVING_BACK = frozenset({"max", "min", "sum"})  # one of several arguments
VIEWS = frozenset({"keys", "values", "items"})
NEVER_LOCAL = "is seen from outside of the function"


def repeated_statements(function: Function) -> tuple[tuple[ast.stmt, tuple[ast.stmt, ...]], ...]:
    """Each statement of a function that loop statements repeat, with these, outermost first."""
    found = function.memo.get("repeated statements")
    if found is None:
        found = function.memo["repeated statements"] = tuple(
            (one, around)
            for one, around in (_statements(function) if _has_loop_statements(function) else ())
            if around
        )
    return found  # type: ignore[return-value]  # the memo holds what was put there


def _has_loop_statements(function: Function) -> bool:
    return any(kind in function.nodes for kind in STATEMENT_LOOPS)


def _statements(function: Function) -> Iterator[tuple[ast.stmt, tuple[ast.stmt, ...]]]:
    stack: list[tuple[ast.stmt, tuple[ast.stmt, ...]]] = [(one, ()) for one in reversed(function.body)]
    while stack:
        statement, around = stack.pop()
        yield statement, around
        if isinstance(statement, SCOPES):
            continue
        inner = (*around, statement) if isinstance(statement, STATEMENT_LOOPS) else around
        stack.extend((one, inner) for one in getattr(statement, "body", ()) if isinstance(one, ast.stmt))
        holders = [statement, *getattr(statement, "handlers", ()), *getattr(statement, "cases", ())]
        for holder in holders:
            blocks = ("orelse", "finalbody") if holder is statement else ("body",)
            stack.extend((one, around) for block in blocks for one in getattr(holder, block, ()))


def own_local(name: str, function: Function, anew: bool = False) -> str:
    """Why others may see the name's object through the name itself; empty if they cannot.

    anew: a parameter is given an object of the function's own before it is used, see `made_anew`.
    """
    names = function.names
    if function.qualname == "<module>" or name in names.captured or name in names.elsewhere:
        return f"`{name}` {NEVER_LOCAL}"
    if name in names.parameters and not anew:
        return f"`{name}` is the caller's"
    return "names are reached by text (`exec`, `locals()` …)" if names.dynamic else ""


def made_anew(name: str, function: Function) -> bool:
    """``xs = list(xs)`` of a parameter, in every call and before all other uses, which then do not see the caller's."""
    uses = [one.node for one in function.names.bindings.get(name, ())]
    first = function.parents.get(uses[0]) if uses else None
    if not isinstance(first, ast.Assign) or first not in function.body or len(first.targets) > 1:
        return False
    uses += function.names.loads.get(name, ())
    return all(getattr(use, "lineno", 0) >= first.lineno for use in uses)


def kept_by(
    name: str,
    function: Function,
    changes: Collection[ast.stmt],
    methods: Collection[str],
    known: Collection[ast.AST] = (),
) -> ast.AST | None:
    """The first use of a local container that may keep the very object, or walk it while ``changes`` run.

    changes: the statements that grow or shrink it. methods: those that answer with something new or an element.
    known: uses that the rewrite accounts for itself.
    """
    for use in function.names.loads.get(name, ()):
        if use not in known and not _harmless(use, function, changes, methods):
            return use
    return None


def _harmless(use: ast.expr, function: Function, changes: Collection[ast.stmt], methods: Collection[str]) -> bool:
    above = function.parents.get(use)
    if isinstance(above, ast.Attribute):
        call = function.parents.get(above)
        if not isinstance(call, ast.Call) or call.func is not above:
            return False
        if above.attr in VIEWS:
            return looked_at(call, function, changes)
        return above.attr in methods
    if isinstance(above, ast.Subscript):
        return above.value is use
    if isinstance(above, (ast.Return, ast.Expr)):
        return not finally_follows(use, function)
    if isinstance(above, (ast.Tuple, ast.Dict)) and isinstance(function.parents.get(above), ast.Return):
        return not finally_follows(use, function)
    return looked_at(use, function, changes)


def looked_at(use: ast.expr, function: Function, changes: Collection[ast.stmt]) -> bool:
    """Tested, asked with `in`, walked, or given to a builtin that is done with it at once."""
    above = function.parents.get(use)
    if isinstance(above, ast.Compare):
        asked = above.comparators[-1] is use and isinstance(above.ops[-1], (ast.In, ast.NotIn))
        return asked and len(above.ops) == 1
    if isinstance(above, (ast.If, ast.While, ast.IfExp, ast.Assert)):
        return above.test is use
    if isinstance(above, ast.UnaryOp):
        return isinstance(above.op, ast.Not)
    if isinstance(above, ast.BoolOp):
        return looked_at(above, function, changes)
    if isinstance(above, ast.For):
        return above.iter is use and not any(_inside(one, above) for one in changes)
    if isinstance(above, ast.comprehension):
        holder = function.parents.get(above)
        lazy = isinstance(holder, ast.GeneratorExp) and not eaten_at_once(holder, function)
        return above.iter is use and not lazy and not any(_inside(holder, one) for one in changes)
    return isinstance(above, ast.Call) and use in above.args and _done_at_once(above, use, function)


def _done_at_once(call: ast.Call, use: ast.expr, function: Function) -> bool:
    callee = call.func
    if isinstance(callee, ast.Name):
        if callee.id in GIVING_BACK and (len(call.args) > 1 or isinstance(use, ast.Starred)):
            return callee.id == "sum" and call.args[0] is use
        return callee.id in AT_ONCE and is_builtin(callee.id, function) and not call.keywords
    joins = isinstance(callee, ast.Attribute) and callee.attr == "join"
    return joins and isinstance(callee.value, ast.Constant) and isinstance(callee.value.value, str)  # type: ignore[attr-defined]


def _inside(node: ast.AST | None, other: ast.AST) -> bool:
    """Whether a node stands within another one, by its place."""
    if node is None:
        return True
    first, last = getattr(node, "lineno", 0), getattr(other, "end_lineno", 0) or 0
    return getattr(other, "lineno", 0) <= first <= last and any(one is node for one in ast.walk(other))


def is_own_name(node: ast.expr, function: Function) -> bool:
    """Whether it is a name that nobody else can bind anew between two reads of it."""
    names = function.names
    own = isinstance(node, ast.Name) and names.is_local(node.id) and node.id not in names.captured
    return own and not names.dynamic and function.qualname != "<module>"


def finally_follows(use: ast.AST, function: Function) -> bool:
    """Whether code of this function still runs after a `return` there."""
    node: ast.AST | None = use
    while node is not None:
        node = function.parents.get(node)
        if getattr(node, "finalbody", None):  # of `try`, with `except` or `except*`
            return True
    return False
