"""Whether something is in a queue when it is taken from: what tests and additions before show."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules.containers.queues import SHRINKING
from perfprof.rules.reading.names import read_names
from perfprof.rules.reading.repeats import statement_of
from perfprof.rules.reading.scans import COMPREHENSIONS

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

REPEATING = (ast.For, ast.AsyncFor, ast.While, ast.Lambda, ast.comprehension, *COMPREHENSIONS)


def filled(node: ast.AST, name: str, function: Function) -> bool:
    """Whether a test, or an addition, before ``node`` shows that something is in the queue."""
    if not _only_one(node, statement_of(node, function), name):
        return False
    while node is not function.node:
        above = function.parents[node]
        if isinstance(above, ast.While) and above.test is node:
            return False
        if isinstance(above, ast.For) and node in above.body and _counts(above, name):
            return len(_shrinks(above, name)) == 1
        if isinstance(above, ast.Try) and node in above.body and _caught(above):
            return True
        if isinstance(node, ast.stmt):
            before = _before(node, above, name)
            if before is not None:
                return before
        if isinstance(above, (ast.IfExp, ast.If, ast.While)) and _guards(above, node, name):
            return True
        if isinstance(above, REPEATING) and not _leaves_as_many(above, node, name):
            return False
        node = above
    return False


def _only_one(node: ast.AST, statement: ast.stmt, name: str) -> bool:
    """Whether nothing else in the statement, or in the head of a compound one, takes from the queue."""
    own = node.func if isinstance(node, ast.Call) else None
    blocks = {"body", "orelse", "finalbody", "handlers", "cases"}
    parts = [value for field, value in ast.iter_fields(statement) if field not in blocks]
    nodes = [one for value in parts for one in (value if isinstance(value, list) else [value])]
    return all(one is own for part in nodes if isinstance(part, ast.AST) for one in _shrinks(part, name))


def _guards(above: ast.IfExp | ast.If | ast.While, node: ast.AST, name: str) -> bool:
    inside = above.body is node or (isinstance(above.body, list) and node in above.body)
    return inside and shows_filled(above.test, name) and not _shrinks(above.test, name)


def shows_filled(test: ast.expr, name: str) -> bool:
    """``q``, ``len(q)``, ``len(q) > 0``, or one of these joined to others by ``and``."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return any(shows_filled(one, name) for one in test.values)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return shows_empty(test.operand, name)
    if isinstance(test, ast.Compare) and ast.unparse(test) == f"{name} != []":
        return True
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and _is_length(test.left, name):
        return _more_than_none(test.ops[0], test.comparators[0])
    return (isinstance(test, (ast.Name, ast.Attribute)) and ast.unparse(test) == name) or _is_length(test, name)


def _more_than_none(operator: ast.cmpop, bound: ast.expr) -> bool:
    """``> 0``, ``!= 0``, ``>= 1``, ``> 7``."""
    least = bound.value if isinstance(bound, ast.Constant) and type(bound.value) is int else -1
    if least == 0:
        return isinstance(operator, (ast.Gt, ast.NotEq))
    return least > 0 and isinstance(operator, (ast.Gt, ast.GtE))


def shows_empty(test: ast.expr, name: str) -> bool:
    """``not q``, ``len(q) == 0``, or one of these joined to others by ``or``."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return any(shows_empty(one, name) for one in test.values)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return shows_filled(test.operand, name)
    return isinstance(test, ast.Compare) and ast.unparse(test) in {f"len({name}) == 0", f"{name} == []"}


def _is_length(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node) == f"len({name})"


def _counts(loop: ast.For, name: str) -> bool:
    """``for _ in range(len(q))``, which takes one in each turn."""
    return ast.unparse(loop.iter) == f"range(len({name}))"


def _caught(block: ast.Try) -> bool:
    """Whether an IndexError is caught without being looked at."""
    return any(
        isinstance(one.type, ast.Name)
        and one.type.id == "IndexError"
        and one.name is None
        and not any(isinstance(inner, (ast.Raise, ast.Call)) for part in one.body for inner in ast.walk(part))
        for one in block.handlers[:1]
    )


def _before(node: ast.stmt, above: ast.AST, name: str) -> bool | None:
    """What the statements before one in its block show: filled, perhaps emptied, or nothing."""
    for block in ("body", "orelse", "finalbody"):
        siblings = getattr(above, block, None)
        if not isinstance(siblings, list) or node not in siblings:
            continue
        for earlier in reversed(siblings[: siblings.index(node)]):
            if _leaves_if_empty(earlier, name) or _adds(earlier, name):
                return True
            if _shrinks(earlier, name) and not _turns(earlier, name):
                return False
    return None


def _leaves_as_many(loop: ast.AST, node: ast.AST, name: str) -> bool:
    return isinstance(loop, (ast.For, ast.While)) and node in loop.body and _turns(loop, name)


def _turns(part: ast.AST, name: str) -> bool:
    """Whether all that takes from the queue puts it back at the other end: ``q.append(q.pop(0))``."""
    ways = {f"{name}.append({name}.pop(0))", f"{name}.insert(0, {name}.pop())"}
    turning = [one for one in ast.walk(part) if isinstance(one, ast.Expr) and ast.unparse(one) in ways]
    known = {inner for one in turning for inner in ast.walk(one)}
    return all(one in known for one in _shrinks(part, name))


def _leaves_if_empty(statement: ast.stmt, name: str) -> bool:
    return (
        isinstance(statement, ast.If)
        and not statement.orelse
        and isinstance(statement.body[-1], (ast.Return, ast.Raise, ast.Break, ast.Continue))
        and shows_empty(statement.test, name)
        and not _shrinks(statement.test, name)
    )


def _adds(statement: ast.stmt, name: str) -> bool:
    """``q.append(x)``, ``q.insert(0, x)`` or ``q = [x]`` as a statement of its own."""
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        value, mine = statement.value, any(isinstance(one, ast.Name) and one.id == name for one in targets)
        shown = isinstance(value, ast.List) and any(not isinstance(one, ast.Starred) for one in value.elts)
        return mine and shown and len(targets) == 1
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return False
    owner = call.func.value
    mine = isinstance(owner, ast.Name) and owner.id == name and call.func.attr in {"append", "insert"}
    return mine and not any(_shrinks(one, name) for one in call.args)


def _shrinks(node: ast.AST, name: str) -> list[ast.AST]:
    """What may take something out of the queue, or bind its name anew."""
    found: list[ast.AST] = []
    for one in ast.walk(node):
        bound = isinstance(one, ast.Name) and one.id == name and not isinstance(one.ctx, ast.Load)
        takes = isinstance(one, ast.Attribute) and one.attr in SHRINKING and read_names(one.value) == {name}
        found += [one] if bound or takes else []
    return found
