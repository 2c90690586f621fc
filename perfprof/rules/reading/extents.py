"""Extents: how many elements a collection has, as far as reading tells.

``open(path)`` has as many as there are data, ``("a", "b")`` has two, ``columns`` are few by the nature of things, and of
most collections only a run knows. An answer is never a proof: it decides what is worth bringing up unmeasured.
"""

from __future__ import annotations

import ast
import enum
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

from perfprof.rules.reading import vocabulary
from perfprof.rules.reading.additions import (
    added_whole,
    additions,
    drives,
    is_asked,
    is_conditional,
    is_whole,
    within,
)
from perfprof.rules.reading.bounds import counts_turns, goes_far, is_bounded, is_written_out, refills, refuses_more
from perfprof.rules.reading.names import bound_names
from perfprof.rules.reading.repeats import FEW as FEW_TURNS
from perfprof.rules.reading.repeats import written_few
from perfprof.rules.reading.scans import COMPREHENSIONS, Comprehension, Loop
from perfprof.rules.reading.streams import is_read_whole, opened, reads_pieces

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

MANY_TURNS = 1000
DEPTH = 6  # steps from a name to what it was made of
COUNTS = frozenset({"n", "size", "length", "total", "limit", "count"})  # of a parameter that says how many


class Extent(enum.IntEnum):
    """How many elements, or turns. FEW and MANY are what the code and its names say; UNKNOWN is for a run to tell."""

    FEW = 0
    UNKNOWN = 1
    MANY = 2


def extent_of(node: ast.expr, function: Function, depth: int = DEPTH) -> Extent:
    """How many elements walking this expression gives."""
    if depth <= 0:
        return Extent.UNKNOWN
    if written_few(node):
        return Extent.FEW
    read = _BY_KIND.get(type(node))
    return Extent.UNKNOWN if read is None else read(node, function, depth)


def _written(node: ast.List | ast.Tuple | ast.Set, function: Function, depth: int) -> Extent:
    starred = [extent_of(one.value, function, depth - 1) for one in node.elts if isinstance(one, ast.Starred)]
    return max(starred, default=Extent.FEW)


def _chosen(node: ast.IfExp, function: Function, depth: int) -> Extent:
    return min(extent_of(one, function, depth - 1) for one in (node.body, node.orelse))


def _joined(node: ast.BinOp, function: Function, depth: int) -> Extent:
    sides = [extent_of(one, function, depth - 1) for one in (node.left, node.right)]
    return max(sides) if isinstance(node.op, (ast.Add, ast.BitOr)) else min(sides)


def named(name: str) -> Extent:
    """What a name alone tells."""
    if vocabulary.names_few(name):
        return Extent.FEW
    return Extent.MANY if vocabulary.names_many(name) else Extent.UNKNOWN


def turns(loops: Iterable[Loop], function: Function, depth: int = DEPTH) -> Extent:
    """How many turns nested loops take together."""
    return _product([_turns(one.node, function, depth) for one in loops])


def _product(found: Sequence[Extent]) -> Extent:
    return Extent.MANY if Extent.MANY in found else max(found, default=Extent.FEW)


def _turns(node: ast.For | ast.AsyncFor | ast.While | ast.comprehension, function: Function, depth: int) -> Extent:
    """``while queue`` and ``while i < len(rows)`` take as many turns as those have elements."""
    if not isinstance(node, ast.While):
        return extent_of(node.iter, function, depth)
    if reads_pieces(node):
        return Extent.MANY
    tested = node.test.args[0] if _is_length(node.test) else node.test
    if isinstance(tested, ast.Name):
        brought = worklist(tested.id, node, function)
        return brought if brought is not None else extent_of(tested, function, max(depth - 1, 0))
    if isinstance(tested, ast.Compare) and depth and len(tested.ops) == 1:
        sides = tested.left, tested.comparators[0]
        if isinstance(tested.ops[0], (ast.Lt, ast.LtE)) and counts_turns(sides[0], node):
            return _count(sides[1], function, depth - 1)
        if isinstance(tested.ops[0], (ast.Gt, ast.GtE)) and (_is_length(sides[0]) or counts_turns(sides[1], node)):
            return _count(sides[0], function, depth - 1)
    return Extent.UNKNOWN


