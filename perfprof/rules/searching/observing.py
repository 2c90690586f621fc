"""What a run is asked about a narrowing: sizes, types of keys and rows, and whether reading them is plain."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.profilers.observations import Watch
from perfprof.rules.findings import finding
from perfprof.rules.hoisting import identities, watch
from perfprof.rules.reading.expressions import attributes_of, items_of
from perfprof.rules.rule import Suspect
from perfprof.rules.searching.iterators import unknown_iterables

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.searching.narrowing import Narrowing


def suspect(rule: str, found: Narrowing, message: str) -> Suspect:
    """The finding, and what a run must tell about it."""
    function = found.function
    what = finding(rule, function, found.scan.node, function.text(found.walked), message)
    return Suspect(what, found, tuple(_watches(found, what.id)), function)


def _watches(found: Narrowing, prefix: str) -> Iterator[Watch]:
    yield watch(f"{prefix}:entry", found.hoist.statement, found.function, "entry")
    bases, holder = found.placed
    for number, base in enumerate(bases):
        yield watch(f"{prefix}:base{number}", base, holder, "collection")
    yield watch(f"{prefix}:inner", found.selection.spot, found.reader, "types")
    for number, (leaf, _) in enumerate(found.leaves):
        yield watch(f"{prefix}:leaf{number}", leaf, found.reader, "types")
    for number, (item, reader) in enumerate(item_reads(found)):
        yield watch(f"{prefix}:item{number}", item, reader, "types")
    if not found.selection.ints:  # else it stands nowhere
        yield watch(f"{prefix}:outer", *found.wanted_there, "types")
    for name, iterable, _ in unknown_iterables(found):
        yield watch(f"{prefix}:{name}", iterable, found.function, "value")
    yield from identities(prefix, (*found.bases, *found.also), found.stable, found.function, found.placed)
    for number, (read, reader) in enumerate(reads(found)):
        yield watch(f"{prefix}:read{number}", read.value, reader, "types", read.attr)


def reads(found: Narrowing) -> list[tuple[ast.Attribute, Function]]:
    """The attribute reads whose number changes, and the function in which each stands."""
    parts = [found.selection.spot, *_wanted(found), *found.selection.conditions]
    given = [(read, found.function) for read in attributes_of(found.outer)] if found.helper is not None else []
    return [*given, *((read, found.reader) for part in parts for read in attributes_of(part))]


def item_reads(found: Narrowing) -> list[tuple[ast.expr, Function]]:
    """The objects of which items are read for a key, and the function in which that stands."""
    parts = [found.selection.spot, *_wanted(found), *found.selection.conditions]
    given = [(item, found.function) for item in items_of(found.outer)] if found.helper is not None else []
    return [*given, *((item, found.reader) for part in parts for item in items_of(part))]


def _wanted(found: Narrowing) -> tuple[ast.expr, ...]:
    """What the wanted key is read from, as it stands in the source."""
    return found.selection.ints or (found.selection.outer,)
