"""Obligations about the rows of a loop: what happens to those that do not match."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules.hoisting import eaten_at_once
from perfprof.rules.obligations.proofs import obligation, proved, unproved
from perfprof.rules.reading.callees import is_container
from perfprof.rules.reading.effects import hazards
from perfprof.rules.reading.escapes import is_own
from perfprof.rules.reading.hazards import Hazard
from perfprof.rules.reading.names import bound_names, read_names
from perfprof.rules.reading.ranges import same_positions
from perfprof.rules.reading.regions import hazards_of
from perfprof.rules.rule import Case, Proof
from perfprof.rules.searching.narrowing import Narrowing

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.scans import Loop, Scan


@obligation
def other_rows_idle(case: Case) -> Proof:
    """Rows with another key do nothing."""
    found: Narrowing = case.suspect.reading
    where = found.reader.place(found.selection.compare)
    if found.selection.problem and not (found.selection.late and reads_a_row(found)):
        return unproved(found.selection.problem, where)
    return proved("rows with another key only have their key read and compared", where)


def reads_a_row(found: Narrowing) -> bool:
    """Whether the wanted key is the key of another row of the same collection, which the index has read already."""
    names = [_names_of_row(loop, found) for loop in found.scan.around[found.scan.around.index(found.hoist) :]]
    parts = found.selection.ints or (found.selection.outer,)
    return found.helper is None and all(
        isinstance(part, (ast.Name, ast.Constant))
        or any(same_positions(found.inner, part, one) for one in names if one)
        for part in parts
    )


def _names_of_row(loop: Loop, found: Narrowing) -> dict[str, str]:
    """The names of the inner row, and what they are called in a loop around that walks the same."""
    own, walked = found.target, loop.iterable
    whole = found.stretch.whole if found.stretch is not None else ast.unparse(found.walked)
    if walked is None or ast.unparse(walked) != whole:
        return {}
    if isinstance(own, ast.Name) and isinstance(loop.target, ast.Name):
        bindings = found.function.names.bindings.get(loop.target.id, ())
        return {own.id: loop.target.id} if all(one.node is loop.target for one in bindings) else {}
    return {}


@obligation
def keys_unchanged(case: Case) -> Proof:
    """The rows keep their keys while the loop runs."""
    found: Narrowing = case.suspect.reading
    attributes = {node.attr for node in ast.walk(found.inner) if isinstance(node, ast.Attribute)}
    items = _items(found.inner)
    read = hazards_of([found.hoist.statement], found.function, case.program) if attributes or items else ()
    for hazard in read:
        why = ""
        if hazard.node in found.allowed:
            continue
        if hazard.kind == "attribute" and (hazard.name in attributes or (hazard.name == "*" and attributes)):
            why = f"`.{hazard.name}`, a row's key, is stored in the loop"
        elif hazard.kind == "mutates" and items and _stores_item(hazard, items, found.function):
            why = "an item that is a row's key is stored in the loop"
        elif hazard.kind in {"unknown", "suspends"}:
            why = "a call that cannot be read may change a row's key"
        if why:
            return unproved(why, found.function.place(hazard.node))
    return proved("nothing in the loop stores what the key is read from")


def _items(key: ast.expr) -> set[str]:
    """The constant items that a key is read from; "?" for one that is not constant."""
    found = set()
    for node in ast.walk(key):
        part: ast.expr | None = node.slice if isinstance(node, ast.Subscript) else None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            part = node.args[0] if node.args else None
        if part is not None:
            found.add(repr(part.value) if isinstance(part, ast.Constant) else "?")
    return found


def _stores_item(hazard: Hazard, items: set[str], function: Function) -> bool:
    node = hazard.node
    target = node.target if isinstance(node, ast.AugAssign) else node
    if isinstance(hazard.base, ast.Name) and is_own(hazard.base.id, function):
        return False  # made here and held by nobody else, so it is no row
    if isinstance(target, ast.Subscript):
        fixed = isinstance(target.slice, ast.Constant) and "?" not in items
        return not fixed or repr(target.slice.value) in items  # type: ignore[attr-defined]
    if hazard.base is not None and is_container(hazard.base, function):
        return False  # made here, so it is no row
    method = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
    named = all(one[:1] in {"'", '"'} for one in items)  # what has them is no list
    if isinstance(node, ast.AugAssign):
        adds = isinstance(node.op, ast.BitOr) if named else True
        return adds and not _counts(target, function)
    return not (named and method in {"append", "extend", "insert", "sort", "reverse", "remove", "add", "discard"})


@obligation
def wanted_key_fixed(case: Case) -> Proof:
    """The wanted key stays the same during one walk."""
    found: Narrowing = case.suspect.reading
    outer, function = found.selection.outer, found.reader
    names = {node.id for node in ast.walk(outer) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(outer) if isinstance(node, ast.Attribute)}
    items = _items(outer) - _items(found.selection.inner)  # those are for `keys_unchanged`
    deep = bool(_items(outer) or attributes)
    for hazard in hazards(_one_walk(found), function, case.program):
        where = function.place(hazard.node)
        if hazard.kind == "rebinds" and hazard.name in names:
            return unproved(f"`{hazard.name}` is bound anew while the rows are walked", where)
        if hazard.kind == "attribute" and (hazard.name in attributes or hazard.name == "*"):
            which = "an attribute of any name" if hazard.name == "*" else f"`.{hazard.name}`"
            return unproved(f"{which} is stored while the rows are walked", where)
        if hazard.kind == "mutates" and items and _stores_item(hazard, items, function):
            return unproved("what the wanted key is read from is changed meanwhile", where)
        if hazard.kind in {"unknown", "suspends"} and deep:
            return unproved("a call that cannot be read may change the wanted key", where)
    return proved("the wanted key is not written while the rows are walked")


def _counts(target: ast.AST, function: Function) -> bool:
    """Whether ``+=`` adds to a number or a text: the name is nothing else."""
    if (
        not isinstance(target, ast.Name)
        or not function.names.is_local(target.id)
        or target.id in function.parameters
    ):
        return False
    bindings = function.names.bindings[target.id]
    return all(
        isinstance(one.value, (ast.Constant, ast.JoinedStr))
        or isinstance(function.parents.get(one.node), ast.AugAssign)
        for one in bindings
    )


def _one_walk(found: Narrowing) -> list[ast.AST]:
    """What runs between two comparisons of one walk."""
    own = (found.inside or found.scan).own
    assert own is not None
    if isinstance(own.node, ast.For):
        return list(own.node.body)
    return [own.holder] if own.holder is not None else []


@obligation
def row_unread_after(case: Case) -> Proof:
    """Nobody reads the loop's variable after the loop."""
    found: Narrowing = case.suspect.reading
    scan = found.inside or found.scan
    own = scan.own.counting if scan.own is not None else None
    same = {own.name} if own is not None and not own.others else set()  # the counter ends as it did
    return unread_after(scan, found.selection.bound - same, found.reader)


