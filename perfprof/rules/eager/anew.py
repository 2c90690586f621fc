"""A relation that a loop asks anew for each object, always in the same words: filtered rows, their number, whether there are any.

`order.items.filter(size__gt=3)` in a loop over orders is one question about all orders. It can be told with their query
where the loop stands in the function that makes it, so that no object of another origin comes to the changed line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from perfprof.rules.eager.steady import steady
from perfprof.rules.reading.names import bound_names, read_names

if TYPE_CHECKING:
    from perfprof.profilers.parts.loads import Load
    from perfprof.rules.eager.places import Spot
    from perfprof.rules.reading.program import Function

Kind = Literal["rows", "count", "exists"]
_Calls = tuple[tuple[str, ast.Call], ...]
_Use = tuple[Kind, _Calls, ast.expr]
_LOOKUPS = frozenset(
    "exact iexact gt gte lt lte in isnull contains icontains startswith istartswith endswith iendswith range".split()
)
_WALKS = frozenset("list tuple set sorted len sum min max any all enumerate reversed frozenset".split())
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)


@dataclass(frozen=True, eq=False, slots=True)
class Anew:
    """What each turn asks. uses: the expressions that ask. calls: (filter or exclude, its keywords) as they stand."""

    kind: Kind
    variable: str
    calls: _Calls
    uses: tuple[ast.expr, ...]


def asked_anew(load: Load, spot: Spot) -> Anew | None:
    """What the loop over the query asks of each object's relation; None if it cannot be told along with the query."""
    function = spot.function
    loops = list(_loops(spot, function)) if _may_be_told(load, function) else []
    if len(loops) != 1 or not _private(loops[0][0], function):
        return None
    variable, region = loops[0]
    found = _only_question(_mentions(function, variable, load.path), function)
    inside = {name for node in region for name in bound_names(node)} | {variable}
    if found is None or not _same_each_turn(found, region, inside, function):
        return None
    kind, calls, _ = found[0]
    return Anew(kind, variable, calls, tuple(node for _, _, node in found))


def _same_each_turn(uses: list[_Use], region: list[ast.AST], inside: set[str], function: Function) -> bool:
    values = [word.value for _, calls, _ in uses for _, call in calls for word in call.keywords]
    asked: set[ast.AST] = {*values}
    return all(not read_names(one) & inside and steady(one, region, asked, function) for one in values)


def _may_be_told(load: Load, function: Function) -> bool:
    """Rows of one table that hold their owner's key, asked for where the query is made."""
    plain = bool(load.target) and load.kinds == ("many",) and "__" not in load.path
    return plain and not load.spot and " JOIN " not in load.statement.upper() and _asked_here(load, function)


def _only_question(mentions: list[ast.Attribute], function: Function) -> list[_Use] | None:
    """All uses of the relation, if they are one question in the same words that one query answers."""
    uses = [one for one in (_use(one, function) for one in mentions) if one is not None]
    if len(uses) != len(mentions) or len({_words(kind, calls) for kind, calls, _ in uses}) != 1:
        return None
    kind, calls, _ = uses[0]
    return uses if _answered_by_one(kind, calls) else None


def _answered_by_one(kind: Kind, calls: _Calls) -> bool:
    """Rows as they are need no Prefetch of their own; what is excluded is not counted by a condition of the same words."""
    return bool(calls) if kind == "rows" else all(name == "filter" for name, _ in calls)


def _words(kind: Kind, calls: _Calls) -> tuple[str, ...]:
    return kind, *(f"{name} {ast.dump(call)}" for name, call in calls)


def _asked_here(load: Load, function: Function) -> bool:
    place = load.site[0] if load.site else None
    last = getattr(function.node, "end_lineno", 0)
    inside = place is not None and function.line <= place.line <= last
    return inside and place is not None and place.path == str(function.module.path)


