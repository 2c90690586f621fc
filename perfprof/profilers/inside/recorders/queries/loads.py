"""Lazy loads of object-relational mappers: which relation of which object, and where those objects were fetched.

A batch is what one query gave: objects that were fetched together. Every load belongs to the batch of the object
whose relation it follows, so "N loads in one batch" is an N+1 exactly, whatever the stack looks like, in a template or
a serializer as well. A batch that came by a load itself knows how (``via``): `order.customer.country` is a load of
`customer__country` for the batch of orders.

Objects are known by weak references: none is kept alive, nothing is stored in one, and a new object at the address of a
dead one is not taken for it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import repeat
from time import perf_counter
from types import CodeType
from typing import Any
from weakref import ref

from ... import journal
from ...frames import describe, line_of
from . import writes
from .folding import latest
from .spots import spot_of
from .steps import Step, application, span

_STEPS = 4  # places at which a query was made step by step
_MOST_OBJECTS = 400_000  # identities in memory
_MOST_KEYS = 1_024


class Origin:
    """Where objects of one class are fetched: the steps that made the query, the last first, and what started it."""

    __slots__ = ("features", "fetched", "model", "objects", "started", "steps")

    def __init__(self, model: str, steps: tuple[Step, ...], started: Step, features: tuple[str, ...]) -> None:
        self.model, self.steps, self.started, self.features = model, steps, started, features
        self.fetched = self.objects = 0


class Batch:
    """Objects that were fetched together. via: (path, batch, kind) of the objects whose relation led to these."""

    __slots__ = ("origin", "rows", "size", "via", "when")

    def __init__(self, origin: Origin, size: int, via: tuple[str, Batch, str] | None = None) -> None:
        self.origin, self.size, self.via = origin, size, via
        self.when = writes.now()
        self.rows: dict[Any, int] = {}

    def add(self, item: Any) -> None:
        """One more object, of a query that is read row by row."""
        self.size += 1
        if self.size == 2:
            several(self.origin, 2)
        objects[id(item)] = (ref(item), self)

    def root(self, relation: Relation) -> tuple[Batch, str, tuple[str, ...]]:
        """The outermost batch from which this relation was reached, the path from there, and the kinds on it."""
        batch, path, kinds = self, relation.name, (relation.kind,) * (relation.name.count(".") + 1)
        found = batch, path, kinds
        while batch.via is not None:
            path, kinds = f"{batch.via[0]}{relation.joint}{path}", (batch.via[2], *kinds)
            batch = batch.via[1]
            if batch.size > 1:  # what hangs on a single object is one query, however it got there
                found = batch, path, kinds
        return found


class Relation:
    """What is loaded. kind: one, many, deferred, expired. tables: that its query reads.

    related: the class. target: of many that hold a key of their owner the class, its default manager, their key's field, and how queries name them.
    """

    __slots__ = ("joint", "kind", "name", "orm", "owner", "related", "tables", "target")

    def __init__(self, orm: str, owner: str, name: str, kind: str, tables: tuple[str, ...]) -> None:
        self.orm, self.owner, self.name, self.kind, self.tables = orm, owner, name, kind, tables
        self.target: tuple[str, ...] = ()
        self.related = ""
        self.joint = "__" if orm == "django" else "."


class Row:
    """Loads of one relation from one place for batches of one origin."""

    __slots__ = ("batches", "count", "dirty", "head", "keys", "most", "number", "peers", "seconds", "stale", "text")

    def __init__(self, head: dict[str, Any]) -> None:
        self.head, self.number, self.dirty, self.text = head, 0, True, ""
        self.restart()

    def restart(self) -> None:
        """For a new journal."""
        self.batches = self.count = self.most = self.peers = self.stale = 0
        self.seconds, self.keys = 0.0, set[int]()


objects: dict[int, tuple[ref[Any], Batch]] = {}  # by identity
_fetches: dict[tuple[CodeType, int], int] = {}  # of several objects, by each place that had a part in them
_alone: dict[tuple[CodeType, int], int] = {}  # of a single object
_origins: dict[Any, Origin] = {}
_rows: dict[Any, Row] = {}
_next = 0


def fetched(
    found: list[Any],
    model: str,
    steps: tuple[Step, ...],
    started: Step,
    features: tuple[str, ...],
    *,
    via: Any = None,
) -> Batch:
    """These objects came by one query."""
    origin = origin_of(model, steps, started, features)
    batch = Batch(origin, len(found), via)
    several(origin, len(found))
    origin.objects += len(found)
    if len(objects) > _MOST_OBJECTS:
        objects.clear()
    objects.update(zip(map(id, found), zip(map(ref, found), repeat(batch), strict=False), strict=True))
    return batch


def batch_of(item: Any) -> Batch | None:
    """The batch that an object came with; None if it did not come from a query."""
    known = objects.get(id(item))
    return known[1] if known is not None and known[0]() is item else None


def several(origin: Origin, size: int) -> None:
    """One more fetch from this origin gave several objects, or a single one; of none nothing is asked."""
    if not size:
        return
    origin.fetched += size > 1
    counts = _fetches if size > 1 else _alone
    for place in {one for step in (*origin.steps, origin.started) for one in step}:
        counts[place] = counts.get(place, 0) + 1


def origin_of(model: str, steps: tuple[Step, ...], started: Step, features: tuple[str, ...]) -> Origin:
    """The one origin of this description."""
    key = (model, steps, started, features)
    origin = _origins.get(key)
    if origin is None:
        origin = _origins[key] = Origin(model, steps, started, features)
    return origin


def loaded(relation: Relation, batch: Batch | None, use: str, key: int, seconds: float) -> None:
    """One load for one object of a batch; ``use`` says what was asked: all, count, exists, filtered."""
    if batch is None:
        return
    root, path, kinds = batch.root(relation)
    site, spot = application(2), spot_of(sys._getframe(2))
    name = (relation.orm, relation.owner, path, use, root.origin, site, spot)
    row = _rows.get(name)
    if row is None:
        row = _rows[name] = Row(
            _head(relation, use, root.origin, site, spot) | {"path": path, "kinds": list(kinds)}
        )
    times = root.rows.get(name, 0) + 1
    root.rows[name] = times
    if times == 1:
        row.batches += 1
    row.count += 1
    row.most = max(row.most, times)
    row.peers = max(row.peers, root.size)
    row.seconds += seconds
    row.stale += any(writes.since(table, root.when) for table in relation.tables)
    row.text = row.text or latest()
    if len(row.keys) < _MOST_KEYS:
        row.keys.add(key)
    row.dirty = True
    if perf_counter() > journal.due:
        journal.flush()


def _head(relation: Relation, use: str, origin: Origin, site: Step, spot: str) -> dict[str, Any]:
    return {
        "orm": relation.orm,
        "owner": relation.owner,
        "kind": relation.kind,
        "tables": list(relation.tables),
        "target": list(relation.target),
        "related": relation.related,
        "use": use,
        "site": site,
        "spot": spot,
        "origin": origin,
    }


def collect() -> Iterable[str]:
    """The journal's lines for what is new; a later line about a number replaces the earlier one."""
    global _next
    for row in list(_rows.values()):
        if not row.dirty or not row.count:
            continue
        row.dirty = False
        if not row.number:
            _next = row.number = _next + 1
        yield journal.encode(["load", row.number, _described(row)])


