"""From where to where the loops of an element-wise nest walk, as slices of each array."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from perfprof.rules.elementwise.loops import Axis, ElementLoop
from perfprof.rules.elementwise.ranges import Bound
from perfprof.rules.elementwise.turns import Cell, Place


def ends_at(bound: Bound, more: int = 0) -> str:
    """``n + 1``, ``len(a) - 1``, ``7``."""
    more += bound.more
    if bound.base is None:
        return str(more)
    base = length_of(bound.array, bound.axis) if bound.array else ast.unparse(bound.base)
    return f"{base} {'+' if more > 0 else '-'} {abs(more)}" if more else base


def length_of(array: str, axis: int) -> str:
    """``len(a)``, ``a.shape[1]``."""
    return f"{array}.shape[{axis}]" if axis else f"len({array})"


def lengths_of_alike(found: ElementLoop) -> list[str]:
    """The lengths that are the same, for arrays that are walked side by side."""
    return [*dict.fromkeys(length_of(ast.unparse(one), 0) for one in found.alike)]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The slices of one nest."""

    found: ElementLoop

    def _axis(self, counter: str) -> Axis:
        return next(one for one in self.found.axes if one.counter == counter)

    def length(self, axis: Axis) -> str:
        """How many turns it has."""
        low = ends_at(axis.low)
        return ends_at(axis.high) if low == "0" else f"{ends_at(axis.high)} - {low}"

    def counted(self, counter: str) -> str:
        """All numbers of a counter."""
        axis = self._axis(counter)
        low, high = ends_at(axis.low), ends_at(axis.high)
        text = f"{self.found.numpy}.arange({high if low == '0' else f'{low}, {high}'})"
        later = len(self.found.axes) - 1 - self.found.axes.index(axis)
        return f"{text}[:{', None' * later}]" if later else text

    def view(self, cell: Cell) -> str:
        """The elements of all turns, with an axis for each loop from the first on that is counted."""
        if cell.gather is not None:
            return f"{cell.array}[{self.view(cell.gather)}]"
        text, order = self._indexed(cell), [one.counter for one in self.found.axes]
        if len(cell.counters) == 2 and order.index(cell.counters[0]) > order.index(cell.counters[1]):
            return f"{text}.T"
        return text

    def place(self, cell: Cell) -> str:
        """The same, to store into."""
        text = self.view(cell)
        return text if text != cell.array else f"{text}[:]"

    def _indexed(self, cell: Cell) -> str:
        parts = [self._slice(one, cell.array, number) for number, one in enumerate(cell.places)]
        if all(one == ":" for one in parts[1:]) and parts[0] != ":":
            parts = parts[:1]
        order = [one.counter for one in self.found.axes]
        known = [one for one in order if one in cell.counters]
        later = order[order.index(known[0]) :] if known else []
        if len(later) > len(known):  # only a whole row or column stands for fewer loops than there are
            parts += [":"] * (len(cell.places) - len(parts))
            parts = [*parts, *["None"] * (len(later) - len(known))]
        return cell.array if all(one == ":" for one in parts) else f"{cell.array}[{', '.join(parts)}]"

    def _slice(self, place: Place, array: str, number: int) -> str:
        if place.name is not None:
            return ast.unparse(place.name)
        if not place.counter:
            return str(place.more)
        axis = self._axis(place.counter)
        low, high = ends_at(axis.low, place.more), ends_at(axis.high, place.more)
        own, alike = length_of(array, number), lengths_of_alike(self.found)
        high = "" if high == own or (high in alike and own in alike) else high
        return f"{'' if low == '0' else low}:{high}"
