"""Effects: what a piece of code may change that somebody else can see.

A `Hazard` is one thing that it may do. Rules do not ask "is it pure?" but "may it change this collection?"
(`perfprof.rules.reading.stability`), so that appending to a result list does not spoil a proof.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from perfprof.rules.reading.callees import (
    CHANGES_FIRST_ARGUMENT,
    CONTAINER_METHODS,
    SHARED_METHODS,
    called_by,
    is_container,
    is_generator,
    logs,
    may_be_own_method,
    own_method,
    set_by_code,
    standard,
)
from perfprof.rules.reading.expressions import (
    LOOKUP_METHODS,
    PURE_BUILTINS,
    TEXT_METHODS,
    is_builtin,
    root_name,
)
from perfprof.rules.reading.hazards import STORING, Hazard, distinct, own_hazards, translated
from perfprof.rules.reading.lambdas import walked_in_place
from perfprof.rules.reading.making import run_by
from perfprof.rules.reading.names import bound_names
from perfprof.rules.reading.operators import OPERATING, Overload, overloads, own_methods
from perfprof.rules.reading.resolution import arguments, class_named, resolve
from perfprof.rules.reading.scans import COMPREHENSIONS
from perfprof.rules.reading.syntax import children
from perfprof.rules.reading.unfollowed import why_not

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Module, Program

SHALLOW = 3  # the same, for the special methods behind operators
DEEPEST = 20  # calls followed into the project, one inside the other
NEAREST = 4  # the same where no run follows: whoever commits waits, and what lies deeper is rarely readable
_HIDDEN = frozenset({"unknown", "suspends"})


def hazards(region: Iterable[ast.AST], function: Function, program: Program) -> Iterator[Hazard]:
    """All hazards of a region of a function, through the calls that it makes."""
    for root in region:
        yield from _walk(root, function, program, frozenset())


def _walk(node: ast.AST, function: Function, program: Program, own: frozenset[str]) -> Iterator[Hazard]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield Hazard("rebinds", node, node.name)
        return
    if isinstance(node, COMPREHENSIONS):
        own = own | {name for part in node.generators for name in bound_names(part.target)}
    if isinstance(node, ast.Name):
        if not isinstance(node.ctx, ast.Load) and node.id not in own:
            yield Hazard("rebinds", node, node.id)
        return
    if node.__class__ not in _SILENT:
        yield from _at(node, function, program)
    for child in children(node):
        if child.__class__ is not ast.Constant and (child.__class__ is not ast.Name or _stores(child)):
            yield from _walk(child, function, program, own)


_SILENT = frozenset((ast.Expr, ast.Tuple, ast.List, ast.keyword, ast.Assign, ast.Return, ast.JoinedStr))


def _stores(node: ast.AST) -> bool:
    return not isinstance(getattr(node, "ctx", None), ast.Load)


def _at(node: ast.AST, function: Function, program: Program) -> Iterator[Hazard]:
    """What a node itself may do, its parts aside."""
    yield from own_hazards(node)
    if set_by_code(node, function, program):
        yield Hazard("unknown", node, name=ast.unparse(node), why=STORING)
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        yield from _property(node, function, program)
    yield from _overloaded(node, function, program)
    if isinstance(node, ast.Call):
        yield from _call(node, function, program)


def _call(call: ast.Call, function: Function, program: Program) -> Iterator[Hazard]:
    callee = call.func
    if isinstance(callee, ast.Name) and is_builtin(callee.id, function):
        yield from _builtin(call, callee.id, function, program)
        return
    if isinstance(callee, ast.Attribute) and not own_method(callee, function, program):
        yield from _called_back(call, callee, function, program)
        if callee.attr in CONTAINER_METHODS or (
            callee.attr in SHARED_METHODS and is_container(callee.value, function)
        ):
            yield Hazard("mutates", call, base=callee.value)
            return
        if callee.attr in TEXT_METHODS or logs(callee):
            return
        if callee.attr in LOOKUP_METHODS and not may_be_own_method(callee, function):
            return
    known = standard(callee, function)
    if known is not None:
        yield from _library(call, known, function, program)
        return
    target = resolve(callee, function, program)
    if target is None and isinstance(callee, ast.Name) and not function.hides(callee.id):
        made = class_named(callee.id, function.module, program)
        if made is not None:
            yield from _constructor(*made, call, program)
            return
    if target is None:
        yield Hazard("unknown", call, name=function.text(callee), why=why_not(callee, function, program))
        return
    yield from _followed(target, call, function, program)


def _called_back(call: ast.Call, callee: ast.Attribute, function: Function, program: Program) -> Iterator[Hazard]:
    """``xs.sort(key=f)`` calls f."""
    for word in call.keywords:
        given = word.value
        named = callee.attr == "sort" and isinstance(given, (ast.Name, ast.Attribute))
        if named and not _harmless_reference(given, function):
            yield from _call(ast.copy_location(ast.Call(given, [], []), call), function, program)


def _property(node: ast.Attribute, function: Function, program: Program) -> Iterator[Hazard]:
    """Reading an attribute runs code if a class that is read so far has a property of that name."""
    own = function.owner is not None and isinstance(node.value, ast.Name) and node.value.id == "self"
    for one in own_methods(node.attr, program) if own or _somewhere(node.attr, program) else ():
        if not isinstance(one.node, ast.Module) and one.node.decorator_list and one is not function:
            if own and one.owner is function.owner:
                given = ast.copy_location(ast.Call(node, [], []), node)
                yield from _followed(one, given, function, program)
            else:
                yield from _shown(one, Overload(node.attr, node.value), node, function, program)


def _somewhere(name: str, program: Program) -> bool:
    return name in program.properties


def _overloaded(node: ast.AST, function: Function, program: Program) -> Iterator[Hazard]:
    """Operators run the special methods of the project's own classes."""
    if node.__class__ not in OPERATING or program.shallow:
        return
    for method, one in overloads(node, function, program):
        yield from _shown(method, one, node, function, program)


