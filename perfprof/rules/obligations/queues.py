"""Obligations about a list that is used as a queue: what a deque does not do alike."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.growth import certain
from perfprof.rules.obligations.proofs import obligation, observed, proved, unproved
from perfprof.rules.queues import SHRINKING, Queue, added_unseen, list_words, returned
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.names import read_names
from perfprof.rules.reading.scans import COMPREHENSIONS
from perfprof.rules.rule import Case, Proof
from perfprof.rules.uses import looked_at, own_local

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

ALIKE = frozenset({"append", "extend", "clear", "reverse", "count"})
TOLD_APART = frozenset({"str", "repr", "print", "isinstance", "type"})


@obligation
def queue_made_here(case: Case) -> Proof:
    """The queue is a list made in this function."""
    found: Queue = case.suspect.reading
    function, name = found.function, found.name
    problem = own_local(name, function)
    if problem:
        return unproved(problem, function.place(found.front[0]))
    for binding in function.names.bindings[name]:
        above = function.parents.get(binding.node)
        if isinstance(above, ast.AugAssign) and isinstance(above.op, ast.Add):
            continue
        if binding.value is None or not certain(binding.value, function, "list"):
            return unproved(f"`{name}` may be another list here, or none", function.place(binding.node))
    if None in list_words(name, function):
        return unproved(f"`{name}` is annotated as something else", function.place(found.front[0]))
    added = added_unseen(name, function)
    for number, one in enumerate(added):
        seen = case.watched(f"more{number}")
        if seen is not None and not all(kind.startswith("builtins.") for kind in seen.types):
            why = f"`{name} += …` was given a {guards.readable(seen.types)}, which may add itself in another way"
            return unproved(why, function.place(one))
    if added:
        return observed(f"it is made here, and `{function.text(added[0])}` was a builtin in every recorded run")
    return proved(f"`{name}` is always made here")


@obligation
def every_use_in_sight(case: Case) -> Proof:
    """A deque does the same wherever the queue is used."""
    found: Queue = case.suspect.reading
    function, name = found.function, found.name
    changes = [
        statement
        for use in function.names.loads.get(name, ())
        if isinstance(function.parents.get(use), ast.Attribute)
        and (statement := _statement(use, function)) is not None
    ]
    changes += [one for bound in function.names.bindings[name] if (one := _statement(bound.node, function))]
    given_back = returned(name, function)
    for use in function.names.loads.get(name, ()):
        if use in given_back:
            continue
        if not _alike(use, found, changes):
            return unproved(f"a deque may do something else here than the list `{name}`", function.place(use))
    return proved(f"`{name}` is only added to, taken from, asked, and walked while it stays")


def _statement(node: ast.AST, function: Function) -> ast.stmt | None:
    one: ast.AST | None = node
    while one is not None and not isinstance(one, ast.stmt):
        one = function.parents.get(one)
    return one


def _alike(use: ast.Name, found: Queue, changes: list[ast.stmt]) -> bool:
    function = found.function
    above = function.parents.get(use)
    if isinstance(above, ast.Attribute):
        call = function.parents.get(above)
        if not isinstance(call, ast.Call) or call.func is not above:
            return False
        return call in found.front or above.attr in ALIKE or _takes_last(call)
    if isinstance(above, ast.Subscript):
        return above.value is use and isinstance(above.ctx, ast.Load) and is_end(above.slice)
    if isinstance(above, ast.Call) and isinstance(above.func, ast.Name) and above.func.id in TOLD_APART:
        return False
    return looked_at(use, function, changes)


def _takes_last(call: ast.AST) -> bool:
    """``q.pop()``."""
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "pop"
        and not call.args
        and not call.keywords
    )


def is_end(index: ast.expr) -> bool:
    """Whether an index is 0 or -1."""
    try:
        return ast.literal_eval(index) in (0, -1) and ast.unparse(index) in {"0", "-1"}
    except ValueError:
        return False


@obligation
def never_taken_when_empty(case: Case) -> Proof:
    """Nothing is taken from the queue when it is empty."""
    found: Queue = case.suspect.reading
    function, name = found.function, found.name
    for use in function.names.loads.get(name, ()):
        above = function.parents.get(use)
        call = function.parents.get(above) if isinstance(above, ast.Attribute) else None
        takes = isinstance(above, ast.Attribute) and above.attr == "pop"
        if takes or (isinstance(above, ast.Subscript) and is_end(above.slice)):
            node = call if takes and call is not None else above
            if node is not None and not _filled(node, name, function):
                why = "the text of the IndexError would be another one, and nothing shows that it is not empty"
                return unproved(why, function.place(use))
    return proved("each time it was asked before whether something is in it")


def _filled(node: ast.AST, name: str, function: Function) -> bool:
    """Whether a test, or an addition, before ``node`` shows that something is in the queue."""
    statement = _statement(node, function)
    if statement is None or not _only_one(node, statement, name):
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
        if isinstance(above, (ast.For, ast.AsyncFor, ast.While, ast.Lambda, ast.comprehension, *COMPREHENSIONS)):
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
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and _is_length(test.left, name):
        bound = test.comparators[0]
        least = bound.value if isinstance(bound, ast.Constant) and type(bound.value) is int else None
        if least is None:
            return False
        return (isinstance(test.ops[0], (ast.Gt, ast.NotEq)) and least == 0) or (
            isinstance(test.ops[0], (ast.Gt, ast.GtE)) and least > 0
        )
    return (isinstance(test, (ast.Name, ast.Attribute)) and ast.unparse(test) == name) or _is_length(test, name)


def shows_empty(test: ast.expr, name: str) -> bool:
    """``not q``, ``len(q) == 0``, or one of these joined to others by ``or``."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return any(shows_empty(one, name) for one in test.values)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return shows_filled(test.operand, name)
    return isinstance(test, ast.Compare) and ast.unparse(test) == f"len({name}) == 0"


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
            if _shrinks(earlier, name):
                return False
    return None


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


@obligation
def deque_is_free(case: Case) -> Proof:
    """The name `deque` can be imported."""
    found: Queue = case.suspect.reading
    function = found.function
    meant = function.module.top.get("deque")
    imported = isinstance(meant, ast.ImportFrom) and meant.module == "collections"
    here = (
        "deque" in function.names.bindings or "deque" in function.parameters or "deque" in function.module.rebound
    )
    scope = function.outer
    while scope is not None and scope.qualname != "<module>":
        here = here or "deque" in scope.names.bindings or "deque" in scope.parameters
        scope = scope.outer
    if here or (meant is not None and not imported) or function.module.hides_builtins:
        return unproved("`deque` has another meaning in this file")
    if not all(is_builtin(one, function) for one in ("list", "len", "range")):
        return unproved("`list`, `len` or `range` has another meaning in this file")
    return proved("`deque` means nothing else in this file")
