"""The finding of an N+1 through a mapper: at the query where one is found, else where the relation was asked for."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from perfprof.rules.eager.model import asked_by
from perfprof.rules.findings import finding
from perfprof.rules.rule import Finding, Suspect

if TYPE_CHECKING:
    from perfprof.rules.eager.model import Eager
    from perfprof.rules.reading.program import Program


def suspect_of(rule: str, found: Eager, program: Program) -> Suspect:
    """A suspect whose function holds the query."""
    loads = found.loads
    message = (
        f"one query for each {loads[0].model.rpartition('.')[2]}: {', '.join(found.paths)}{_where(found, program)}"
    )
    if found.spot is not None:
        function = found.spot.function
        return Suspect(finding(rule, function, found.spot.node, found.subject, message), found)
    place = next(
        (one for one in (*loads[0].site, *loads[0].started) if one.path.startswith(str(program.root))), None
    )
    identity = "\0".join([rule, loads[0].model, found.subject, loads[0].spot])
    line = place.line if place is not None else 0
    name = hashlib.sha256(identity.encode()).hexdigest()[:12]
    path, function_name = (place.path, place.function) if place is not None else (_template(loads[0].spot), "")
    return Suspect(Finding(name, rule, path, line, line, function_name, found.subject, message), found)


def _where(found: Eager, program: Program) -> str:
    """Where it is asked for, if that is not where the query stands."""
    for load in found.loads:
        if load.spot:
            return f" (asked by {asked_by(load, program.root)})"
    return ""


def _template(spot: str) -> str:
    kind, _, place = spot.partition(" ")
    return place.rpartition(":")[0] if kind == "template" else ""
