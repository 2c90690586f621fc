"""Look-ups in loops: a query that runs once for each row of a loop, with a key taken from that row."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perfprof.rules.reading.expressions import path_of, reads_only
from perfprof.rules.reading.instances import callee_of
from perfprof.rules.reading.names import bound_names, read_names
from perfprof.rules.reading.queries import SENDS, Query, all_queries, query_of
from perfprof.rules.reading.resolution import arguments
from perfprof.rules.reading.scans import Loop, Scan
from perfprof.rules.reading.selection import substituted

if TYPE_CHECKING:
    from perfprof.rules.reading.predicates import Use
    from perfprof.rules.reading.program import Function, Program


@dataclass(frozen=True, eq=False, slots=True)
class Lookup:
    """One query that a loop repeats.

    function: holds the loop. reader: holds the query; the same, or the helper that the loop calls. call: what stands in
    the loop, the ``execute`` or the helper's call. key: what changes from turn to turn, in names of the loop's target;
    spot: the same as it stands in the code. number: of the statement's parameter that gets it. use: how the statement
    compares it. parameter: the helper's, for the key. around: loops from the outermost to ``loop``.
    """

    function: Function
    reader: Function
    loop: Loop
    scan: Scan
    query: Query
    call: ast.Call
    key: ast.expr
    spot: ast.expr
    number: int
    use: Use
    parameter: str = ""
    given: Mapping[str, ast.expr] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """``customers by id``."""
        return f"{self.query.statement.tables[0].name} by {self.use.column.name}"

    @property
    def answer(self) -> ast.expr:
        """The expression in the loop that gives what was looked up."""
        if not self.parameter:
            return self.query.fetch
        above = self.function.parents.get(self.call)
        return above if isinstance(above, ast.Await) else self.call

    @property
    def region(self) -> list[ast.AST]:
        """What runs in each turn."""
        if self.loop.holder is not None:
            return [self.loop.holder]
        assert isinstance(self.loop.node, ast.For)
        return [self.loop.node.target, *self.loop.node.body]

    @property
    def lines(self) -> range:
        """The lines of the loop."""
        node = self.loop.holder if self.loop.holder is not None else self.loop.statement
        return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def lookups(function: Function, program: Program) -> Iterator[Lookup]:
    """The look-ups in the loops of a function, its own and those of helpers that it calls."""
    for scan in function.scans:
        if scan.kind != "call" or not scan.around or not isinstance(scan.node, ast.Call):
            continue
        if _asked_alone(scan.node, function):
            continue
        if isinstance(scan.node.func, ast.Attribute) and scan.node.func.attr in SENDS:
            query = query_of(scan.node, function, program)
            found = None if query is None else _direct(scan, query, function)
        else:
            found = _through_helper(scan, scan.node, function, program)
        if found is not None:
            yield found


def _asked_alone(call: ast.Call, function: Function) -> bool:
    """Whether it is what a batch leaves over: keys of other types than those that were asked for together."""
    below: ast.AST = call
    above = function.parents.get(call)
    while isinstance(above, (ast.expr, ast.Assign, ast.Expr, ast.If, ast.withitem, ast.AsyncWith)):
        if isinstance(above, (ast.If, ast.IfExp)):
            otherwise = below is above.orelse or below in (above.orelse if isinstance(above, ast.If) else ())
            return otherwise and ast.unparse(above.test).startswith("type(")
        below, above = above, function.parents.get(above)
    return False


def _direct(scan: Scan, query: Query, function: Function) -> Lookup | None:
    for number, spot in query.parameters.items():
        placed = _keyed(spot, scan, function)
        use = _equality(query, number)
        others = [one for other, one in query.parameters.items() if other != number]
        if placed is not None and use is not None and _fixed(others, placed[0], function):
            loop, key = placed
            return Lookup(function, function, loop, scan, query, query.call, key, spot, number, use)
    return None


def _through_helper(scan: Scan, call: ast.Call, function: Function, program: Program) -> Lookup | None:
    """A call that passes the key on to a function with one query."""
    helper = callee_of(call.func, function, program) if _passes_a_row(scan, call) else None
    query = _only_query(helper, program)
    if helper is None or query is None or not _runs_there(call, helper, function):
        return None
    given = arguments(helper, call)
    for number, name in _passed_on(query, helper):
        use = _equality(query, number)
        placed = _keyed(given[name], scan, function) if name in given else None
        if use is not None and placed is not None and _fixed(_without(given, name), placed[0], function):
            return Lookup(
                function, helper, placed[0], scan, query, call, placed[1], given[name], number, use, name, given
            )
    return None


def _passed_on(query: Query, helper: Function) -> Iterator[tuple[int, str]]:
    """(parameter of the statement, parameter of the helper) where the one is the other, as it came."""
    for number, inside in query.parameters.items():
        if isinstance(inside, ast.Name) and not helper.names.bindings.get(inside.id):
            yield number, inside.id


def _without(given: Mapping[str, ast.expr], name: str) -> list[ast.expr]:
    return [one for other, one in given.items() if other != name]


def _passes_a_row(scan: Scan, call: ast.Call) -> bool:
    """A cheap look before the project is searched for the callee: is it given something of a row?"""
    given = [*call.args, *(word.value for word in call.keywords)]
    spread = any(isinstance(one, ast.Starred) for one in given) or not all(word.arg for word in call.keywords)
    if spread or path_of(call.func) is None:
        return False
    bound = _bound_each_turn(scan.around)
    return any(read_names(one) & bound for one in given)


def _bound_each_turn(around: Sequence[Loop]) -> set[str]:
    """The names of all targets, and what the innermost loop's body assigns."""
    targets: list[ast.AST] = [loop.target for loop in around if loop.target is not None]
    innermost = around[-1].node
    body = innermost.body if isinstance(innermost, ast.For) else []
    assigned = [one for one in body if isinstance(one, ast.Assign)]
    return {name for one in (*targets, *assigned) for name in bound_names(one)}


