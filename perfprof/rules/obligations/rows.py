"""Obligations about the rows of a loop: what happens to those that do not match."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules.narrowing import Narrowing
from perfprof.rules.obligations.proofs import obligation, proved, unproved
from perfprof.rules.reading.effects import hazards
from perfprof.rules.reading.names import bound_names
from perfprof.rules.rule import Case, Proof

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.scans import Loop


@obligation
def other_rows_idle(case: Case) -> Proof:
    """Rows with another key do nothing."""
    found: Narrowing = case.suspect.reading
    where = found.reader.place(found.selection.compare)
    if found.selection.problem:
        return unproved(found.selection.problem, where)
    return proved("rows with another key only have their key read and compared", where)


@obligation
def keys_unchanged(case: Case) -> Proof:
    """The rows keep their keys while the loop runs."""
    found: Narrowing = case.suspect.reading
    attributes = {node.attr for node in ast.walk(found.inner) if isinstance(node, ast.Attribute)}
    items = {repr(node.slice.value) for node in ast.walk(found.inner) if _constant_item(node)}  # type: ignore[attr-defined]
    region = [found.hoist.statement]
    for hazard in hazards(region, found.function, case.program):
        where = found.function.place(hazard.node)
        if hazard.kind == "attribute" and (hazard.name in attributes or (hazard.name == "*" and attributes)):
            return unproved(f"`.{hazard.name}`, a row's key, is stored in the loop", where)
        if hazard.kind == "mutates" and items and _stores_item(hazard.node, items):
            return unproved("an item that is a row's key is stored in the loop", where)
        if hazard.kind in {"unknown", "suspends"} and (attributes or items):
            return unproved("a call that cannot be read may change a row's key", where)
    return proved("nothing in the loop stores what the key is read from")


def _constant_item(node: ast.AST) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)


def _stores_item(node: ast.AST, items: set[str]) -> bool:
    target = node.target if isinstance(node, ast.AugAssign) else node
    if isinstance(target, ast.Subscript):
        return not isinstance(target.slice, ast.Constant) or repr(target.slice.value) in items
    method = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
    return method in {"update", "pop", "clear", "setdefault", "popitem"}


@obligation
def wanted_key_fixed(case: Case) -> Proof:
    """The wanted key stays the same during one walk."""
    found: Narrowing = case.suspect.reading
    own = found.scan.own
    if found.helper is not None or own is None or not isinstance(own.node, (ast.For, ast.AsyncFor)):
        return proved("nothing runs between two comparisons of one walk")
    names = {node.id for node in ast.walk(found.outer) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(found.outer) if isinstance(node, ast.Attribute)}
    deep = any(isinstance(node, (ast.Attribute, ast.Subscript)) for node in ast.walk(found.outer))
    for hazard in hazards(own.node.body, found.function, case.program):
        where = found.function.place(hazard.node)
        if hazard.kind == "rebinds" and hazard.name in names:
            return unproved(f"`{hazard.name}` is bound anew while the rows are walked", where)
        if hazard.kind == "attribute" and (hazard.name in attributes or hazard.name == "*"):
            return unproved(f"`.{hazard.name}` is stored while the rows are walked", where)
        if hazard.kind == "mutates" and _reads_item_of(found.outer, hazard.base):
            return unproved("what the wanted key is read from is changed meanwhile", where)
        if hazard.kind in {"unknown", "suspends"} and deep:
            return unproved("a call that cannot be read may change the wanted key", where)
    return proved("the wanted key is not written while the rows are walked")


def _reads_item_of(outer: ast.expr, base: ast.expr | None) -> bool:
    if base is None:
        return False
    source = ast.unparse(base)
    return any(isinstance(node, ast.Subscript) and ast.unparse(node.value) == source for node in ast.walk(outer))


@obligation
def row_unread_after(case: Case) -> Proof:
    """Nobody reads the loop's variable after the loop."""
    found: Narrowing = case.suspect.reading
    node = found.scan.node
    if found.helper is not None:
        return proved("the row's name is the helper's own")
    if not isinstance(node, (ast.For, ast.AsyncFor)):
        return proved("a comprehension keeps its names to itself")
    for name in sorted(found.selection.bound):
        use = _read_outside(name, node, found.hoist, found.function)
        if use is not None:
            why = f"`{name}` is read after the loop, when it is the last row that was walked"
            return unproved(why, found.function.place(use))
    return proved("names of the loop are not read after it without a match")


def _read_outside(name: str, loop: ast.For | ast.AsyncFor, hoist: Loop, function: Function) -> ast.AST | None:
    """A place that may read the loop's variable as the loop left it."""
    if name in function.names.captured or name in function.names.elsewhere:
        return loop
    if loop.orelse and _always_binds(loop.orelse, name):
        return None
    inside = {id(node) for statement in loop.body for node in ast.walk(statement)}
    for use in function.names.loads.get(name, ()):
        before = use.lineno < hoist.statement.lineno
        if id(use) in inside or before or _own_value(name, use, loop, function):
            continue
        return use
    return None


def _always_binds(block: list[ast.stmt], name: str) -> bool:
    for statement in block:
        if any(
            isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
            for node in ast.walk(statement)
        ):
            return False
        if isinstance(statement, (ast.Return, ast.Raise, ast.Continue)):
            return True
        if isinstance(statement, ast.Assign) and any(name in bound_names(target) for target in statement.targets):
            return True
    return False


def _own_value(name: str, use: ast.AST, loop: ast.AST, function: Function) -> bool:
    """Whether another loop or assignment gives the name its value before this use."""
    node = use
    while node in function.parents:
        above = function.parents[node]
        if above is not loop and isinstance(above, (ast.For, ast.AsyncFor)) and name in bound_names(above.target):
            return node in above.body
        for block in ("body", "orelse"):
            siblings = getattr(above, block, None)
            if isinstance(siblings, list) and node in siblings:
                for earlier in siblings[: siblings.index(node)]:
                    after = earlier.lineno > getattr(loop, "end_lineno", 0)
                    if (
                        after
                        and isinstance(earlier, ast.Assign)
                        and any(name in bound_names(one) for one in earlier.targets)
                    ):
                        return True
        node = above
    return False
