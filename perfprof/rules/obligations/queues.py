"""Obligations about a list that is used as a queue: what a deque does not do alike."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.containers.filled import filled
from perfprof.rules.containers.growth import certain
from perfprof.rules.containers.queues import (
    Queue,
    added_unseen,
    compared_with_nothing,
    list_words,
    made_of,
    returned,
)
from perfprof.rules.containers.uses import looked_at, made_anew, own_local
from perfprof.rules.obligations.proofs import obligation, observed, proved, unproved
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.stars import star_for
from perfprof.rules.rule import Case, Proof

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

ALIKE = frozenset({"append", "extend", "clear", "reverse", "count"})
TOLD_APART = frozenset({"str", "repr", "print", "isinstance", "type"})


@obligation
def queue_made_here(case: Case) -> Proof:
    """The queue is a list made in this function."""
    found: Queue = case.suspect.reading
    function, name = found.function, found.name
    if found.given:
        why = f"`{name}` is the caller's, who has it afterwards: only a caller can hand in a deque"
        return unproved(why, function.place(found.front[0]))
    problem = own_local(name, function, made_anew(name, function))
    if problem:
        return unproved(problem, function.place(found.front[0]))
    for binding in function.names.bindings[name]:
        above = function.parents.get(binding.node)
        if isinstance(above, ast.AugAssign) and isinstance(above.op, ast.Add):
            continue
        value = made_of(binding.node, function)
        if value is None or not certain(value, function, "list"):
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
    changes += [one for bound in function.names.bindings.get(name, ()) if (one := _statement(bound.node, function))]
    given_back = returned(name, function)
    for use in function.names.loads.get(name, ()):
        if use in given_back or compared_with_nothing(use, function):
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
            if node is not None and not filled(node, name, function):
                why = "the text of the IndexError would be another one, and nothing shows that it is not empty"
                return unproved(why, function.place(use))
    return proved("each time it was asked before whether something is in it")


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
    if here or (meant is not None and not imported) or star_for("deque", function.module) is not None:
        return unproved("`deque` has another meaning in this file")
    if not all(is_builtin(one, function) for one in ("list", "len", "range")):
        return unproved("`list`, `len` or `range` has another meaning in this file")
    return proved("`deque` means nothing else in this file")