def _loops(spot: Spot, function: Function) -> Iterator[tuple[str, list[ast.AST]]]:
    """(variable, what runs in each turn) of the loops that walk the query; nothing if it goes elsewhere, too."""
    walked = _walked_as(spot.node, function)
    for node in ast.walk(function.node) if walked else ():
        if isinstance(node, ast.For) and node.iter in walked and isinstance(node.target, ast.Name):
            yield node.target.id, list(node.body)
        elif isinstance(node, _COMPREHENSIONS) and node.generators[0].iter in walked:
            target = node.generators[0].target
            if isinstance(target, ast.Name):
                yield target.id, [node]


def _walked_as(node: ast.expr, function: Function) -> list[ast.expr]:
    """The expressions that are the query set: itself, or the one use of the variable that it is put into."""
    above = function.parents.get(node)
    if not isinstance(above, ast.Assign):
        return [node]
    names = [one.id for one in above.targets if isinstance(one, ast.Name)]
    if len(names) != 1 or len(above.targets) > 1 or names[0] in function.names.captured:
        return []
    loads = function.names.loads.get(names[0], [])
    bound = function.names.bindings.get(names[0], [])
    return list(loads) if len(loads) == 1 and len(bound) == 1 else []


def _mentions(function: Function, variable: str, relation: str) -> list[ast.Attribute]:
    return [
        node
        for node in ast.walk(function.node)
        if isinstance(node, ast.Attribute) and node.attr == relation and _names(node.value, variable)
    ]


def _names(node: ast.expr, variable: str) -> bool:
    return isinstance(node, ast.Name) and node.id == variable


def _private(variable: str, function: Function) -> bool:
    """Whether the name always means the object of the turn."""
    stores = [
        one for one in ast.walk(function.node) if isinstance(one, ast.Name) and one.id == variable
        and isinstance(one.ctx, ast.Store)
    ]  # fmt: skip
    return len(stores) == 1 and variable not in function.names.captured | function.names.elsewhere


def _use(relation: ast.Attribute, function: Function) -> _Use | None:
    """How ``order.items`` goes on: ``.filter(…)`` and ``.exclude(…)``, then ``.count()``, ``.exists()`` or a walk."""
    node: ast.expr = relation
    calls: list[tuple[str, ast.Call]] = []
    method, call = _method(node, function)
    while call is not None and _narrows(method, call):
        if method != "all":
            calls.append((method, call))
        node = call
        method, call = _method(node, function)
    if call is None:
        return ("rows", tuple(calls), node) if _is_walked(node, function) else None
    if call.args or call.keywords or method not in ("count", "exists"):
        return None
    return "count" if method == "count" else "exists", tuple(calls), call


def _narrows(method: str, call: ast.Call) -> bool:
    if method == "all":
        return not call.args and not call.keywords
    return method in ("filter", "exclude") and not call.args and all(map(_on_a_column, call.keywords))


def _method(node: ast.expr, function: Function) -> tuple[str, ast.Call | None]:
    above = function.parents.get(node)
    call = function.parents.get(above) if isinstance(above, ast.Attribute) else None
    if isinstance(above, ast.Attribute) and isinstance(call, ast.Call) and call.func is above:
        return above.attr, call
    return "", None


def _on_a_column(word: ast.keyword) -> bool:
    """``size`` or ``size__gt``; what leads over another table is told by the recorded statement."""
    column, _, lookup = (word.arg or "").partition("__")
    return bool(column) and (not lookup or lookup in _LOOKUPS)


def _is_walked(node: ast.expr, function: Function) -> bool:
    """Whether a list does what the query set does here: it is walked, measured, or asked whether it is empty."""
    above = function.parents.get(node)
    if isinstance(above, (ast.For, ast.comprehension)):
        return above.iter is node
    if isinstance(above, ast.Call):
        return above.args[:1] == [node] and isinstance(above.func, ast.Name) and above.func.id in _WALKS
    if isinstance(above, ast.UnaryOp):
        return isinstance(above.op, ast.Not)
    return isinstance(above, (ast.If, ast.IfExp, ast.While)) and above.test is node
