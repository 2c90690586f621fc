"""Stability: may this collection change, or become another one, while a region runs?"""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from perfprof.rules.reading.callees import CONTAINER_METHODS, SHARED_METHODS
from perfprof.rules.reading.changes import also_called, asked_to_change, change_of, prevented_by
from perfprof.rules.reading.escapes import ever_escapes, harmless_argument, is_private, made_since
from perfprof.rules.reading.expressions import holder_of, key_in_holder, makes_container, path_of, root_name
from perfprof.rules.reading.hazards import Hazard
from perfprof.rules.reading.members import is_member
from perfprof.rules.reading.regions import region_of
from perfprof.rules.reading.syntax import walk

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


@dataclass(frozen=True, slots=True)
class Stability:
    """The answer. problem: why it may change, empty if it cannot. where: ``path:line`` of the reason.

    apart: expressions that are read once before the region and must not be the collection itself (a guard can
    check that). watch: expressions in the region that must not be it, which only a run can tell. private: nobody
    outside of the function can reach it before the region ends. inside: the problem is of its elements only, so that
    there is none if it is a tuple. changed: a statement of the region changes it, or what may be it.
    """

    problem: str = ""
    where: str = ""
    apart: tuple[str, ...] = ()
    watch: tuple[ast.expr, ...] = ()
    private: bool = False
    inside: bool = False
    changed: bool = False


def stability(
    subject: ast.expr,
    region: Sequence[ast.AST],
    function: Function,
    program: Program,
    allowed: Collection[ast.AST] = (),
) -> Stability:
    """Whether ``subject`` (a name or a chain of attributes) stays the same object with the same elements.

    allowed: calls of the region that the rewrite takes into account itself, but for special methods that they run; and
    values that go into texts, of which a guard shows that they are plain.
    """
    path = path_of(subject)
    holder, key_there = holder_of(subject), key_in_holder(subject)
    if holder is not None and key_there is not None:  # the holder keeps it, see `bases_of`
        path = (*(path_of(holder) or ()), key_there)
    if path is None:
        return Stability("it is not a name or an attribute", function.place(subject))
    known = cast("dict[object, Stability]", function.memo.setdefault("stability", {}))
    key = path, tuple(region), tuple(allowed)
    if key not in known:
        known[key] = _stability(path, region, function, program, allowed)
    return known[key]


def _stability(
    path: tuple[str, ...],
    region: Sequence[ast.AST],
    function: Function,
    program: Program,
    allowed: Collection[ast.AST],
) -> Stability:
    private = is_private(path, region, function) or is_member(path, function)
    moving: set[str] = set()
    changing: list[tuple[ast.expr, str]] = []
    told, number = region_of(region, function, program), 0
    judged: dict[object, tuple[str, str]] = {}
    while number < len(told.known) or told.more():  # read when asked for: the first problem ends it
        hazard, sort = told.known[number]
        number += 1
        if hazard.node in allowed and (isinstance(hazard.node, ast.FormattedValue) or hazard.name[:2] != "__"):
            continue
        hazard = asked_to_change(hazard) if private else hazard
        if sort not in judged:
            problem = prevented_by(hazard, path, private, function)
            judged[sort] = problem, "apart" if problem else _changed(hazard, path, private, region, function)
        problem, relation = judged[sort]
        if problem or relation == "same" or (relation == "maybe" and _computed(hazard.base, program)):
            inside, why = _stays_the_same_object(path, region, function), problem or change_of(
                hazard, path, function
            )
            return Stability(why, function.place(hazard.node), inside=inside, changed=not problem)
        if hazard.kind in {"rebinds", "attribute"}:
            moving.add(hazard.name)
        elif hazard.base is not None and relation != "apart":
            changing.append((hazard.base, relation))
    return _stable(changing, moving, private)


def _computed(base: ast.expr | None, program: Program) -> bool:
    """Whether a guard that reads it might run the code of a property."""
    return base is not None and not program.properties.isdisjoint((path_of(base) or ())[1:])


def _stays_the_same_object(path: tuple[str, ...], region: Sequence[ast.AST], function: Function) -> bool:
    """Whether a name of the function itself means one object while the region runs, whoever is called."""
    name, names = path[0], function.names
    if len(path) > 1 or isinstance(function.node, ast.Module) or not names.is_local(name):
        return False
    first, last = region[0], region[-1]
    lines = range(getattr(first, "lineno", 0), (getattr(last, "end_lineno", 0) or 0) + 1)
    bound = any(getattr(one.node, "lineno", 0) in lines for one in names.bindings.get(name, ()))
    return not (bound or name in names.captured or names.dynamic)


def _stable(changing: Sequence[tuple[ast.expr, str]], moving: set[str], private: bool) -> Stability:
    """Of what the region changes in place, what must not be the collection itself."""
    apart: list[str] = []
    watch: list[ast.expr] = []
    for base, relation in changing:
        if relation == "watch" or (relation == "maybe" and moving & {*(path_of(base) or ()), "*"}):
            watch.append(base)
        elif relation == "maybe":
            apart.append(ast.unparse(base))
    return Stability(apart=tuple(dict.fromkeys(apart)), watch=tuple(watch), private=private)


def _changed(
    hazard: Hazard, path: tuple[str, ...], private: bool, region: Sequence[ast.AST], function: Function
) -> str:
    """How what a hazard changes in place relates to the collection; see `_relation`."""
    if hazard.kind != "mutates" or hazard.base is None:
        return "apart"
    if private:  # nobody else can hold it: only its own name changes it
        return "same" if path_of(hazard.base) == path else "apart"
    return _relation(hazard.base, path, region, function)