def _shows(method: Function, program: Program) -> bool:
    """Whether a method shows any effect, itself or in what it calls directly."""
    known = method.memo.get("shows")
    if known is None:
        program.shallow += 1
        try:
            known = any(hazard.kind not in _HIDDEN for hazard in _summary(method, program))
        finally:
            program.shallow -= 1
        method.memo["shows"] = known
    return bool(known)


def _shown(
    method: Function, one: Overload, node: ast.AST, function: Function, program: Program
) -> Iterator[Hazard]:
    """The effects that a method shows; what it calls and cannot be read is taken to be as plain as its name says."""
    if method in program.following or method is function:
        return
    if not _shows(method, program):
        return
    receiver = one.receiver if one.receiver is not None else ast.Name("?", ast.Load())
    callee = ast.copy_location(ast.Attribute(receiver, one.name, ast.Load()), node)
    call = ast.copy_location(ast.Call(callee, list(one.given), []), node)
    program.shallow += 1
    try:
        found = list(_followed(method, call, function, program, shown=True))
    finally:
        program.shallow -= 1
    for hazard in found:
        placed = hazard.kind == "attribute" or (one.receiver is not None and hazard.kind != "unknown")
        why = f"`{method.qualname}` may run here, which does more than answer ({method.place(method.node)})"
        yield replace(hazard, node=node) if placed else Hazard("unknown", node, name=one.name, why=why)


def _builtin(call: ast.Call, name: str, function: Function, program: Program) -> Iterator[Hazard]:
    if name in {"setattr", "delattr"}:
        given = call.args[1] if len(call.args) > 1 else None
        yield Hazard("attribute", call, str(given.value) if isinstance(given, ast.Constant) else "*")
        return
    value = getattr(builtins, name)
    if name == "next" and not (call.args and walked_in_place(call.args[0])):
        yield Hazard("unknown", call, name=name, why="the code of a generator may run")
    if name in PURE_BUILTINS | {"next", "open", "input"}:
        keys = [word.value for word in call.keywords if word.arg in {"key", "default_factory"}]
        called = [*keys, *(call.args[:1] if name in {"map", "filter"} else [])]
        for one in called:
            if isinstance(one, (ast.Name, ast.Attribute)) and not _harmless_reference(one, function):
                yield from _call(ast.copy_location(ast.Call(one, [], []), call), function, program)
    elif not (isinstance(value, type) and issubclass(value, BaseException)):
        yield Hazard("unknown", call, name=name)


