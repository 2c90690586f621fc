"""Repeats: which loops evaluate an expression again and again, wherever in a function it stands."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, cast

from perfprof.rules.reading.expressions import is_builtin, path_of
from perfprof.rules.reading.handed import is_handed
from perfprof.rules.reading.modules import blocks
from perfprof.rules.reading.scans import COMPREHENSIONS, SCOPES, STATEMENT_LOOPS, Comprehension, Loop, Scan, leaving

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function


def all_scans(function: Function) -> tuple[Scan, ...]:
    """The scans of a function, with those of lambdas and functions that a builtin applies to each element."""
    inside = (*function.applied, *function.handed)
    return (*function.scans, *filter(lambda one: _by_builtins(one, function), inside)) if inside else function.scans


def _by_builtins(scan: Scan, function: Function) -> bool:
    calls = [one.call.func for one in (*scan.around, scan.own) if one is not None and one.call is not None]
    return all(isinstance(one, ast.Name) and is_builtin(one.id, function) for one in calls)


def loops_around(node: ast.AST, function: Function) -> tuple[Loop, ...]:
    """The loops that repeat a node, outermost first; none if it stands in a nested function."""
    known, found = _known(function), list[Loop]()
    inside, above = node, function.parents.get(node)
    while above is not None and inside is not function.node:
        if isinstance(inside, SCOPES):
            return ()
        if isinstance(inside, ast.stmt):
            left = leaving(_block_of(inside, above, function))
            if left == "function":
                return tuple(reversed(found))
            if left == "loop":  # it leaves the innermost loop around this block
                inside, above = _innermost(inside, function)
                continue
        if isinstance(above, ast.comprehension) and inside is not above.iter:
            found.extend(reversed(_generators(function.parents[above], above, function, known, own=True)))
        elif isinstance(above, COMPREHENSIONS) and not _was_condition(inside, found):
            found.extend(reversed(_generators(above, inside, function, known)))
        elif _repeats(above, inside, function):
            found.append(_loop(cast("ast.For | ast.AsyncFor | ast.While", above), known))
        inside, above = above, function.parents.get(above)
    return tuple(reversed(found))


def repeated(node: ast.expr, function: Function) -> Scan | None:
    """An expression with the loops around it, as a scan; None if nothing repeats it."""
    around = loops_around(node, function)
    return Scan("call", node, node, statement_of(node, function), around) if around else None


FEW = 16  # turns that the code itself shows; no run is needed to know that nothing is to be gained


def counted_few(around: tuple[Loop, ...]) -> bool:
    """Whether all loops walk what is written out with a few elements, so that there are few turns whatever the data."""
    return all(loop.iterable is not None and written_few(loop.iterable) for loop in around)


def written_few(node: ast.expr) -> bool:
    """Whether the code itself shows that walking it takes few turns."""
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return len(node.elts) < FEW and not any(isinstance(one, ast.Starred) for one in node.elts)
    if isinstance(node, ast.Call):
        return _calls_few(node)
    return isinstance(node, ast.Constant)


def _calls_few(node: ast.Call) -> bool:
    """``range(3)``, ``enumerate(("a", "b"))``, ``{"a": 1}.items()``."""
    if isinstance(node.func, ast.Attribute):
        return isinstance(node.func.value, ast.Dict) and len(node.func.value.keys) < FEW
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name == "range":
        numbers = [one.value for one in node.args if isinstance(one, ast.Constant)]
        return len(numbers) == len(node.args) and all(type(one) is int and abs(one) < FEW for one in numbers)
    return name in {"enumerate", "reversed", "sorted"} and bool(node.args) and written_few(node.args[0])


_CHANGES = frozenset(
    "append appendleft extend extendleft insert add update pop popleft popitem remove discard clear".split()
)


def changed_in(paths: Collection[tuple[str, ...]], loop: Loop, function: Function) -> bool:
    """Whether a statement of the loop itself, which no condition leaves out, changes what one of the paths names."""
    known = cast("dict[ast.AST, set[tuple[str, ...] | None]]", function.memo.setdefault("changed in", {}))
    if loop.node not in known:
        body = loop.statement.body if isinstance(loop.node, STATEMENT_LOOPS) else []  # type: ignore[attr-defined]
        known[loop.node] = {path_of(one) for statement in body for one in _changed_by(statement)}
    return not known[loop.node].isdisjoint(paths)


def _changed_by(statement: ast.stmt) -> list[ast.expr]:
    """What a method that changes is called of, or what gets or loses an element."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        callee = statement.value.func
        return [callee.value] if isinstance(callee, ast.Attribute) and callee.attr in _CHANGES else []
    if isinstance(statement, (ast.Assign, ast.Delete)):
        return [one.value for one in statement.targets if isinstance(one, ast.Subscript)]
    return [statement.target] if isinstance(statement, ast.AugAssign) else []


