"""What the new code of an element-wise loop asks before it computes with whole arrays."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

from perfprof.rules.elementwise.bounds import ends_at, length_of, lengths_of_alike
from perfprof.rules.elementwise.kinds import EXACT_INT, Kinds
from perfprof.rules.elementwise.loops import Axis, ElementLoop
from perfprof.rules.elementwise.turns import Place

DTYPES = {"float64": "float", "bool": "bool"}
ORDER = ("float64", "int64", "bool", "uint8")


def tests(found: ElementLoop, kinds: Kinds) -> Iterator[str]:
    """One after another; a later one relies on those before."""
    arrays = [*found.arrays]
    beside = [*found.given.values(), *found.numbers.values(), *found.sized.values()]
    beside += [cells[0].base for cells in found.arrays.values()]
    for one in dict.fromkeys(ast.unparse(one) for one in beside if isinstance(one, ast.Attribute)):
        holder, _, name = one.rpartition(".")
        yield f"hasattr({holder}, {name!r})"  # a loop of no turns does not ask
    yield " is ".join([*(f"type({one})" for one in arrays), f"{found.numpy}.ndarray"])
    yield from _dtypes(found, kinds)
    yield from _axes(found)
    yield from (f"type({one}) in (list, tuple, {found.numpy}.ndarray)" for one in found.sized)
    yield from _numbers(found, kinds)
    if found.alike:
        yield " == ".join(lengths_of_alike(found))
    yield from _within(found)
    for one in found.written:
        yield f"{one}.flags.carray"
    shared = [
        f"{found.numpy}.may_share_memory({one}, {other})"
        for number, one in enumerate(found.written)
        for other in arrays
        if other not in [*found.written][: number + 1]
    ]
    if shared:
        yield f"not {shared[0]}" if len(shared) == 1 else f"not ({' or '.join(shared)})"


def dtypes(found: ElementLoop, kinds: Kinds) -> dict[str, list[str]]:
    """The types that the elements of each array may have; none where what is stored would become another."""
    read = {cell.array for node, cell in found.read.cells.items() if isinstance(node.ctx, ast.Load)}  # type: ignore[attr-defined]
    allowed = {}
    for name in found.arrays:
        own = {kinds.arrays[name]} if name in read else None
        stored = kinds.stored.get(name)
        both = own if stored is None else stored if own is None else stored & own
        allowed[name] = sorted(both or (), key=lambda one: ORDER.index(one) if one in ORDER else 9)
    return allowed


def _dtypes(found: ElementLoop, kinds: Kinds) -> Iterator[str]:
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, allowed in dtypes(found, kinds).items():
        groups[tuple(allowed)].append(name)
    for either, names in groups.items():
        said = [DTYPES.get(one) or repr(one) for one in either]
        if len(said) == 1:
            yield " == ".join([*(f"{one}.dtype" for one in names), said[0]])
        else:
            yield from (f"{one}.dtype in ({', '.join(said)})" for one in names)


def _axes(found: ElementLoop) -> Iterator[str]:
    counts: dict[int, list[str]] = defaultdict(list)
    for name, cells in found.arrays.items():
        counts[len(cells[0].places)].append(name)
    for number, names in counts.items():
        yield " == ".join([*(f"{one}.ndim" for one in names), str(number)])


def _numbers(found: ElementLoop, kinds: Kinds) -> Iterator[str]:
    """That values beside the arrays are plain numbers, which do not become others."""
    for name in found.numbers:
        yield f"type({name}) is int"
    for name in sorted(found.read.counts):
        yield f"type({name}) is int"
    for name, types in sorted(kinds.starts.items()):
        said = [f"{found.numpy}.float64" if one == "float64" else one for one in types]
        yield f"type({name}) is {said[0]}" if len(said) == 1 else f"type({name}) in ({', '.join(said)})"
        if "int" in types:
            yield f"abs({name}) <= {EXACT_INT}"
    for name in found.given:
        kind = kinds.given[name]
        if kind == "int":
            yield f"type({name}) is int and abs({name}) <= {EXACT_INT}"
        else:
            yield f"type({name}) is {found.numpy + '.float64' if kind == 'float64' else 'float'}"


def _within(found: ElementLoop) -> Iterator[str]:
    """That each loop begins at or after zero, and each index is one of the array's."""
    begins: list[str] = []
    for axis in found.axes:
        low, high = ends_at(axis.low), ends_at(axis.high)
        if axis.low.base is not None:
            yield f"0 <= {low} < {high}"
        elif axis.low.more or axis.high.more:
            yield f"{low} < {high}"
        elif axis.high.base is not None and not axis.high.array:
            begins.append(high)
    for limit in dict.fromkeys(_limits(found)):
        end = limit.partition(" <= ")[0]
        yield f"0 <= {limit}" if end in begins else limit
        begins = [one for one in begins if one != end]
    yield from (f"0 <= {one}" for one in begins)


def _limits(found: ElementLoop) -> Iterator[str]:
    """That each index is below the length of its axis, one test for all axes that an index is of."""
    ends: dict[str, list[str]] = defaultdict(list)
    for name, cells in found.arrays.items():
        for number in range(len(cells[0].places)):
            length = length_of(name, number)
            places = [cell.places[number] for cell in cells]
            for end in dict.fromkeys(filter(None, (_fixed(one) for one in places))):
                ends[end].append(length)
            for axis in found.axes:
                counted = [one.more for one in places if one.counter == axis.counter]
                if counted and not _ends_there(axis, length, max(counted), found):
                    ends[f"{ends_at(axis.high, max(counted))} <="].append(length)
                if axis.low.base is not None and min(counted, default=0) < 0:
                    yield f"{-min(counted)} <= {ends_at(axis.low)}"
    for begin, lengths in ends.items():
        known = [*dict.fromkeys(lengths)]
        yield f"{begin} {known[0]}" if len(known) == 1 else f"{begin} min({', '.join(known)})"


def _fixed(place: Place) -> str:
    """What must be below the length, or no more than it, for an index that is the same in all turns."""
    if place.counters:
        return ""
    if place.name is not None:
        return f"0 <= {ast.unparse(place.name)} <"
    return f"{place.more} <" if place.more >= 0 else f"{-place.more} <="


def _ends_there(axis: Axis, length: str, more: int, found: ElementLoop) -> bool:
    """Whether the loop surely ends with the array."""
    high = axis.high
    if not high.array or high.more + more > 0:
        return False
    return length_of(high.array, high.axis) == length or length in lengths_of_alike(found)
