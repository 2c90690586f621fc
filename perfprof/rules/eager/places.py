"""From a recorded place to the expression in the source: the query set or statement that fetched the objects."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.rules.eager.journey import below

if TYPE_CHECKING:
    from perfprof.profilers.parts.loads import Load, Place
    from perfprof.rules.reading.program import Function, Program

_MANAGERS = ("Manager", "QuerySet")
_CHAIN = frozenset(
    "all filter exclude order_by annotate alias distinct reverse select_related prefetch_related using get_queryset"
    " only defer extra complex_filter select_for_update _clone _chain".split()
)
_EXECUTES = frozenset(
    ["execute", "scalars", "scalar", "scalar_one", "scalar_one_or_none", "stream", "stream_scalars"]
)
_BUILDS = frozenset(
    "filter filter_by where order_by group_by having join outerjoin limit offset options distinct slice"
    " execution_options with_for_update enable_eagerloads autoflush populate_existing".split()
)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
_ASKS = frozenset(["all", "__iter__", "yield_per", "one", "first", "one_or_none", "unique"])


@dataclass(frozen=True, eq=False, slots=True)
class Spot:
    """An expression to change, the function around it, and how often it had a part in fetching several objects.

    walked: whether a loop over it asked.
    """

    function: Function
    node: ast.expr
    fetches: int
    walked: bool = False


def origin_of(load: Load, program: Program) -> Spot | None:
    """The expression that makes the query of these objects; None if no line of the project does."""
    if load.orm == "sqlalchemy":
        return _statement(load.started, program)
    found = [spot for step in load.origin if (spot := _made_by(step, program)) is not None]
    return found[0] if found else None


# ------------------------------------------------------------------ Django


def _made_by(step: Sequence[Place], program: Program) -> Spot | None:
    """The query set that this step made: in a manager's method the caller's expression, which is nearer to its use."""
    spots = [_at(place, program) for place in step]
    inner = next((one for one in spots if one is not None), None)
    for number, spot in enumerate(spots):
        if spot is None or not _is_chain(spot.node, spots[number - 1] if number else None):
            return None if spot is None or not number else spots[number - 1]
        if not _in_manager(spot.function):
            return spot
    return inner if inner is not None and _is_chain(inner.node, None) else None


def _is_chain(node: ast.expr, inner: Spot | None) -> bool:
    """Whether the expression surely is a query set: a method that gives one, or the manager's method below it."""
    call = node.value if isinstance(node, ast.Subscript) else node
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return False
    named = inner.function.qualname.rpartition(".")[2] if inner is not None else ""
    return call.func.attr in _CHAIN or call.func.attr == named


def _in_manager(function: Function) -> bool:
    """Whether it is a method of a manager or a query set class."""
    owner = function.owner
    bases = [ast.unparse(base) for base in owner.bases] if owner is not None else []
    return any(word in base for base in bases for word in _MANAGERS)


# ------------------------------------------------------------------ SQLAlchemy


def _statement(frames: Sequence[Place], program: Program) -> Spot | None:
    """What is executed: the first argument of ``execute``, a legacy query; of a parameter the caller's argument."""
    spots = [_at(place, program) for place in frames]
    if not spots or spots[0] is None:
        return None
    found = _executed(spots[0])
    for outer in spots[1:]:
        if found is None or outer is None or not isinstance(found.node, ast.Name):
            break
        given = _argument(found, outer)
        if given is None:
            break
        found = given
    return found


def _executed(spot: Spot) -> Spot | None:
    node = spot.node.value if isinstance(spot.node, ast.Await) else spot.node
    given = _given(node)
    if given is not None:
        return Spot(spot.function, given, spot.fetches)
    if spot.walked:  # a legacy query is executed when it is walked
        return spot if isinstance(spot.node, (ast.Call, ast.Name)) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in _ASKS:
            return Spot(spot.function, node.func.value, spot.fetches)
        query = _query_part(node)
        return Spot(spot.function, query, spot.fetches) if query is not None else None
    return Spot(spot.function, node, spot.fetches) if isinstance(node, ast.Name) else None


def _given(node: ast.expr) -> ast.expr | None:
    """The statement of ``(await session.execute(statement)).scalars()``."""
    for part in below(node):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr in _EXECUTES:
            return part.args[0] if part.args else None if part is node else _given(part.func.value)
    return None


def _query_part(node: ast.expr) -> ast.expr | None:
    """What surely is a query of ``query.filter(…).paginate()``: it, and the calls that give a query again."""
    if isinstance(node, ast.Attribute):
        return node if node.attr == "query" else _query_part(node.value)
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    if node.func.attr == "query":
        return node
    inner = _query_part(node.func.value)
    return node if inner is node.func.value and node.func.attr in _BUILDS else inner


def _argument(found: Spot, outer: Spot) -> Spot | None:
    """What the caller gives for a parameter that the function executes as it came."""
    from perfprof.rules.reading.resolution import arguments

    call = outer.node.value if isinstance(outer.node, ast.Await) else outer.node
    name = found.node.id if isinstance(found.node, ast.Name) else ""
    if name not in found.function.parameters or found.function.names.bindings.get(name):
        return None
    if not isinstance(call, ast.Call):
        return None
    given = arguments(found.function, call).get(name)
    return Spot(outer.function, given, outer.fetches) if given is not None else None


# ------------------------------------------------------------------ both


def _at(place: Place, program: Program) -> Spot | None:
    """The expression at a recorded place; before Python 3.11 the only call of its kind on the line."""
    path = Path(place.path)
    if not path.is_relative_to(program.root):
        return None
    function = program.function_at(path, place.line)
    if function is None:
        return None
    walked = _walked(function, place)
    if walked is not None:
        return Spot(function, walked, place.fetches, walked=True)
    exact = [node for node in ast.walk(function.node) if isinstance(node, ast.expr) and _is_at(node, place)]
    found = exact[0] if exact else _only_call(function, place)
    return Spot(function, found, place.fetches) if found is not None else None


def _is_at(node: ast.AST, place: Place) -> bool:
    span = (place.line, place.column, place.end_line, place.end_column)
    return span == _span(node)


def _span(node: ast.AST) -> tuple[int, int, int, int]:
    end_line, end_column = getattr(node, "end_lineno", 0), getattr(node, "end_col_offset", 0)
    return getattr(node, "lineno", 0), getattr(node, "col_offset", -1), end_line, end_column


def _walked(function: Function, place: Place) -> ast.expr | None:
    """What the loop walks whose instruction this is: it spans the loop, or what is walked."""
    for node in ast.walk(function.node) if place.column >= 0 else ():
        if isinstance(node, (ast.For, ast.AsyncFor)) and (_is_at(node, place) or _is_at(node.iter, place)):
            return node.iter if _is_at(node, place) or not isinstance(node.iter, ast.Call) else None
        if isinstance(node, _COMPREHENSIONS) and _is_at(node, place):
            return node.generators[0].iter
    return None


def _only_call(function: Function, place: Place) -> ast.expr | None:
    """The one outermost call on the line, where the interpreter tells no columns."""
    if place.column >= 0:
        return None
    calls = [one for one in ast.walk(function.node) if isinstance(one, ast.Call) and one.lineno == place.line]
    outer = [one for one in calls if not any(one is not other and _within(one, other) for other in calls)]
    return outer[0] if len(outer) == 1 else None


def _within(inner: ast.AST, outer: ast.AST) -> bool:
    return any(one is inner for one in ast.walk(outer))
