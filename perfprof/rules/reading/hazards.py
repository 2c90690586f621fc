"""Hazards: the single things that code may do, and what one of a called function means to its caller."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from perfprof.rules.reading.callees import is_container
from perfprof.rules.reading.expressions import path_of, root_name
from perfprof.rules.reading.names import other_bindings
from perfprof.rules.reading.types import builtin_type

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

STORING = "to store it may run a method"
IN_PLACE = (ast.Add, ast.Mult, ast.BitOr)  # what lists and dicts do in place; sets are not indexed


@dataclass(frozen=True, eq=False, slots=True)
class Hazard:
    """One thing that code may do.

    rebinds: the name ``name``. attribute: stores an attribute called ``name`` on some object ("*": any).
    mutates: changes the object ``base`` in place. unknown: a call of which nothing is known.
    suspends: ``yield`` or ``await``; others may run. node: where, in the function that was asked about. why: what keeps an
    unknown one unknown. inside: of a function that is called there, the one in which it stands, with its place.
    """

    kind: Literal["rebinds", "attribute", "mutates", "unknown", "suspends"]
    node: ast.AST
    name: str = ""
    base: ast.expr | None = None
    why: str = ""
    inside: str = ""


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
    elif root is not None and root in target.names.bindings and _is_its_own(root, base, target):
        return
    elif root == "self" and isinstance(call.func, ast.Attribute) and len(path_of(base) or ()) == 2:
        assert isinstance(base, ast.Attribute)
        yield Hazard(
            "mutates", call, base=ast.copy_location(ast.Attribute(call.func.value, base.attr, ast.Load()), call)
        )
    elif _is_global(base, target) and target.module is function.module and not _hides(root or "", function):
        yield Hazard("mutates", call, base=base)  # a global: the same name, if the same module
    else:
        why = f"`{target.qualname}` changes `{ast.unparse(base)}` ({target.place(base)})"
        yield Hazard("unknown", call, name=function.text(call.func), why=why)


def _is_its_own(root: str, base: ast.expr, target: Function) -> bool:
    """Whether it is a container that the function made, or a text or a number that it adds to."""
    plain = isinstance(base, ast.Name) and builtin_type(base, target) is not None
    return plain or is_container(ast.Name(root, ast.Load()), target)


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


def told(hazard: Hazard) -> str:
    """What an unknown one is, and why nobody knows it."""
    stands = f", in {hazard.inside}," if hazard.inside else ""
    name = hazard.name if hazard.why == STORING else f"{hazard.name}(…)"
    return f"`{name}`{stands} may change it: {hazard.why or 'it runs code that is not known'}"
