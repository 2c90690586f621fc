"""Inlining: a call of a function that only searches becomes that search, over the rows whose key can match.

    customer = repository.find_by_id(order.customer_id)

The searched list is not among the arguments, so the call cannot be handed fewer rows. Instead the caller evaluates what
the call stands for over a bucket of the index; whatever a guard does not know goes through the call as before.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.hoisting import outermost
from perfprof.rules.reading.expressions import is_builtin, path_of, reads_only
from perfprof.rules.reading.leaves import leaves
from perfprof.rules.reading.names import bound_names, fresh, read_names
from perfprof.rules.reading.operators import own_methods
from perfprof.rules.reading.receivers import Callee, callee_at, imported_as, name_for
from perfprof.rules.reading.repeats import all_scans, repeated
from perfprof.rules.reading.resolution import arguments
from perfprof.rules.reading.scans import Scan
from perfprof.rules.reading.searches import CONSUMERS, Search, search_of
from perfprof.rules.reading.selection import substituted
from perfprof.rules.reading.stability import stability
from perfprof.rules.searching.inlined import BUCKET, Inlined
from perfprof.rules.searching.narrowing import Narrowing, bases_of, changes, paths_in
from perfprof.rules.searching.row_tests import quietly

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program

_BUILTIN_METHODS = frozenset(name for kind in (str, list, dict, set, bytes) for name in dir(kind))


def inlined(function: Function, program: Program) -> tuple[Narrowing, ...]:
    """Every search of a function that a loop repeats by calling it or by reading a property."""
    found = function.memo.get("inlined")
    if found is None:
        found = function.memo["inlined"] = tuple(_inlined(function, program))
    return found  # type: ignore[return-value]  # the memo holds what was put there


def _inlined(function: Function, program: Program) -> Iterator[Narrowing]:
    called = [scan for scan in all_scans(function) if scan.kind == "call" and scan.around]
    for scan in called:
        assert isinstance(scan.node, ast.Call)
        if may_be_own(scan, program):
            yield from _of(scan.node, scan.node.func, scan, function, program)
    for node in function.every(ast.Attribute) if program.properties else ():
        if node.attr in program.properties and isinstance(node.ctx, ast.Load):
            repeats = repeated(node, function)
            if repeats is not None:
                yield from _of(node, node, repeats, function, program)


def may_be_own(scan: Scan, program: Program) -> bool:
    """Whether a call may be one of a function of the project: not ``text.strip()``."""
    name = scan.subject.attr if isinstance(scan.subject, ast.Attribute) else ""
    return name not in _BUILTIN_METHODS or bool(own_methods(name, program))


def _of(node: ast.expr, callee: ast.expr, scan: Scan, function: Function, program: Program) -> Iterator[Narrowing]:
    found = callee_at(callee, function, program)
    if found is None or found.target is function or (found.kind == "property") is isinstance(node, ast.Call):
        return
    search = search_of(found.target)
    if search is None or in_class_body(node, function) or _answered(node, function):
        return
    if isinstance(search.walked, ast.Name) and search.walked.id in found.target.parameters:
        return  # it can be handed fewer rows, see `perfprof.rules.searching.narrowing`
    given = given_to(node, found, function)
    if given is not None and means_the_same(search.answer, search.chosen.bound, found, given, function):
        yield from narrowed(node, scan, Place(found, search, given, function, program))


@dataclass(frozen=True, eq=False, slots=True)
class Place:
    """A search, and where it is called from with what."""

    callee: Callee
    search: Search
    given: dict[str, ast.expr]
    function: Function
    program: Program


def given_to(node: ast.expr, found: Callee, function: Function) -> dict[str, ast.expr] | None:
    """What each parameter stands for in the caller's terms; None if it is more than a few plain reads."""
    values: dict[str, ast.expr] = {}
    if isinstance(node, ast.Call):
        if any(isinstance(one, ast.Starred) for one in node.args) or any(not word.arg for word in node.keywords):
            return None
        values = arguments(found.target, node)
        if len(values) != len(node.args) + len(node.keywords):
            return None
    first = found.target.parameters[:1]
    if found.kind in {"method", "property", "class"} and found.receiver is not None and first:
        if path_of(found.receiver) is None:
            return None
        values[first[0]] = found.receiver
    missing = set(found.target.parameters) - values.keys()
    return None if missing or not all(reads_only(one, function) for one in values.values()) else values