def _only_query(helper: Function | None, program: Program) -> Query | None:
    """The one query of a plain function that does not repeat it itself."""
    if helper is None or isinstance(helper.node, ast.Module) or "<locals>" in helper.qualname:
        return None
    found = all_queries(helper, program)
    if len(found) != 1 or any(one.node is found[0].call and one.around for one in helper.scans):
        return None
    return found[0]


def _runs_there(call: ast.Call, helper: Function, function: Function) -> bool:
    """Whether a coroutine is awaited where it is called."""
    return isinstance(helper.node, ast.AsyncFunctionDef) == isinstance(function.parents.get(call), ast.Await)


def _keyed(spot: ast.expr, scan: Scan, function: Function) -> tuple[Loop, ast.expr] | None:
    """The innermost loop whose target the expression is computed from, and the expression in names of that target."""
    for loop in reversed(scan.around):
        if loop.target is None or isinstance(loop.node, ast.AsyncFor):
            return None
        own = set(bound_names(loop.target))
        key = substituted(spot, derived(loop, function))
        if read_names(key) & own:
            plain = reads_only(key, function) and not _bound_inside(key, loop, own, function)
            return (loop, key) if plain else None
    return None


def derived(loop: Loop, function: Function) -> dict[str, ast.expr]:
    """Names that the top of the loop's body binds once, to something computed from the target."""
    found: dict[str, ast.expr] = {}
    for statement in loop.node.body if isinstance(loop.node, ast.For) else ():
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name) and len(function.names.bindings.get(target.id, ())) == 1:
                found[target.id] = substituted(statement.value, found)
    return found


def _bound_inside(key: ast.expr, loop: Loop, own: set[str], function: Function) -> bool:
    """Whether the key needs a name that only the loop's body binds."""
    body = loop.node.body if isinstance(loop.node, ast.For) else []
    inside = {name for statement in body for name in bound_names(statement)}
    return bool((read_names(key) - own) & inside)


def _fixed(others: list[ast.expr], loop: Loop, function: Function) -> bool:
    """Whether the other parameters are the same in each turn, as far as names tell."""
    root: ast.AST = loop.holder if loop.holder is not None else loop.statement
    inside = set(bound_names(root))
    return all(reads_only(one, function) and not read_names(one) & inside for one in others)


def _equality(query: Query, number: int) -> Use | None:
    """The one comparison by ``=`` that the parameter takes part in, if every row must pass it."""
    mine = [use for use in query.statement.uses if use.parameter == number]
    if len(mine) != 1 or mine[0].block or mine[0].how != "equality" or mine[0].optional or mine[0].wrapped:
        return None
    return mine[0]
