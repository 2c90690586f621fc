"""Evidence: do the observed sizes make the change worth a diff? Break-evens are measured, see `costs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfprof.rules import costs, guards
from perfprof.rules.rule import Case, Evidence

if TYPE_CHECKING:
    from perfprof.rules.narrowing import Narrowing

LEAST_ROUNDS = 8  # with fewer walks an index costs more than it saves, whatever the size
LEAST_ROWS = 12
LEAST_TESTS = 4
LEAST_ELEMENTS = 16


def worth_an_index(case: Case) -> Evidence:
    """At least 8 walks an entry over at least 12 rows, and a gain that shows."""
    found: Narrowing = case.suspect.reading
    entry, rows = case.watched("entry"), case.watched("base0")
    if rows is None or entry is None or not rows.count or not entry.count:
        return Evidence(False, "cold: the loop did not run")
    rounds, size = rows.count / entry.count, rows.mean_length
    numbers = {"entries": entry.count, "rounds": round(rounds, 1), "rows": round(size, 1)}
    if rounds < LEAST_ROUNDS or size < LEAST_ROWS:
        reason = f"too small: {rounds:,.0f} walks over {size:,.0f} rows an entry (pays from 8 x 12)"
        return Evidence(False, reason, numbers)
    gain = costs.narrowing_gain(rounds, size, found.first)
    return Evidence(gain >= 1.5, f"{rounds:,.0f} walks over {size:,.0f} rows an entry", numbers, gain)


def worth_a_set(case: Case) -> Evidence:
    """At least 4 tests an entry of a list of at least 16 elements, and a gain that shows."""
    entry, listed = case.watched("entry"), case.watched("base0")
    if listed is None or entry is None or not listed.count or not entry.count:
        return Evidence(False, "cold: the loop did not run")
    if not set(listed.types) & set(guards.LISTS):
        return Evidence(False, f"it is a {guards.readable(listed.types)}, not a list")
    rounds, size = listed.count / entry.count, listed.mean_length
    numbers = {"entries": entry.count, "rounds": round(rounds, 1), "elements": round(size, 1)}
    if rounds < LEAST_TESTS or size < LEAST_ELEMENTS:
        reason = f"too small: {rounds:,.0f} tests of {size:,.0f} elements an entry (pays from 4 x 16)"
        return Evidence(False, reason, numbers)
    gain = costs.membership_gain(rounds, size)
    return Evidence(gain >= 1.3, f"{rounds:,.0f} tests of {size:,.0f} elements an entry", numbers, gain)
