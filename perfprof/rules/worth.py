"""Evidence: do the observed sizes make the change worth a diff? Break-evens are measured, see `costs`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from perfprof.rules import bounds, costs, guards
from perfprof.rules.rule import Case, Evidence
from perfprof.rules.searching.membership import Membership, starts_empty
from perfprof.rules.searching.plain_rows import plain_rows

if TYPE_CHECKING:
    from perfprof.profilers.observations import Seen
    from perfprof.rules.containers.growth import Growth
    from perfprof.rules.searching.narrowing import Narrowing

LEAST_ROUNDS = 8  # with fewer walks an index costs more than it saves, whatever the size
LEAST_ROWS = 12
LEAST_TESTS = 4
LEAST_ELEMENTS = 16
LEAST_POSITIONS = 64
LEAST_QUEUE = 256
LEAST_FRONTS = 16  # times at the beginning
LEAST_COPIES = {"list": 16, "dict": 32, "sum": 64}  # of what grows by copying
LEAST_COUNTED = 32
UNHASHABLE = frozenset(f"builtins.{name}" for name in ("list", "dict", "set", "bytearray"))


def worth_an_index(case: Case) -> Evidence:
    """At least 8 walks an entry over at least 12 rows, and a gain that shows."""
    found: Narrowing = case.suspect.reading
    entry, rows = case.watched("entry"), case.watched("base0")
    if rows is None or entry is None or not rows.count or not entry.count:
        return Evidence(False, "the loop did not run")
    rounds, size = rows.count / entry.count, rows.mean_length
    each_row = found.counting is not None or (found.stretch is not None and found.stretch.length is not None)
    if each_row:  # the list is read once for each row
        rounds /= max(size, 1)
    numbers = {"entries": entry.count, "rounds": round(rounds, 1), "rows": round(size, 1)}
    if found.selection.busy:
        return Evidence(False, f"no look-up: {found.selection.problem}", numbers)
    if rounds < LEAST_ROUNDS or size < LEAST_ROWS:
        reason = f"too small: {rounds:,.0f} walks over {size:,.0f} rows an entry (pays from 8 x 12)"
        return Evidence(False, reason, numbers)
    gain = costs.narrowing_gain(rounds, size, found.first)
    bound = bounds.looping(entry.count * rounds, size, plain=plain_rows(case))
    return Evidence(gain >= 1.5, f"{rounds:,.0f} walks over {size:,.0f} rows an entry", numbers, gain, bound)


def worth_a_set(case: Case) -> Evidence:
    """At least 4 tests an entry of a list of at least 16 elements, and a gain that shows."""
    found: Membership = case.suspect.reading
    grown = ("collections.deque",) if found.appends and starts_empty(found) else ()
    return asked_often(case, LEAST_TESTS, LEAST_ELEMENTS, costs.membership_gain, (*guards.LISTS, *grown))


def worth_positions(case: Case) -> Evidence:
    """``xs.index(x)`` pays from about 64 elements: the dict takes longer to make than a set."""
    return asked_often(case, LEAST_ROUNDS, LEAST_POSITIONS, costs.position_gain)


def worth_counts(case: Case) -> Evidence:
    """``xs.count(x)`` always walks the whole list, so it pays from about 32 elements."""
    return asked_often(case, LEAST_ROUNDS, LEAST_COUNTED, costs.count_gain)


def worth_growing_in_place(case: Case) -> Evidence:
    """A list that is copied at least 16 times an entry, at 16 elements or more; 32 for a dict, 64 lists for a sum."""
    found: Growth = case.suspect.reading
    entry, kept = case.watched("entry"), case.watched("base0")
    if kept is None or not kept.count:
        return Evidence(False, "it did not run")
    size = kept.mean_length
    rounds = size if entry is None else kept.count / max(entry.count, 1)
    least = LEAST_COPIES[found.kind]
    numbers = {"rounds": round(rounds, 1), "elements": round(size, 1)}
    if rounds < least or size < least:
        reason = f"too small: {rounds:,.0f} copies of {size:,.0f} elements (pays from {least})"
        return Evidence(False, reason, numbers)
    each = bounds.ENTRY if found.kind == "dict" else bounds.MOVED
    bound = (
        bounds.moving(kept.count, size, each) if found.kind != "sum" else None
    )  # how long its lists are is not known
    return Evidence(True, f"{rounds:,.0f} copies of {size:,.0f} elements", numbers, costs.growth_gain(size), bound)


def worth_a_deque(case: Case) -> Evidence:
    """A queue that is 256 elements long on average when its beginning changes; shorter ones move in no time."""
    fronts = [seen for number in range(9) if (seen := case.watched(f"base{number}")) is not None and seen.count]
    if not fronts:
        return Evidence(False, "it did not run")
    longest = max(fronts, key=lambda seen: seen.mean_length)
    if not set(longest.types) <= {"builtins.list"}:
        return Evidence(False, f"it is a {guards.readable(longest.types)}, not a list")
    times, size = longest.count, longest.mean_length
    numbers = {"times": times, "elements": round(size, 1)}
    reason = f"{times:,} times at the beginning of {size:,.0f} elements"
    if size < LEAST_QUEUE:
        return Evidence(False, f"too short: {reason} (pays from {LEAST_QUEUE})", numbers)
    if times < LEAST_FRONTS:
        return Evidence(False, f"too few: {reason} (pays from {LEAST_FRONTS})", numbers)
    every = sum(seen.count for seen in fronts)
    bound = bounds.moving(every, sum(seen.total_length for seen in fronts) / every)
    return Evidence(True, reason, numbers, costs.deque_gain(size), bound)


def worth_asking_a_dict(case: Case) -> Evidence:
    """The same for the keys or values of a dict."""
    kinds = (*guards.LISTS, "builtins.dict_values")
    return asked_often(case, LEAST_TESTS, LEAST_ELEMENTS, costs.membership_gain, kinds)


def asked_often(
    case: Case,
    least_tests: int,
    least_elements: int,
    model: Callable[[float, float], float],
    kinds: Collection[str] = tuple(guards.LISTS),
) -> Evidence:
    """Whether a list is asked often enough an entry, and is long enough, for something made of it to pay."""
    entry, listed = case.watched("entry"), case.watched("base0")
    if listed is None or entry is None or not listed.count or not entry.count:
        return Evidence(False, "the loop did not run")
    if not set(listed.types) & set(kinds):
        return Evidence(False, f"it is a {guards.readable(listed.types)}, not a list")
    if listed.elements and set(listed.elements) <= UNHASHABLE:
        return Evidence(False, f"its elements are {guards.readable(listed.elements)}, which cannot be hashed")
    rounds, size = _asked(case, listed) / entry.count, listed.mean_length
    numbers = {"entries": entry.count, "rounds": round(rounds, 1), "elements": round(size, 1)}
    if rounds < least_tests or size < least_elements:
        pays = f"(pays from {least_tests} x {least_elements})"
        reason = f"too small: {rounds:,.0f} tests of {size:,.0f} elements an entry {pays}"
        return Evidence(False, reason, numbers)
    gain, bound = model(rounds, size), bounds.searching(entry.count * rounds, size, listed.elements, _wanted(case))
    return Evidence(gain >= 1.3, f"{rounds:,.0f} tests of {size:,.0f} elements an entry", numbers, gain, bound)


def _asked(case: Case, listed: Seen) -> float:
    """How often the list, and those that are the same, were asked."""
    twins = sum(one.count for number in range(9) if (one := case.watched(f"twin{number}")) is not None)
    each = case.watched("each")
    return (listed.count + twins) * (each.mean_length if each is not None else 1)


def _wanted(case: Case) -> Collection[str]:
    """The types of what is looked for; none if that was not seen."""
    probe, each = case.watched("probe"), case.watched("each")
    if probe is not None:
        return probe.types
    return each.elements if each is not None else ()
