"""Searches in a list that outlives a call, in whatever keeps it: what is common to lists of objects and of modules."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from perfprof.profilers.observations import Watch
from perfprof.rules import bounds, costs
from perfprof.rules.findings import finding
from perfprof.rules.hoisting import watch
from perfprof.rules.kept_lists.attribute_changes import change_of, statement_of
from perfprof.rules.kept_lists.attribute_queues import Use
from perfprof.rules.kept_lists.attribute_sites import Site
from perfprof.rules.rule import Case, Evidence, Suspect
from perfprof.rules.searching.observing import reads

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

LEAST_SEARCHES, LEAST_ROWS = 16, 48
ASKED = 100.0  # units a search: the call, the tests of types, the look-up (measured 0.45 us)


@dataclass(frozen=True, eq=False, slots=True)
class Searched(ABC):
    """A list, all uses of it, and the places that search it for an equal key of one sort.

    function: the one that was asked about. uses: where statements that change it can be told. others: anywhere else.
    """

    function: Function
    name: str
    uses: tuple[Use, ...]
    others: tuple[Use, ...]
    sites: tuple[Site, ...]

    @property
    def form(self) -> Literal["rows", "walk", "index"]:
        """What is kept: rows by key for first matches, positions for walks, or first positions.

        Two threads may put a row in twice. That is nothing to a first match; a walk goes by positions that grow.
        """
        if self.sites[0].kind == "index":
            return "index"
        return "walk" if any(one.kind in {"walks", "collects"} for one in self.sites) else "rows"

    @property
    @abstractmethod
    def text(self) -> str:
        """How the code writes the list."""

    @property
    @abstractmethod
    def anchor(self) -> ast.AST:
        """The statement after which the new function stands."""

    @property
    @abstractmethod
    def remade(self) -> tuple[Use, ...]:
        """Uses other than those that make the list for the first time."""

    @abstractmethod
    def call(self, ask: str) -> str:
        """How the new function is asked."""

    @abstractmethod
    def kept(self, state: str) -> str:
        """Where what is known is kept."""


def suspect(rule: str, found: Searched) -> Suspect:
    """The finding, and what a run must tell: how often it is searched, made and taken from, and the types of keys."""
    first = next(one for one in found.sites if one.function is found.function)
    message = f"searches the list `{found.text}` in each call for an equal key"
    what = finding(rule, first.function, first.scan.node, found.text, message)
    watches = [one for number, site in enumerate(found.sites) for one in _watches(f"{what.id}:{number}", site)]
    made = [one for one in found.uses if change_of(one) in {"made", "taken"}]
    watches += [
        watch(f"{what.id}:entry{n}", statement_of(one.node, one.method), one.method, "entry")
        for n, one in enumerate(made)
    ]
    return Suspect(what, found, tuple(watches), found.function)


def _watches(prefix: str, site: Site) -> Iterator[Watch]:
    method, spot = site.function, site.selection.spot
    yield watch(f"{prefix}:base0", site.scan.subject, method, "collection")
    yield watch(f"{prefix}:outer", site.outer, method, "types")
    if site.asked:
        return
    yield watch(f"{prefix}:inner", spot, method, "types")
    for number, (read, _) in enumerate(reads(site)):  # type: ignore[arg-type]  # it has what is asked of a narrowing
        yield watch(f"{prefix}:read{number}", read.value, method, "types", read.attr)
    parts = spot.elts if isinstance(spot, ast.Tuple) else [spot]
    rows = [one.value for one in parts if isinstance(one, (ast.Attribute, ast.Subscript))]
    if rows:
        yield watch(f"{prefix}:row", rows[0], method, "types")


def worth_a_dict_beside(case: Case) -> Evidence:
    """At least 16 searches of 48 rows for each time that the dict must be made anew, and a gain that shows."""
    found: Searched = case.suspect.reading
    asked = [seen for n, _ in enumerate(found.sites) if (seen := case.watched(f"{n}:base0")) is not None]
    searches = sum(seen.count for seen in asked)
    if not all(set(seen.types) <= {"builtins.list"} for seen in asked):
        return Evidence(False, "")  # a set or a dict is asked as fast as can be
    if not searches:
        return Evidence(False, "it was not searched")
    size = sum(seen.total_length for seen in asked) / searches
    uses = [one for one in found.uses if change_of(one) in {"made", "taken"}]
    changes = sum(seen.count for n, _ in enumerate(uses) if (seen := case.watched(f"entry{n}")) is not None)
    built = max(min(changes, searches), 1)
    numbers = {"searches": searches, "rows": round(size, 1), "made": built}
    reason = f"{searches / built:,.0f} searches of {size:,.0f} rows for each time that the dict is made"
    if searches / built < LEAST_SEARCHES or size < LEAST_ROWS:
        return Evidence(False, f"too small: {reason} (pays from {LEAST_SEARCHES} x {LEAST_ROWS})", numbers)
    asks = all(site.asked for site in found.sites)
    row = costs.ELEMENT if asks else costs.ROW
    gain = searches * size * costs.FIRST * row / (built * size * costs.INDEX + searches * ASKED)
    kinds = {kind for seen in asked for kind in seen.elements}
    bound = bounds.searching(searches, size, kinds, ()) if asks else bounds.looping(searches, size)
    return Evidence(gain >= 1.5, reason, numbers, gain, bound)