def statement_of(node: ast.AST, function: Function) -> ast.stmt:
    """The innermost statement around an expression."""
    while not isinstance(node, ast.stmt):
        node = function.parents[node]
    return node


def stands_alone(node: ast.expr, function: Function) -> bool:
    """Whether a conditional expression may stand in its place without parentheses."""
    above = function.parents.get(node)
    if isinstance(above, ast.Call):
        return node in above.args
    if isinstance(above, ast.Subscript):
        return above.slice is node
    return isinstance(above, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.keyword))


def has_room(scan: Scan, function: Function) -> bool:
    """Whether a probe that is more than a name may get one: not in what a comprehension walks."""
    node: ast.AST | None = scan.probe
    if isinstance(node, (ast.Name, ast.Constant)):
        return True
    if isinstance(node, ast.Call) and is_handed(node):
        node = node.func  # which a lambda replaces
    while node is not None and not isinstance(node, ast.stmt):
        above = function.parents.get(node)
        if isinstance(above, ast.comprehension) and above.iter is node:
            return False
        node = above
    return True


def looped_expressions(function: Function) -> tuple[ast.expr, ...]:
    """Every expression below a loop of a function, nested functions left out; from the walk that all rules share."""
    return tuple(function.looped)


def _known(function: Function) -> dict[ast.AST, Loop]:
    found = function.memo.get("loops")
    if found is None:
        scans = function.scans
        found = {one.node: one for scan in scans for one in (*scan.around, *([scan.own] if scan.own else []))}
        function.memo["loops"] = found
    return cast("dict[ast.AST, Loop]", found)


def _loop(node: ast.For | ast.AsyncFor | ast.While, known: dict[ast.AST, Loop]) -> Loop:
    return known.setdefault(node, Loop(node, node))


def _generators(
    above: ast.AST, inside: ast.AST, function: Function, known: dict[ast.AST, Loop], own: bool = False
) -> list[Loop]:
    """The generators of a comprehension that repeat one of its parts."""
    holder = cast("Comprehension", above)
    parts = list(holder.generators)
    if isinstance(inside, ast.comprehension):
        parts = parts[: parts.index(inside) + own]
    statement = statement_of(holder, function)
    return [known.setdefault(one, Loop(one, statement, holder)) for one in parts]


def _was_condition(inside: ast.AST, found: list[Loop]) -> bool:
    """Whether its own generator, and those before it, have been counted already."""
    return isinstance(inside, ast.comprehension) and any(one.node is inside for one in found)


def _repeats(above: ast.AST, inside: ast.AST, function: Function) -> bool:
    if not isinstance(above, STATEMENT_LOOPS):
        return False
    if isinstance(inside, ast.stmt):
        return _block_of(inside, above, function) is above.body
    return isinstance(above, ast.While) and inside is above.test


def _block_of(inside: ast.stmt, above: ast.AST, function: Function) -> list[ast.stmt]:
    """The block of ``above`` in which a statement stands."""
    known = cast("dict[ast.stmt, list[ast.stmt]]", function.memo.setdefault("blocks", {}))
    if inside not in known:
        known.update((one, block) for block in _all_blocks(above) for one in block)
    return known[inside]


def _all_blocks(above: ast.AST) -> Iterator[list[ast.stmt]]:
    if isinstance(above, (ast.ExceptHandler, ast.match_case)):
        yield above.body
    else:
        yield from blocks(cast("ast.stmt", above))


def _innermost(inside: ast.stmt, function: Function) -> tuple[ast.AST, ast.AST | None]:
    """What stands above the innermost statement loop around."""
    node: ast.AST = inside
    while node is not function.node and not (
        isinstance(function.parents[node], STATEMENT_LOOPS) and _repeats(function.parents[node], node, function)
    ):
        node = function.parents[node]
    loop = function.parents.get(node)
    return (node, None) if loop is None else (loop, function.parents.get(loop))
