"""How the number of a statement's executions grows with the rows of another one: ``1 + 3.0 a row``.

Told by calls of one function: in each, how often did the statement run, and how many rows did the other give? A loop that
only asks many times has no such line through its calls. Calls of several recordings, with much and with little data, lie
on the same line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfprof.profilers.recording import Execution
    from perfprof.profilers.stacks import Frame

LEAST = 5  # executions in one call of the function; fewer are no loop
_FITS = 0.05  # how far from the line calls may lie, as a part of what they executed
_LOW = -1.5  # executions of a call without rows; fewer are no line of a loop
_STEEP = 0.5  # executions a row; duplicates among the keys may be asked for once
_COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
_READS = ("select", "with", "(", "values", "table")


@dataclass(frozen=True, slots=True)
class Slope:
    """a_row: executions for each row of ``parent``. fixed: those of a call without rows. rows: of ``parent``, the least and the most."""

    statement: str
    site: tuple[Frame, ...]
    parent: str
    a_row: float
    fixed: float
    rows: tuple[int, int]

    @property
    def line(self) -> str:
        """``1 + 3.0 a row``: the one is the statement that gave the rows."""
        return f"{1 + round(self.fixed)} + {self.a_row:.1f} a row"


Member = tuple["Execution", str]  # with the call of the function around the loop
Rows = Mapping[str, Mapping[str, tuple[int, int]]]  # call -> statement -> rows, executions


def given_rows(executions: Sequence[Execution]) -> Rows:
    """What each call of an application function, directly or below it, got from the statements that gave it rows."""
    found: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for one in executions:
        if one.rows > 0 and one.statement.text.lstrip().lower().startswith(_READS):
            for call in (one.activation, *one.around):
                rows, count = found[call].get(one.statement.text, (0, 0))
                found[call][one.statement.text] = rows + one.rows, count + one.count
    return found


def growth(executions: Sequence[tuple[Execution, int]], given: Rows) -> Slope | None:
    """Of executions that the call at a level (0: the innermost function) repeats; a comprehension is a call of its own."""
    own = all(one.site[level].function.endswith(_COMPREHENSIONS) for one, level in executions)
    for further in (0, 1) if own else (0,):
        ids = [((one.activation, *one.around)[level + further :], one) for one, level in executions]
        found = slope([(one, calls[0]) for calls, one in ids if calls], given)
        if found is not None:
            return found
    return None


def slope(members: Sequence[Member], given: Rows, alone: bool = True) -> Slope | None:
    """The line on which the calls lie; None if no other statement's rows explain how often this one ran.

    alone: calls with equally many rows may tell it as well, by a whole number of executions a row.
    """
    if not members:
        return None
    counts: dict[str, int] = defaultdict(int)
    for one, call in members:
        counts[call] += one.count
    found = [
        told
        for parent in {text for call in counts for text in given.get(call, ())} - {members[0][0].statement.text}
        if (told := _over(parent, members[0][0], counts, given, alone=alone)) is not None
    ]
    return min(found, key=lambda one: (round(one[0], 2), one[1].parent), default=(0.0, None))[1]


def _over(
    parent: str, first: Execution, counts: Mapping[str, int], given: Rows, *, alone: bool
) -> tuple[float, Slope] | None:
    """The line over the rows of this statement, and how far from it the calls lie; it must run far more seldom itself."""
    seen = [(*given.get(call, {}).get(parent, (0, 0)), count) for call, count in counts.items()]
    fitted = _fitted([(rows, count) for rows, _, count in seen], alone)
    if fitted is None or 2 * sum(times for _, times, _ in seen) > sum(counts.values()):
        return None
    rows = [one for one, _, _ in seen]
    return fitted[2], Slope(first.statement.text, first.site, parent, *fitted[:2], (min(rows), max(rows)))


def _fitted(points: Sequence[tuple[int, int]], alone: bool) -> tuple[float, float, float] | None:
    """(slope, intercept, how far points lie off it) of executions over rows; None if they lie on no such line."""
    middle = sum(row for row, _ in points) / len(points)
    spread = any(row != middle for row, _ in points)
    a_row, fixed = _line(points)
    off = max(abs(count - fixed - a_row * row) / max(count, LEAST) for row, count in points)
    told = spread or (alone and middle >= LEAST and abs(a_row - round(a_row)) <= _FITS)
    return (a_row, fixed, off) if told and _is_fed(a_row, fixed) and off <= _FITS else None


def _is_fed(a_row: float, fixed: float) -> bool:
    return a_row >= _STEEP and fixed > _LOW


def _line(points: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """Least squares; through zero if all calls had equally many rows."""
    middle, mean = (sum(values) / len(points) for values in zip(*points, strict=True))
    spread = sum((row - middle) ** 2 for row, _ in points)
    if not spread:
        return (mean / middle if middle else 0.0), 0.0
    a_row = sum((row - middle) * (count - mean) for row, count in points) / spread
    return a_row, mean - a_row * middle


def slopes(recordings: Sequence[Sequence[Execution]]) -> tuple[Slope, ...]:
    """The statements of several recordings whose number grows with the rows of another one, the steepest first."""
    given: dict[str, Mapping[str, tuple[int, int]]] = {}
    executions: list[tuple[int, Execution]] = []
    for number, one in enumerate(recordings):
        given |= {f"{number}/{call}": told for call, told in given_rows(one).items()}
        executions += [(number, each) for each in one if each.calls == 1]
    found: dict[tuple[str, Frame], Slope] = {}
    for level in range(3):  # the innermost function one of whose calls repeats it is the loop's
        for members in _repeated(executions, level):
            told = slope(members, given, len(recordings) == 1)
            if told is not None:
                found.setdefault((told.statement, told.site[0]), told)
    return tuple(sorted(found.values(), key=lambda one: (-one.a_row * one.rows[1], one.statement)))


def _repeated(executions: Sequence[tuple[int, Execution]], level: int) -> Iterator[list[Member]]:
    """Executions of one statement from one place, if one call of the function at that level repeats it."""
    groups: dict[tuple[object, ...], list[Member]] = defaultdict(list)
    for number, one in executions:
        ids = (one.activation, *one.around)
        if level < min(len(ids), len(one.site)):
            place = tuple((frame.path, frame.function) for frame in one.site[: level + 1])
            groups[one.statement.text, place].append((one, f"{number}/{ids[level]}"))
    for members in groups.values():
        counts: dict[str, int] = defaultdict(int)
        for one, call in members:
            counts[call] += one.count
        if max(counts.values()) >= LEAST:
            yield members