def worklist(name: str, node: ast.stmt, function: Function) -> Extent | None:
    """Of a list that a loop takes from while it adds several at once: it walks a graph or a tree. None if it does not."""
    if vocabulary.names_parts(name):
        return Extent.FEW
    if not drives(name, node):
        return None
    if is_bounded(name, node, function):
        return Extent.UNKNOWN
    calls = [
        one for one in additions(name, function) if within(one[0], node) and not refills(one[0], name, function)
    ]
    brought = [_brings(call, loops, node, function) for call, loops in calls]
    more = [one for one in brought if one is not None]
    more += [extent_of(one, function, 2) for one in added_whole(name, node, function)]
    far = max(more, default=Extent.FEW) is not Extent.FEW and goes_far(node)
    return None if not more else Extent.MANY if far else Extent.UNKNOWN


def _brings(call: ast.Call, loops: tuple[Loop, ...], node: ast.stmt, function: Function) -> Extent | None:
    """How many one turn of the worklist's loop adds, where it is more than one."""
    inner = [one.node for one in loops if one.node is not node and within(one.statement, node)]
    if isinstance(call.func, ast.Attribute) and call.func.attr in {"extend", "update"} and call.args:
        return extent_of(call.args[0], function, 2)
    if not inner or isinstance(inner[-1], ast.While):
        return None
    return extent_of(inner[-1].iter, function, 2)


def _of_comprehension(node: Comprehension, function: Function, depth: int) -> Extent:
    """Every generator counts; a condition may leave few of many."""
    found = _product([extent_of(one.iter, function, depth - 1) for one in node.generators])
    return min(found, Extent.UNKNOWN) if any(one.ifs for one in node.generators) else found


def _of_slice(node: ast.Subscript, function: Function, depth: int) -> Extent:
    if not isinstance(node.slice, ast.Slice):
        return _under(node.slice)
    bound = node.slice.upper
    if isinstance(bound, ast.Constant) and isinstance(bound.value, int) and 0 <= bound.value < FEW_TURNS:
        return Extent.FEW
    whole = extent_of(node.value, function, depth - 1)
    return whole if bound is None else min(whole, Extent.UNKNOWN)


def _under(key: ast.expr) -> Extent:
    """What a dict holds under a key: ``module["rows"]``, ``module.get("rows", ())``."""
    name = key.value if isinstance(key, ast.Constant) else None
    return named(name) if isinstance(name, str) else Extent.UNKNOWN


def _of_call(node: ast.Call, function: Function, depth: int) -> Extent:
    callee = node.func
    name = callee.attr if isinstance(callee, ast.Attribute) else getattr(callee, "id", "")
    given = [one.value if isinstance(one, ast.Starred) else one for one in node.args]
    if name in vocabulary.PASSED and len(given) >= vocabulary.PASSED[name]:
        return _of_passed(name, given, function, depth)
    if isinstance(callee, ast.Attribute) and name in vocabulary.ASKED and not given:
        held = extent_of(callee.value, function, depth - 1)
        return min(held, Extent.UNKNOWN) if name in vocabulary.MAPPED and _is_anything(callee.value) else held
    if isinstance(callee, ast.Attribute) and name == "get" and given:
        return _under(given[0])
    if name in vocabulary.READ or vocabulary.gives_all(name):
        return Extent.MANY
    if name in vocabulary.SPLIT:
        read = isinstance(callee, ast.Attribute) and is_read_whole(callee.value)
        return Extent.MANY if read else Extent.FEW
    return named(name)


def _is_anything(node: ast.expr) -> bool:
    """``data`` of ``data.items()``, which are the parts of one thing as often as many things."""
    return isinstance(node, ast.Name) and vocabulary.holds_anything(node.id)


def _of_passed(name: str, given: list[ast.expr], function: Function, depth: int) -> Extent:
    if name == "range":
        return _count(given[:2][-1], function, depth)
    if name in {"map", "filter"}:
        return extent_of(given[1], function, depth - 1)
    walked = given if name == "zip" else given[:1]
    return min((extent_of(one, function, depth - 1) for one in walked), default=Extent.FEW)


def _is_length(node: ast.expr) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "len" and len(node.args) == 1


def _count(node: ast.expr, function: Function, depth: int) -> Extent:
    """How large a number is: a length, a parameter that says how many, a number as it is written."""
    if isinstance(node, ast.Constant):
        size = abs(node.value) if isinstance(node.value, (int, float)) else FEW_TURNS
        return Extent.FEW if size < FEW_TURNS else Extent.MANY if size >= MANY_TURNS else Extent.UNKNOWN
    if _is_length(node):
        return extent_of(node.args[0], function, depth - 1)
    if isinstance(node, ast.BinOp):
        return max(_count(one, function, depth - 1) for one in (node.left, node.right)) if depth else Extent.UNKNOWN
    if isinstance(node, ast.Name):
        values = function.names.values(node.id)
        if values and depth:
            return min(_count(one, function, depth - 1) for one in values)
        if node.id in function.parameters and node.id.lower() in COUNTS:
            return Extent.MANY
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return named(name) if name else Extent.UNKNOWN