def unread_after(scan: Scan, bound: frozenset[str], reader: Function) -> Proof:
    """Whether nobody reads the names that a scan binds once it has ended."""
    counted = scan.own is not None and scan.own.counting is not None
    node = scan.own.node if scan.own is not None and counted else scan.node
    late = _reads_late(scan, bound, reader)
    if late is not None:
        return unproved("what is made for a match reads the row later, when it is the last", reader.place(late))
    if not isinstance(node, (ast.For, ast.AsyncFor)):
        return proved("a comprehension keeps its names to itself")
    for name in sorted(bound):
        use = _read_outside(name, node, scan.statement, reader)
        if use is not None:
            why = f"`{name}` is read after the loop, when it is the last row that was walked"
            return unproved(why, reader.place(use))
    return proved("names of the loop are not read after it without a match")


def _reads_late(scan: Scan, names: frozenset[str], function: Function) -> ast.AST | None:
    """A lambda or generator in the loop that reads the row by name, perhaps when the loop has gone on."""
    own = scan.own
    whole = own.holder or own.node if own is not None else None
    for node in ast.walk(whole) if whole is not None else ():
        lazy = isinstance(node, ast.Lambda) or (isinstance(node, ast.GeneratorExp) and node is not whole)
        if lazy and read_names(node) & names and not eaten_at_once(node, function):
            return node
    return None


def _read_outside(
    name: str, loop: ast.For | ast.AsyncFor, statement: ast.stmt, function: Function
) -> ast.AST | None:
    """A place that may read the loop's variable as the loop left it; the loop is, or stands for, the statement."""
    if name in function.names.captured or name in function.names.elsewhere:
        return loop
    above = _around(statement, function)
    parts = [*loop.body, *([statement.test, statement.body[-1]] if isinstance(statement, ast.While) else [])]
    inside = {id(node) for part in parts for node in ast.walk(part)}
    begins = min((one.lineno for one in above if isinstance(one, REPEATED)), default=loop.lineno)
    unmatched = (
        not loop.orelse or not _always_binds(loop.orelse, name) or any(isinstance(one, ast.Try) for one in above)
    )
    for use in _uses(name, function):
        again = use.lineno < loop.lineno  # in the next turn
        if id(use) in inside or use.lineno < begins or not (again or unmatched):
            continue
        if not _own_value(name, use, loop, function):
            return use
    return None


REPEATED = (ast.For, ast.AsyncFor, ast.While)


def _around(node: ast.AST, function: Function) -> list[ast.stmt]:
    found = []
    while node in function.parents:
        node = function.parents[node]
        if isinstance(node, ast.stmt):
            found.append(node)
    return found[:-1] if found and found[-1] is function.node else found


def _uses(name: str, function: Function) -> list[ast.Name]:
    """Where a name must have a value: reads, ``del`` and ``+=``."""
    found = list(function.names.loads.get(name, ()))
    for binding in function.names.bindings.get(name, ()):
        node = binding.node
        if isinstance(node, ast.Name):
            changed = isinstance(function.parents.get(node), ast.AugAssign)
            found += [node] if changed or isinstance(node.ctx, ast.Del) else []
    return found


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