def _described(row: Row) -> dict[str, Any]:
    origin: Origin = row.head["origin"]
    return {
        **row.head,
        "site": _places(row.head["site"]),
        "origin": [_places(step) for step in origin.steps],
        "started": _places(origin.started),
        "model": origin.model,
        "features": list(origin.features),
        "fetched": origin.fetched,
        "objects": origin.objects,
        "batches": row.batches,
        "count": row.count,
        "most": row.most,
        "peers": row.peers,
        "keys": len(row.keys),
        "stale": row.stale,
        "seconds": round(row.seconds, 7),
        "statement": row.text,
        "tested": "_pytest.main" in sys.modules or "django.test.runner" in sys.modules,
    }


def _places(step: Step) -> list[list[Any]]:
    """``[path, function, line, column, end line, end column, fetches, alone]`` of each frame; -1 for columns before 3.11."""
    return [
        [
            *(*describe(code, line_of(code, offset)), *span(code, offset)),
            *(_fetches.get((code, offset), 0), _alone.get((code, offset), 0)),
        ]
        for code, offset in step
    ]


def forked() -> None:
    """The child starts from zero."""
    global _next
    _next = 0
    _fetches.clear()
    _alone.clear()
    for row in _rows.values():
        row.restart()
        row.number = 0
    for origin in _origins.values():
        origin.fetched = origin.objects = 0