def means_the_same(
    answer: ast.expr, bound: frozenset[str], found: Callee, given: dict[str, ast.expr], function: Function
) -> bool:
    """Whether the names of an answer that are neither bound in it nor given mean the same in the caller."""
    target = found.target
    private = [node.attr for node in ast.walk(answer) if isinstance(node, ast.Attribute)]
    mangled = any(name.startswith("__") and not name.endswith("__") for name in private)
    if mangled and function.owner is not target.owner:
        return False
    return all(_is_the_same(name, target, function) for name in read_names(answer) - bound - given.keys())


def _is_the_same(name: str, target: Function, function: Function) -> bool:
    """Whether a name is the same builtin, the same variable of a function and one nested in it, or of one module."""
    if is_builtin(name, target) and is_builtin(name, function):
        return True
    if function.names.is_local(name):
        return target.outer is function
    module = target.module
    shared = module is function.module and name in module.top and name not in module.rebound
    return shared and name not in CONSUMERS


def _answered(node: ast.expr, function: Function) -> bool:
    """Whether an index is asked already, and this is what is done where it cannot tell."""
    above = function.parents.get(node)
    if not isinstance(above, ast.IfExp) or above.orelse is not node or not isinstance(above.test, ast.BoolOp):
        return False
    index = getattr(above.test.values[0], "id", None)
    calls = (one.func for one in ast.walk(above.body) if isinstance(one, ast.Call))
    return any(isinstance(one, ast.Attribute) and one.attr == "get" and _named(one.value, index) for one in calls)


def _named(node: ast.expr, name: str | None) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def in_class_body(node: ast.AST, function: Function) -> bool:
    """Whether names of a class's body are in reach, which a generator expression would not see."""
    above = function.parents.get(node)
    while above is not None and above is not function.node:
        if isinstance(above, (ast.ClassDef, ast.Lambda)):
            return True
        above = function.parents.get(above)
    return False


def narrowed(node: ast.expr, scan: Scan, place: Place) -> Iterator[Narrowing]:
    """The search in the place of the node, if an index of the rows has a place before the loop."""
    search, function, chosen = place.search, place.function, place.search.chosen
    answer, target, inner = _in_callers_terms(place)
    walked = unplaced(substituted(search.walked, place.given), node)
    bases, key = bases_of(walked, function), leaves(inner)
    own = search.scan.own
    known = {path_of(one) for one in bases}  # positions of a list: its own elements are the keys
    others = [one for one in paths_in(inner, set(bound_names(target))) if path_of(one) not in known]
    if not bases or key is None or own is None or others:
        return
    outer = substituted(chosen.outer, place.given)
    allowed = _searches_too(node, place)
    loop, stable = outermost(bases, scan, function, place.program, allowed)
    if loop is None or not changes(outer, loop, function):
        return
    tests = tested(place.callee, function, place.program, loop.node)
    if tests is None:
        return
    yield Narrowing(
        function=function,
        scan=scan,
        selection=chosen,
        hoist=loop,
        walked=walked,
        bases=bases,
        also=(),
        target=target,
        inner=inner,
        outer=outer,
        stable=stable,
        reader=place.callee.target,
        helper=place.callee.target,
        inside=search.scan,
        inlined=Inlined(place.callee, node, answer, search.certain, tuple(allowed), *tests),
    )


