"""Changes: what a hazard does to a collection, or may do, in words that a reader can check."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from perfprof.rules.reading.callees import CONTAINER_METHODS, SHARED_METHODS
from perfprof.rules.reading.expressions import key_in_holder, path_of
from perfprof.rules.reading.hazards import Hazard, told
from perfprof.rules.reading.syntax import walk

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function


def prevented_by(hazard: Hazard, path: tuple[str, ...], private: bool, function: Function) -> str:
    """Why it may not be the collection any more, whatever object is changed; empty if that alone tells."""
    if hazard.kind == "rebinds" and hazard.name == path[0]:
        return f"`{path[0]}` is bound anew in the loop"
    if hazard.kind == "attribute" and (hazard.name in path[1:] or (hazard.name == "*" and len(path) > 1)):
        which = "attributes of any name are" if hazard.name == "*" else f"an attribute `{hazard.name}` is"
        return f"{which} stored in the loop{f', in {hazard.inside}' if hazard.inside else ''}"
    if hazard.kind == "mutates" and len(path) > 1 and _keeps_attributes(hazard.base, function):
        return "the dict that keeps attributes is changed in the loop"
    if hazard.kind == "unknown" and not private:
        return told(hazard)
    if hazard.kind == "suspends" and not private:
        return "other code may run at `await` or `yield`"
    return ""


def asked_to_change(hazard: Hazard) -> Hazard:
    """``xs.remove(x)`` of an object whose class does not show: a change of it, if it is the builtins'.

    To a collection that nobody else can reach, an unknown call is harmless, unless it is asked of the collection itself.
    """
    call = hazard.node
    callee = call.func if hazard.kind == "unknown" and isinstance(call, ast.Call) else None
    if isinstance(callee, ast.Attribute) and callee.attr in CONTAINER_METHODS | SHARED_METHODS:
        return replace(hazard, kind="mutates", base=callee.value)
    return hazard


def _keeps_attributes(base: ast.expr | None, function: Function) -> bool:
    """Whether a name was given an object's ``__dict__``: to change that is to store attributes."""
    bindings = function.names.bindings.get(base.id, ()) if isinstance(base, ast.Name) else ()
    values = [one.value for one in bindings if one.value is not None]
    return any(
        isinstance(node, ast.Attribute) and node.attr == "__dict__" for value in values for node in walk(value)
    )


def change_of(hazard: Hazard, path: tuple[str, ...], function: Function) -> str:
    """What changes it, or may: by its own name, or by another one."""
    if hazard.base is None:
        return "it is changed in the loop"
    same = path_of(hazard.base) in also_called(path, function) or key_in_holder(hazard.base) == path[-1]
    return (
        f"`{ast.unparse(hazard.base)}` is changed in the loop{'' if same else ', and may be the collection itself'}"
    )


def also_called(path: tuple[str, ...], function: Function) -> set[tuple[str, ...] | None]:
    """The collection's own name, and the names and attributes that it was taken from (``xs = self.items``)."""
    values = function.names.values(path[0]) if len(path) == 1 else None
    return {path, *(path_of(value) for value in values or () if path_of(value) is not None)}
