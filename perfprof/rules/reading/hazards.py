"""Hazards: the single things that code may do, and what one of a called function means to its caller."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from perfprof.rules.reading.callees import is_container
from perfprof.rules.reading.expressions import path_of, root_name
from perfprof.rules.reading.names import other_bindings
from perfprof.rules.reading.stars import star_for

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

IN_PLACE = (ast.Add, ast.Mult, ast.BitOr)  # what lists and dicts do in place; sets are not indexed


@dataclass(frozen=True, eq=False, slots=True)
class Hazard:
    """One thing that code may do.

    rebinds: the name ``name``. attribute: stores an attribute called ``name`` on some object ("*": any).
    mutates: changes the object ``base`` in place. unknown: a call of which nothing is known.
    suspends: ``yield`` or ``await``; others may run. node: where, in the function that was asked about.
    """

    kind: Literal["rebinds", "attribute", "mutates", "unknown", "suspends"]
    node: ast.AST
    name: str = ""
    base: ast.expr | None = None


def own_hazards(node: ast.AST) -> Iterator[Hazard]:
    """What a node itself does, whatever its names mean; calls and operators aside."""
    if isinstance(node, ast.Attribute) and (node.attr == "__dict__" or not isinstance(node.ctx, ast.Load)):
        yield Hazard("attribute", node, "*" if node.attr == "__dict__" else node.attr)
    elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
        yield Hazard("mutates", node, base=node.value)
    elif isinstance(node, ast.AugAssign):
        number = isinstance(node.value, ast.Constant) and isinstance(node.value.value, (int, float))
        number = number and not isinstance(node.op, ast.Mult)
        if isinstance(node.op, IN_PLACE) and not number:  # adding a number to a list raises
            yield Hazard("mutates", node, base=node.target)
    elif isinstance(node, (ast.Yield, ast.YieldFrom, ast.Await, ast.AsyncFor, ast.AsyncWith)):
        yield Hazard("suspends", node)
    elif isinstance(node, ast.comprehension) and node.is_async:
        yield Hazard("suspends", node.target)
    elif isinstance(node, ast.withitem) and not isinstance(node.context_expr, ast.Call):
        yield Hazard("unknown", node.context_expr, name="with")
    else:
        for name in other_bindings(node):
            yield Hazard("rebinds", node, name)


def distinct(found: Iterable[Hazard]) -> Iterator[Hazard]:
    """Each sort once."""
    known: set[tuple[str, str]] = set()
    for one in found:
        told = ast.unparse(one.base) if one.base is not None else one.name
        key = (one.kind, "" if one.kind in {"unknown", "suspends"} else told)
        if key not in known:
            known.add(key)
            yield one


def translated(
    base: ast.expr, target: Function, given: dict[str, ast.expr], call: ast.Call, function: Function
) -> Iterator[Hazard]:
    """What a called function changes in place, in terms of its caller."""
    root = root_name(base)
    if root in given and path_of(base) == (root,):
        yield Hazard("mutates", call, base=given[root])
    elif root is not None and root in target.names.bindings and is_container(ast.Name(root, ast.Load()), target):
        return  # its own local container
    elif root == "self" and isinstance(call.func, ast.Attribute) and len(path_of(base) or ()) == 2:
        assert isinstance(base, ast.Attribute)
        yield Hazard(
            "mutates", call, base=ast.copy_location(ast.Attribute(call.func.value, base.attr, ast.Load()), call)
        )
    elif _is_global(base, target) and target.module is function.module and not _hides(root or "", function):
        yield Hazard("mutates", call, base=base)  # a global: the same name, if the same module
    else:
        yield Hazard("unknown", call, name=function.text(call.func))


def _is_global(base: ast.expr, target: Function) -> bool:
    return isinstance(base, ast.Name) and base.id not in target.parameters and not target.names.is_local(base.id)


def _hides(name: str, function: Function) -> bool:
    """Whether a name of the module means something else in a function."""
    scope: Function | None = function
    while scope is not None and scope.qualname != "<module>":
        if scope.names.is_local(name):
            return True
        scope = scope.outer
    return False


def unreadable(name: str, function: Function) -> str:
    """Why nothing is known of a call: a builtin's name may mean another function, an operator a class's own method."""
    if name.startswith("__"):
        return "a class of this project has one of its own"
    star = star_for(name, function.module) if hasattr(builtins, name) else None
    if star is not None:
        return f"`{ast.unparse(star)}` may give `{name}` another meaning"
    return "not readable from here"