def _harmless_reference(node: ast.expr, function: Function) -> bool:
    if isinstance(node, ast.Name):
        return is_builtin(node.id, function) and node.id in PURE_BUILTINS
    return isinstance(node, ast.Attribute) and node.attr in TEXT_METHODS | LOOKUP_METHODS


def _library(call: ast.Call, name: str, function: Function, program: Program) -> Iterator[Hazard]:
    """A function of the standard library: it may change an argument, and it may call one."""
    if name in CHANGES_FIRST_ARGUMENT and call.args:
        yield Hazard("mutates", call, base=call.args[0])
    for one in called_by(call, name, function):
        if not _harmless_reference(one, function) and resolve(one, function, program) is None:
            yield Hazard("unknown", call, name=function.text(one), why=why_not(one, function, program))
    for one in [*call.args, *(word.value for word in call.keywords)]:
        if isinstance(one, (ast.Name, ast.Attribute)):
            target = resolve(one, function, program)
            if target is not None:
                given = ast.copy_location(ast.Call(one, [], []), call)
                yield from _followed(target, given, function, program)


def _constructor(owner: ast.ClassDef, module: Module, call: ast.Call, program: Program) -> Iterator[Hazard]:
    found, why = run_by(owner, module, program)
    if why:
        yield Hazard("unknown", call, name=owner.name, why=why)
        return
    for one in found:
        for hazard in filter(_gets_out, _summary(one, program)):
            inside = hazard.inside or f"`{one.qualname}` ({one.place(hazard.node)})"
            yield Hazard("unknown", call, hazard.name or owner.name, why=hazard.why, inside=inside)


def _gets_out(hazard: Hazard) -> bool:
    """Whether what a constructor does is seen outside; the new object is its own."""
    own = hazard.kind == "mutates" and hazard.base is not None and root_name(hazard.base) == "self"
    return not own and hazard.kind in {"unknown", "suspends", "mutates"}


def _summary(target: Function, program: Program) -> tuple[Hazard, ...]:
    """The hazards of a whole function, each sort once. In a circle of calls, or too deep, it is unknown."""
    depth = "few hazards" if program.shallow else "hazards"
    found = target.memo.get("hazards") or target.memo.get(depth)
    if found is None:
        if target in program.following or len(program.following) >= _limit(program):
            why = "it leads back to itself" if target in program.following else "it lies deeper than is read"
            return (Hazard("unknown", target.node, name=target.qualname, why=why),)
        program.following.append(target)
        try:
            found = tuple(distinct(hazards(target.body, target, program)))
        finally:
            program.following.pop()
        target.memo[depth] = found
    return found  # type: ignore[return-value]  # the memo holds what was put there


def _limit(program: Program) -> int:
    return SHALLOW if program.shallow else NEAREST if program.alone else DEEPEST


def _followed(
    target: Function, call: ast.Call, function: Function, program: Program, shown: bool = False
) -> Iterator[Hazard]:
    """The hazards of a function of the project, as its caller sees them; with ``shown`` not those it only may have."""
    given = arguments(target, call)
    for hazard in _summary(target, program):
        if shown and hazard.kind in _HIDDEN:
            continue
        if hazard.kind == "rebinds":
            if hazard.name in target.names.elsewhere:
                yield replace(hazard, node=call)
        elif hazard.kind == "mutates" and hazard.base is not None:
            yield from translated(hazard.base, target, given, call, function)
        elif hazard.kind != "suspends" or not is_generator(target):
            inside = hazard.inside or f"`{target.qualname}` ({target.place(hazard.node)})"
            yield replace(hazard, node=call, inside=inside)
