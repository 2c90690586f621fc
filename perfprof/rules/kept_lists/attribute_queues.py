"""Queues that an object holds: ``self._waiting.pop(0)`` in one method, ``self._waiting.append(job)`` in another.

What a deque does not do alike may stand in any method, so the whole class is read: each use of the attribute, in all of
its methods, must be one that both do alike, and nobody outside of the class may have it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.containers.growth import as_argument, certain
from perfprof.rules.findings import finding
from perfprof.rules.hoisting import watch
from perfprof.rules.kept_lists.emptied import empty_guards
from perfprof.rules.reading.program import DEFINITIONS
from perfprof.rules.rule import Case, Edit, Rewrite, Suspect
from perfprof.rules.searching.indexing import at

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function


@dataclass(frozen=True, eq=False, slots=True)
class Use:
    """One place in a method that names the attribute of ``self``."""

    method: Function
    node: ast.Attribute

    @property
    def above(self) -> ast.AST | None:
        """What it stands in."""
        return self.method.parents.get(self.node)

    @property
    def call(self) -> ast.Call | None:
        """The call of a method of the queue, if it is one."""
        above = self.above
        call = self.method.parents.get(above) if isinstance(above, ast.Attribute) else None
        return call if isinstance(call, ast.Call) and call.func is above else None

    @property
    def word(self) -> str:
        """The name of the method that is called, or empty."""
        return self.above.attr if self.call is not None and isinstance(self.above, ast.Attribute) else ""


@dataclass(frozen=True, eq=False, slots=True)
class AttributeQueue:
    """An attribute of a class from whose beginning a method takes, or where it adds. front: those calls."""

    function: Function
    owner: ast.ClassDef
    name: str
    uses: tuple[Use, ...]
    front: tuple[Use, ...]

    @property
    def text(self) -> str:
        """How methods write it."""
        return f"self.{self.name}"


def attribute_queues(function: Function, alone: bool) -> Iterator[AttributeQueue]:
    """Those whose first front call stands in this method. alone: no run will follow, so it must stand in a loop."""
    if function.owner is None or not _fronts(function):
        return
    methods = [one for one in function.module.functions if one.owner is function.owner]
    for name in dict.fromkeys(one.node.attr for one in _fronts(function)):
        front = tuple(one for method in methods for one in _fronts(method) if one.node.attr == name)
        looped = any(_in_loop(one) for one in front)
        if front[0].method is function and (looped or not alone):
            uses = tuple(one for method in methods for one in uses_of(name, method))
            if any(map(_stores_list, uses)):
                yield AttributeQueue(function, function.owner, name, uses, front)


def _stores_list(one: Use) -> bool:
    value = stored(one)
    return value is not None and certain(value, one.method, "list")


def _fronts(method: Function) -> tuple[Use, ...]:
    """Calls ``self.x.pop(0)`` and ``self.x.insert(0, y)`` of a method."""
    found = method.memo.get("front calls")
    if found is None:
        found = method.memo["front calls"] = tuple(_all_fronts(method))
    return found  # type: ignore[return-value]  # the memo holds what was put there


def _all_fronts(method: Function) -> Iterator[Use]:
    for call in method.every(ast.Call):
        callee = call.func
        if not isinstance(callee, ast.Attribute) or callee.attr not in ("pop", "insert") or call.keywords:
            continue
        held, first = callee.value, call.args[0] if call.args else None
        at_front = isinstance(first, ast.Constant) and type(first.value) is int and first.value == 0
        counted = len(call.args) == (1 if callee.attr == "pop" else 2)
        if at_front and counted and isinstance(held, ast.Attribute) and _is_self(held.value, method):
            yield Use(method, held)


def _is_self(node: ast.expr, method: Function) -> bool:
    return isinstance(node, ast.Name) and node.id == "self" and method.parameters[:1] == ("self",)


def _in_loop(one: Use) -> bool:
    node: ast.AST | None = one.node
    while node is not None and not isinstance(node, (ast.For, ast.While)):
        node = one.method.parents.get(node)
    return node is not None


def uses_of(name: str, method: Function) -> list[Use]:
    """All places of a method that name the attribute, of whatever object, nested functions left out."""
    return [Use(method, one) for one in method.every(ast.Attribute) if one.attr == name]


def stored(one: Use) -> ast.expr | None:
    """What a method assigns to the attribute; None if it does not, or not in a plain way."""
    above = one.above
    if isinstance(above, ast.AnnAssign) and above.target is one.node:
        return above.value if list_word(above) is not None else None
    plain = isinstance(above, ast.Assign) and len(above.targets) == 1 and above.targets[0] is one.node
    return above.value if plain and isinstance(above, ast.Assign) else None


def list_word(statement: ast.AnnAssign) -> ast.Name | None:
    """The word ``list`` in an annotation; None if it says something else."""
    said = statement.annotation
    said = said.value if isinstance(said, ast.Subscript) else said
    return said if isinstance(said, ast.Name) and said.id in {"list", "List"} else None


def suspect(rule: str, found: AttributeQueue) -> Suspect:
    """The finding, and what a run must tell about it."""
    first = found.front[0]
    way = "takes from" if first.word == "pop" else "adds to"
    message = f"{way} the beginning of the list `{found.text}`, which moves all of the others"
    assert first.call is not None
    what = finding(rule, found.function, first.call, found.text, message)
    watches = [watch(f"{what.id}:base{n}", one.node, one.method, "collection") for n, one in enumerate(found.front)]
    return Suspect(what, found, tuple(watches), found.function)


def make_attribute_deque(case: Case) -> Rewrite:
    """A deque wherever the attribute is made, and both ends by their names."""
    found: AttributeQueue = case.suspect.reading
    edits = []
    for one in found.uses:
        value, call = stored(one), one.call
        if value is not None:
            edits.append(at("replace", value, f"deque({_content(value, one.method)})"))
            word = list_word(one.above) if isinstance(one.above, ast.AnnAssign) else None
            edits += [at("replace", word, "deque")] if word is not None else []
        elif any(one.node is other.node for other in found.front):
            assert call is not None
            pops = one.word == "pop"
            ends = "popleft()" if pops else f"appendleft({as_argument(call.args[1], one.method)})"
            edits.append(at("replace", call, f"{found.text}.{ends}"))
    for _, guard in empty_guards(found, case.program):
        assert guard is not None  # else the obligation was open
        asked = f"if not {found.text}:\n    raise IndexError({guard.error!r})\n"
        edits.append(at("before", guard.statement, asked.replace("'", '"')))
    return Rewrite(
        edits=(*edits, Edit("import", "from collections import deque")),
        why=f"both ends of {found.text} are reached in one step; nothing is moved",
        memory=f"about that of the list {found.text}",
        reshapes=True,
    )


def _content(value: ast.expr, method: Function) -> str:
    """What the deque is made of."""
    if isinstance(value, ast.List) and not value.elts:
        return ""
    if isinstance(value, ast.Call) and getattr(value.func, "id", "") == "list":
        plain = len(value.args) == 1 and not isinstance(value.args[0], ast.Starred)
        return method.text(value.args[0]) if plain else "" if not value.args else method.text(value)
    return method.text(value)


def names_of_body(owner: ast.ClassDef) -> set[str]:
    """Names that the class's body binds, outside of its methods."""
    found = {one.name for one in owner.body if isinstance(one, (*DEFINITIONS, ast.ClassDef))}
    rest = [one for one in owner.body if not isinstance(one, (*DEFINITIONS, ast.ClassDef))]
    return found | {node.id for one in rest for node in ast.walk(one) if isinstance(node, ast.Name)}
