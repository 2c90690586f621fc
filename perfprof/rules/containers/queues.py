"""Queues on lists: ``q.pop(0)`` and ``q.insert(0, x)`` move all other elements; a deque moves none.

A deque is no list: it has no slices, compares with no list, prints differently, and does not suffer changes while it
is walked. So every use of the queue must be in sight, and be one that both do alike.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.profilers.observations import Watch
from perfprof.rules.containers.growth import as_argument, certain
from perfprof.rules.containers.uses import finally_follows
from perfprof.rules.findings import finding
from perfprof.rules.hoisting import watch
from perfprof.rules.reading.repeats import statement_of
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.rule import Case, Edit, Rewrite, Suspect
from perfprof.rules.searching.indexing import at

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

SHRINKING = frozenset({"pop", "clear", "remove"})


@dataclass(frozen=True, eq=False, slots=True)
class Queue:
    """A list that a loop takes from, or adds to, at its beginning. front: those calls, in source order.

    given: whether it is the caller's, who may call from a loop.
    """

    function: Function
    name: str
    front: tuple[ast.Call, ...]
    loop: ast.stmt
    given: bool = False


def queues(function: Function, alone: bool = False) -> Iterator[Queue]:
    """The names of a function that loops use as queues; a front call outside of loops changes with the others.

    alone: no run will tell sizes, so a list that is only added to counts if a loop over something adds in each turn.
    """
    found: dict[str, list[ast.Call]] = {}
    loops: dict[str, ast.stmt] = {}
    for scan in function.scans:
        call = scan.node
        name = _queue_of(call) if scan.kind == "call" else ""
        if not name or not isinstance(call, ast.Call):
            continue
        found.setdefault(name, []).append(call)
        inner = scan.around[-1].statement if scan.around else None
        if inner is None or _begins_in(name, inner, function):
            continue
        if not alone or _takes(call) or (isinstance(inner, ast.For) and scan.statement in inner.body):
            loops.setdefault(name, scan.around[0].statement)
    for name, loop in loops.items():
        if _is_long_list(name, function):
            yield Queue(function, name, tuple(found[name]), loop)
    yield from _given(function) if not alone else ()


def _given(function: Function) -> Iterator[Queue]:
    """The same of lists that the caller hands in, also where it is the caller who calls again and again."""
    found: dict[str, list[ast.Call]] = {}
    for call in function.every(ast.Call) if function.parameters else ():
        name = _queue_of(call)
        if name and _is_given(name, function):
            found.setdefault(name, []).append(call)
    for name, front in found.items():
        front.sort(key=lambda call: (call.lineno, call.col_offset))
        yield Queue(function, name, tuple(front), statement_of(front[0], function), given=True)


def _is_given(name: str, function: Function) -> bool:
    """Whether a name is a parameter that never means anything else."""
    return name in function.parameters and not function.names.bindings.get(name)


def made_of(node: ast.AST, function: Function) -> ast.expr | None:
    """What a binding gives its name: of ``q = [root]``, and of ``q, seen = [root], set()``; None if it is not shown."""
    above = function.parents.get(node)
    if isinstance(above, ast.Tuple):
        whole = function.parents.get(above)
        values = whole.value.elts if isinstance(whole, ast.Assign) and isinstance(whole.value, ast.Tuple) else []
        alone = isinstance(whole, ast.Assign) and whole.targets == [above] and len(values) == len(above.elts)
        starred = any(isinstance(one, ast.Starred) for one in (*values, *above.elts))
        return dict(zip(above.elts, values, strict=False)).get(node) if alone and not starred else None  # type: ignore[call-overload]
    plain = isinstance(above, ast.AnnAssign) or (isinstance(above, ast.Assign) and above.targets == [node])
    return above.value if plain else None  # type: ignore[union-attr]


def _is_long_list(name: str, function: Function) -> bool:
    values = [made_of(binding.node, function) for binding in function.names.bindings.get(name, ())]
    listed = any(value is not None and certain(value, function, "list") for value in values)
    return listed and not _bounded(name, values, function)


def _takes(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "pop"


def _begins_in(name: str, loop: ast.stmt, function: Function) -> bool:
    """Whether each turn of the loop has a queue of its own."""
    own = [one.node for one in function.names.bindings.get(name, ()) if made_of(one.node, function) is not None]
    last = loop.end_lineno or loop.lineno
    return any(loop.lineno <= getattr(node, "lineno", 0) <= last for node in own)


def _bounded(name: str, values: Sequence[ast.expr | None], function: Function) -> bool:
    """Whether it only ever holds the few elements that are written out."""
    written = all(
        isinstance(one, ast.List) and not any(isinstance(part, ast.Starred) for part in one.elts) for one in values
    )
    grows = any(
        isinstance(above := function.parents.get(use), ast.Attribute)
        and above.attr in {"append", "extend", "insert"}
        for use in function.names.loads.get(name, ())
    )
    return written and not grows


def _queue_of(call: ast.AST) -> str:
    """``q`` of ``q.pop(0)`` and ``q.insert(0, x)``."""
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.keywords:
        return ""
    wanted = {"pop": 1, "insert": 2}.get(call.func.attr)
    if wanted != len(call.args) or any(isinstance(one, ast.Starred) for one in call.args):
        return ""
    first = call.args[0]
    at_front = isinstance(first, ast.Constant) and type(first.value) is int and first.value == 0
    return call.func.value.id if at_front and isinstance(call.func.value, ast.Name) else ""


def suspect(rule: str, found: Queue) -> Suspect:
    """The finding, and what a run must tell about it."""
    function, first = found.function, found.front[0]
    assert isinstance(first.func, ast.Attribute)
    way = "takes from" if first.func.attr == "pop" else "adds to"
    message = f"{way} the beginning of the list `{found.name}`, which moves all of the others"
    what = finding(rule, function, first, found.name, message)
    return Suspect(what, found, tuple(_watches(found, what.id)), function)


def _watches(found: Queue, prefix: str) -> Iterator[Watch]:
    yield watch(f"{prefix}:entry", found.loop, found.function, "entry")
    for number, call in enumerate(found.front):
        assert isinstance(call.func, ast.Attribute)
        yield watch(f"{prefix}:base{number}", call.func.value, found.function, "collection")
    for number, added in enumerate(added_unseen(found.name, found.function)):
        yield watch(f"{prefix}:more{number}", added, found.function, "types")


def added_unseen(name: str, function: Function) -> list[ast.expr]:
    """What ``q += more`` adds and may be of a class with an ``__radd__``, which would be given a deque."""
    above = [function.parents.get(binding.node) for binding in function.names.bindings.get(name, ())]
    added = [one.value for one in above if isinstance(one, ast.AugAssign)]
    return [one for one in added if builtin_type(one, function) is None and not isinstance(one, ast.GeneratorExp)]


def make_deque(case: Case) -> Rewrite:
    """A deque from the beginning; what is returned is a list as before."""
    found: Queue = case.suspect.reading
    function, name = found.function, found.name
    edits = [one for binding in function.names.bindings[name] if (one := _made(binding.node, function))]
    for call in found.front:
        assert isinstance(call.func, ast.Attribute)
        pops = call.func.attr == "pop"
        new = f"{name}.popleft()" if pops else f"{name}.appendleft({as_argument(call.args[1], function)})"
        edits.append(at("replace", call, new))
    edits += [_annotated(one) for one in list_words(name, function) if one is not None]
    edits += [at("replace", use, f"list({name})") for use in returned(name, function)]
    loads = function.names.loads[name]
    edits += [_asked_itself(use, function) for use in loads if compared_with_nothing(use, function)]
    return Rewrite(
        edits=(*edits, Edit("import", "from collections import deque")),
        why=f"both ends of {name} are reached in one step; nothing is moved",
        memory=f"about that of the list {name}",
    )


def _made(node: ast.AST, function: Function) -> Edit | None:
    value = made_of(node, function)
    if value is None:
        return None  # `q += more` is the same for both
    text = function.text(value)
    if isinstance(value, ast.List) and not value.elts:
        text = ""
    elif isinstance(value, ast.Call) and getattr(value.func, "id", "") == "list":
        plain = len(value.args) == 1 and not value.keywords and not isinstance(value.args[0], ast.Starred)
        text = function.text(value.args[0]) if plain else "" if not value.args else text
    return at("replace", value, f"deque({text})")


def compared_with_nothing(use: ast.AST, function: Function) -> bool:
    """Whether it is `q` of ``while q != []`` or ``if q == []``, which for a deque is another question."""
    above = function.parents.get(use)
    if not isinstance(above, ast.Compare) or above.left is not use or len(above.ops) != 1:
        return False
    other = above.comparators[0]
    equal = isinstance(above.ops[0], (ast.Eq, ast.NotEq)) and isinstance(other, ast.List) and not other.elts
    return equal and _is_test(above, function)


def _is_test(node: ast.AST, function: Function) -> bool:
    """Whether only the truth of an expression counts."""
    above = function.parents.get(node)
    if isinstance(above, ast.BoolOp) or (isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not)):
        return _is_test(above, function)
    return isinstance(above, (ast.If, ast.While, ast.IfExp, ast.Assert)) and above.test is node


def _asked_itself(use: ast.Name, function: Function) -> Edit:
    above = function.parents[use]
    assert isinstance(above, ast.Compare)
    return at("replace", above, use.id if isinstance(above.ops[0], ast.NotEq) else f"not {use.id}")


def list_words(name: str, function: Function) -> list[ast.expr | None]:
    """The word ``list`` in each annotation of the name; None where an annotation says something else."""
    found: list[ast.expr | None] = []
    for binding in function.names.bindings.get(name, ()):
        above = function.parents.get(binding.node)
        if isinstance(above, ast.AnnAssign):
            said = above.annotation.value if isinstance(above.annotation, ast.Subscript) else above.annotation
            found.append(said if isinstance(said, ast.Name) and said.id in {"list", "List"} else None)
    return found


def _annotated(word: ast.expr) -> Edit:
    return at("replace", word, "deque")


def returned(name: str, function: Function) -> list[ast.Name]:
    """The uses that hand the queue itself to the caller."""
    found = []
    for use in function.names.loads.get(name, ()):
        above = function.parents.get(use)
        if isinstance(above, ast.Tuple):
            twice = sum(isinstance(one, ast.Name) and one.id == name for one in above.elts) > 1
            above = None if twice else function.parents.get(above)
        if isinstance(above, ast.Return) and not finally_follows(use, function):
            found.append(use)
    return found
