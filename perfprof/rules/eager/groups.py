"""From recorded loads to what one query could bring along: grouped by the expression that makes it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from perfprof.rules.eager.anew import Anew, asked_anew
from perfprof.rules.eager.checks import problem
from perfprof.rules.eager.entities import asked_for_columns, asks_otherwise
from perfprof.rules.eager.journey import journey_of
from perfprof.rules.eager.later import called_later
from perfprof.rules.eager.model import WHOLE, Eager, enough
from perfprof.rules.eager.places import Spot, origin_of
from perfprof.rules.eager.prefetches import prefetched
from perfprof.rules.eager.touched import dumped, touched

if TYPE_CHECKING:
    from perfprof.profilers.parts.loads import Load
    from perfprof.rules.eager.journey import Journey
    from perfprof.rules.reading.program import Program


def eager_loads(loads: Sequence[Load], orm: str, program: Program) -> Iterator[Eager]:
    """One for each expression with all relations that can be loaded with it, one for each relation that cannot."""
    groups: dict[object, list[tuple[Load, Spot | None]]] = defaultdict(list)
    for load in loads:
        if load.orm == orm:
            spot = origin_of(load, program)
            groups[spot.node if spot is not None else (load.model, load.origin)].append((load, spot))
    for members in groups.values():
        spot = members[0][1]
        parts = _by_path(load for load, _ in members if load.peers > 1)
        alone = Counter[str]()
        for load, _ in members:
            alone[load.path] += load.batches if load.peers == 1 else 0
        yield from _together([_read(orm, spot, part, alone, program) for part in parts])


def _read(orm: str, spot: Spot | None, loads: tuple[Load, ...], alone: Counter[str], program: Program) -> Eager:
    """With what the source says beyond the recording."""
    if spot is None or not enough(loads):
        return Eager(orm, spot, loads)
    journey = journey_of(spot, program)
    later, otherwise = _later(spot, journey, program) if orm == "django" else _told(journey), ""
    if any(dumped(one, program) for one in loads):
        later |= {"__dict__"}
    if orm == "sqlalchemy":
        otherwise = asks_otherwise(spot, loads[0].model, program)
    places = [touched(one, journey, program) for one in loads]
    return Eager(orm, spot, loads, later, _anew(loads, spot), next(filter(None, places), ""), otherwise, alone)


def _told(journey: Journey) -> frozenset[str]:
    return frozenset({"columns"} if asked_for_columns(journey) else ())


def _later(spot: Spot, journey: Journey, program: Program) -> frozenset[str]:
    """What happens to the query set elsewhere, a prefetch that answers it included."""
    found = called_later(journey)
    return found | {"prefetch_related"} if prefetched(spot.node, spot.function, program) else found


def _together(parts: Sequence[Eager]) -> Iterator[Eager]:
    """Relations that can be brought as they are become one change of the query, those of a library's query one finding."""
    whole = [one for one in parts if one.anew is None and enough(one.loads)]
    fit = [one for one in whole if not problem(one)]
    theirs = [one for one in whole if one not in fit and _of_a_library(one)]
    yield from (one for one in parts if one not in fit and one not in theirs)
    for members in (fit, theirs):
        if members:
            yield replace(members[0], loads=tuple(load for one in members for load in one.loads))


def _of_a_library(found: Eager) -> bool:
    """Whether nothing else speaks against it; an admin's list is told option by option."""
    admin = any(word.startswith("admin ") for load in found.loads for word in load.features)
    return not admin and (problem(found) or ("",))[0] == "query-is-ours"


def _anew(loads: Sequence[Load], spot: Spot | None) -> Anew | None:
    if spot is None or {one.use for one in loads} not in ({"filtered"}, {"count"}, {"exists"}):
        return None
    found = [asked_anew(one, spot) for one in loads]
    return found[0] if all(one is not None for one in found) else None


def _by_path(loads: Iterable[Load]) -> Iterator[tuple[Load, ...]]:
    """Loads of one relation that are asked for as a whole together; filtered ones apart."""
    found: dict[tuple[str, bool], list[Load]] = defaultdict(list)
    for load in loads:
        found[load.path, load.use in WHOLE].append(load)
    return (tuple(members) for members in found.values())