def _of_name(node: ast.Name, function: Function, depth: int) -> Extent:
    """What it is made of if that shows, else what its name tells; a parameter that may be anything may be large."""
    name, said = node.id, named(node.id)
    if said is Extent.FEW or is_written_out(name, function):
        return Extent.FEW
    if refuses_more(name, function):
        return Extent.UNKNOWN
    values = None if name in function.names.captured else function.names.values(name) or opened(name, function)
    if values:
        found = [extent_of(one, function, depth - 1) for one in values]
        made = Extent.UNKNOWN if Extent.UNKNOWN in found else min(found)
        grown = _grown(name, function, depth)
        if made is Extent.FEW and (grown is not None or _is_empty(values)):
            return grown if grown is not None else Extent.FEW
        if made is not Extent.UNKNOWN:
            return made
    elif name in function.parameters and name not in function.names.bindings and vocabulary.holds_anything(name):
        return Extent.MANY
    return said


def _is_empty(values: list[ast.expr]) -> bool:
    return all(isinstance(one, ast.List) and not one.elts for one in values)


def _grown(name: str, function: Function, depth: int) -> Extent | None:
    """How many elements loops add to a local list; None if nothing is seen to be added."""
    added = (_added(name, call, loops, function, depth) for call, loops in additions(name, function))
    return max(added, default=None)


def _added(name: str, call: ast.Call, loops: tuple[Loop, ...], function: Function, depth: int) -> Extent:
    often = turns(loops, function, depth - 1) if depth else Extent.UNKNOWN
    if getattr(call.func, "attr", "") in {"extend", "update"}:
        return max(extent_of(call.args[0], function, depth - 1), often)
    if often is not Extent.MANY:
        return often
    asked = is_asked(name, function)
    fewer = not distinct(call.args[-1], loops, function) if asked else is_conditional(call, loops, function)
    return Extent.UNKNOWN if fewer else often


def distinct(value: ast.expr, loops: Iterable[Loop], function: Function, depth: int = 3) -> bool:
    """Whether a value is another one in nearly every turn: an element as a whole, its number, or what identifies it."""
    if isinstance(value, ast.Name):
        return _distinct_name(value.id, loops, function, depth)
    if isinstance(value, ast.Attribute):
        return vocabulary.identifies(value.attr)
    if isinstance(value, ast.Subscript):
        key = value.slice.value if isinstance(value.slice, ast.Constant) else None
        return isinstance(key, str) and vocabulary.identifies(key)
    if isinstance(value, ast.Call):
        held = _spelled(value)
        return getattr(value.func, "id", "") == "id" or (
            held is not None and distinct(held, loops, function, depth - 1)
        )
    return isinstance(value, ast.Tuple) and any(distinct(one, loops, function, depth - 1) for one in value.elts)


def _spelled(call: ast.Call) -> ast.expr | None:
    """What ``str(x)`` and ``x.strip()`` say in other words."""
    if isinstance(call.func, ast.Attribute):
        return call.func.value if call.func.attr in vocabulary.SPELLED else None
    passed = getattr(call.func, "id", "") in {"str", "int", "hash", "tuple"} and len(call.args) == 1
    return call.args[0] if passed else None


def _distinct_name(name: str, loops: Iterable[Loop], function: Function, depth: int) -> bool:
    for loop in loops:
        if not isinstance(loop.node, ast.While) and name in set(bound_names(loop.node.target)):
            return is_whole(name, loop.node) and extent_of(loop.node.iter, function) is Extent.MANY
    if vocabulary.identifies(name):
        return True
    values = function.names.values(name) or ()
    return bool(values) and depth > 0 and all(distinct(one, loops, function, depth - 1) for one in values)


_BY_KIND: dict[type[ast.expr], Callable[[Any, Function, int], Extent]] = {
    **dict.fromkeys((ast.Constant, ast.JoinedStr), lambda node, function, depth: Extent.FEW),
    **dict.fromkeys((ast.List, ast.Tuple, ast.Set), _written),
    **dict.fromkeys(COMPREHENSIONS, _of_comprehension),
    ast.IfExp: _chosen,
    ast.BoolOp: lambda node, function, depth: extent_of(node.values[0], function, depth - 1),
    ast.BinOp: _joined,
    ast.Subscript: _of_slice,
    ast.Call: _of_call,
    ast.Attribute: lambda node, function, depth: named(node.attr),
    ast.Name: _of_name,
}