def _relation(base: ast.expr, path: tuple[str, ...], region: Sequence[ast.AST], function: Function) -> str:
    """How a mutated object relates to the collection: "same", "apart", "maybe" (a guard can tell) or "watch"."""
    target = path_of(base)
    if target in also_called(path, function):
        return "same"
    if target is not None and len(target) == 1:
        apart = _is_other(target[0], path, function) or made_since(target[0], path, function)
        if apart or is_private(target, region, function):
            return "apart"
        return _told_by(base, target[0], region, function)
    root = root_name(base)
    if root is not None and root != path[0] and _holds_only_new(root, path, function):
        return "apart"
    if target is not None:
        return _told_by(base, target[0], region, function)
    if key_in_holder(base) == path[-1]:  # perhaps of the same dict
        return "same"
    return "watch" if _stands_there(base, function) else "same"


def _told_by(base: ast.expr, root: str, region: Sequence[ast.AST], function: Function) -> str:
    """Whether a guard before the region can tell, or only a run; the worst where a guard has no name for it."""
    if _varies(root, region):
        return "watch" if _stands_there(base, function) else "same"
    return "maybe" if _visible(base, function) else "same"


def _stands_there(base: ast.expr, function: Function) -> bool:
    """Whether a run can ask for it in the region: it is written there, or is an attribute of an object that is."""
    holder = base.value if isinstance(base, ast.Attribute) else None
    return base in function.parents or (holder in function.parents and path_of(holder) is not None)


def _visible(base: ast.expr, function: Function) -> bool:
    """Whether a guard can read the object by its name, before the region as well."""
    root = root_name(base)
    if root is None:
        return False
    return function.names.is_local(root) or root in function.module.top or root in function.names.captured


def _varies(name: str, region: Sequence[ast.AST]) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
        for root in region
        for node in walk(root)
    )


def _is_other(name: str, path: tuple[str, ...], function: Function) -> bool:
    """Whether a local name holds a container that was made for it, or something that is no container."""
    if not function.names.is_local(name) or name in function.parameters:
        return False
    only_plain = True
    for binding in function.names.bindings[name]:
        value = binding.value
        if value is None:
            above = function.parents.get(binding.node)
            if isinstance(above, ast.AugAssign):
                continue  # in place, or a new object of the same kind
            return False
        plain = isinstance(value, (ast.Constant, ast.JoinedStr, ast.Compare))
        only_plain = only_plain and plain
        if not plain and not makes_container(value, function):
            return False
    return only_plain or not (
        _taken_from(path, name, function) or name in function.names.captured or ever_escapes(name, function)
    )


def _taken_from(path: tuple[str, ...], name: str, function: Function) -> bool:
    """Whether the collection is assigned from that name (``xs = out``)."""
    for binding in function.names.bindings.get(path[0], ()):
        if binding.value is not None and path_of(binding.value) == (name,):
            return True
    return len(path) > 1 and any(
        isinstance(node, ast.Assign)
        and path_of(node.value) == (name,)
        and any(path_of(target) == path for target in node.targets if isinstance(target, ast.expr))
        for statement in function.body
        for node in walk(statement)
    )


def _holds_only_new(root: str, path: tuple[str, ...], function: Function) -> bool:
    """Whether a local container holds only containers that were made for it (``groups[k] = []``)."""
    values = function.names.values(root)
    if values is None or not _is_other(root, path, function) or not all(map(_holds_nothing, values)):
        return False
    uses = function.names.loads.get(root, ())
    return all(_puts_only_new(use, function) and not _given_away(use, function) for use in uses)


def _puts_only_new(use: ast.expr, function: Function) -> bool:
    """Whether what this use of a container puts into it, if anything, was made for it."""
    above = function.parents.get(use)
    if isinstance(above, ast.Subscript) and isinstance(above.ctx, ast.Store):
        holder = function.parents.get(above)
        if isinstance(holder, ast.AugAssign):
            return True
        return _made_there(holder.value if isinstance(holder, (ast.Assign, ast.AnnAssign)) else None, function)
    if not isinstance(above, ast.Attribute) or above.attr not in CONTAINER_METHODS | SHARED_METHODS | {"get"}:
        return True
    if above.attr in {"pop", "sort", "reverse", "clear", "popitem", "popleft"}:
        return True
    call = function.parents.get(above)
    value = call.args[-1] if isinstance(call, ast.Call) and call.args else None
    return above.attr != "get" and _made_there(value, function)


def _made_there(value: ast.expr | None, function: Function) -> bool:
    if value is None:
        return False
    return makes_container(value, function) or isinstance(value, (ast.Constant, ast.Tuple, ast.BinOp))


def _given_away(use: ast.expr, function: Function) -> bool:
    """Whether it is an argument of a call that may keep it."""
    call = function.parents.get(use)
    return isinstance(call, ast.Call) and use in call.args and not harmless_argument(call, function)


def _holds_nothing(value: ast.expr | None) -> bool:
    """``{}``, ``[]``, ``dict()``, ``defaultdict(list)``: nothing of somebody else is in it."""
    if isinstance(value, ast.Call):
        given = [one.id if isinstance(one, ast.Name) else "" for one in value.args]
        return not value.keywords and all(name in {"list", "dict", "set", "int", "str", "float"} for name in given)
    if isinstance(value, ast.Dict):
        return not value.keys
    return isinstance(value, (ast.List, ast.Set)) and not value.elts