def _searches_too(node: ast.expr, place: Place) -> list[ast.expr]:
    """The call itself, and the others on the same receiver that also do nothing but search, its class being tested."""
    callee, function = place.callee, place.function
    path = path_of(callee.receiver) if callee.receiver is not None else None
    found = [node]
    for scan in function.scans if path is not None else ():
        called = scan.node.func if scan.kind == "call" and isinstance(scan.node, ast.Call) else None
        if isinstance(called, ast.Attribute) and path_of(called.value) == path and scan.node is not node:
            other = callee_at(called, function, place.program)
            if other is not None and other.owner is callee.owner and search_of(other.target) is not None:
                found.append(scan.node)  # type: ignore[arg-type]  # it is a call
    return found


def _in_callers_terms(place: Place) -> tuple[ast.expr, ast.expr, ast.expr]:
    """The answer, the row and its key, with other names for the row where the caller's arguments use them."""
    search, own = place.search, place.search.scan.own
    assert own is not None
    assert own.target is not None
    used = {name for value in place.given.values() for name in read_names(value)}
    rows = sorted(set(bound_names(own.target)))
    apart = {one: ast.Name(fresh(f"{one}_row", place.function.visible), ast.Load()) for one in rows if one in used}
    marked = copy.deepcopy(search.answer)
    holder = marked.args[0] if isinstance(marked, ast.Call) else marked
    assert isinstance(holder, (ast.GeneratorExp, ast.ListComp, ast.SetComp))
    walked = holder.generators[0]
    bucket = ast.Name(BUCKET, ast.Load())
    if search.backwards and isinstance(walked.iter, ast.Call):
        walked.iter.args = [bucket]
    else:
        walked.iter = bucket
    terms = {**place.given, **apart}
    target = _renamed(own.target, apart)
    holder.generators[0].target = target
    inner = unplaced(substituted(search.chosen.inner, terms), search.chosen.inner)
    return substituted(marked, terms), target, inner


def _renamed(target: ast.expr, apart: dict[str, ast.Name]) -> ast.expr:
    found = copy.deepcopy(target)
    for node in ast.walk(found):
        if isinstance(node, ast.Name) and node.id in apart:
            node.id = apart[node.id].id
    return found


def tested(
    callee: Callee, function: Function, program: Program, loop: ast.AST
) -> tuple[str | None, tuple[str, ...]] | None:
    """How the caller names the receiver's class, and the tests before the loop; None if no test can be written."""
    if (
        callee.owner is None
        or callee.module is None
        or callee.receiver is None
        or callee.kind in {"class", "static"}
    ):
        return None, ()
    named = name_for(callee.owner, callee.module, function, program)
    word = "" if named else imported_as(callee.owner, callee.module, program)

    def is_instance(text: str) -> str:
        return guards.exactly(text, [named]) if named else guards.of_class(text, word)

    receiver = callee.receiver
    row = loop.target if isinstance(loop, ast.For) else None
    path = path_of(receiver) or ("",)
    if row is None or path[0] not in set(bound_names(row)):
        return named or word, (is_instance(quietly(receiver)),)
    rows = loop.iter  # type: ignore[attr-defined]  # a row comes from a for statement
    kept = stability(rows, [loop], function, program)  # all objects that the loop will meet are tested before
    if len(path) > 1 or not isinstance(row, ast.Name) or kept.problem or kept.apart or kept.watch:
        return None
    text, each = function.text(rows), fresh("each", function.visible)
    return named or word, (
        guards.exactly(text, ["list", "tuple"]),
        f"all({is_instance(each)} for {each} in {text})",
    )


def unplaced(node: ast.expr, near: ast.AST) -> ast.expr:
    """A copy that stands nowhere in the source, so that its text is made of its tree; errors point near it."""
    found = copy.deepcopy(node)
    for one in ast.walk(found):
        if isinstance(one, ast.expr):
            one.lineno, one.col_offset = getattr(near, "lineno", 1), getattr(near, "col_offset", 0)
            one.end_lineno = one.end_col_offset = None
    return found
