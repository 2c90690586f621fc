"""Django: lazy loads of relations and deferred fields, and where the query sets of their objects were made.

Imported when the program has imported django.db.models. Statements themselves come from the drivers.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any
from weakref import ref

from . import loads, relations
from .features import features_of
from .loads import Batch, Relation
from .spots import admin_of
from .steps import Step, application

_MOST = 50_000  # query sets in memory; most die at once

_steps: dict[int, tuple[Step, ...]] = {}  # by the identity of the query set
_asked: dict[int, tuple[Relation, Batch | None, int, int]] = (
    {}
)  # relation, batch and key of the owner, clones since
_local = threading.local()
_Model: Any = None


def install() -> None:
    """Wrap the query set, the relations' descriptors and prefetching."""
    global _Model
    from ... import journal

    journal.add(loads.collect, loads.forked)
    models: Any = sys.modules["django.db.models"]
    query: Any = sys.modules["django.db.models.query"]
    related: Any = sys.modules["django.db.models.fields.related_descriptors"]
    _Model = models.Model
    _follow_making(query.QuerySet)
    _follow_asking(query.QuerySet)
    query.prefetch_one_level = _prefetching(query.prefetch_one_level)
    for name, kind in (("ForwardManyToOneDescriptor", "one"), ("ReverseOneToOneDescriptor", "one")):
        descriptor = getattr(related, name)
        descriptor.get_queryset = relations.of_one(descriptor.get_queryset, kind)
    for name in ("create_reverse_many_to_one_manager", "create_forward_many_to_many_manager"):
        setattr(related, name, relations.managers(getattr(related, name)))
    deferred: Any = sys.modules["django.db.models.query_utils"].DeferredAttribute
    deferred.__get__ = relations.deferred(deferred.__get__)


# ------------------------------------------------------------------ where query sets are made


def _follow_making(kind: Any) -> None:
    made, clone = kind.__init__, kind._clone

    @functools.wraps(made)
    def initialize(self: Any, *arguments: Any, **named: Any) -> None:
        made(self, *arguments, **named)
        key = id(self)
        relations.asked.pop(key, None)
        if len(_steps) > _MOST:
            _steps.clear()
        step = application()
        _steps[key] = (step,) if step else ()

    @functools.wraps(clone)
    def _clone(self: Any) -> Any:
        made = clone(self)
        key, before = id(made), id(self)
        old, new = _steps.get(before, ()), _steps.get(key, ())
        _steps[key] = (*new, *(one for one in old if one not in new))[: loads._STEPS]
        asked = relations.asked.get(before)
        if asked is not None:
            relations.asked[key] = (*asked[:3], asked[3] + 1)
        return made

    kind.__init__, kind._clone = initialize, _clone


# ------------------------------------------------------------------ where they are asked


def _follow_asking(kind: Any) -> None:
    fetch, iterator = kind._fetch_all, kind._iterator

    @functools.wraps(fetch)
    def _fetch_all(self: Any) -> None:
        if self._result_cache is not None:
            fetch(self)
            return
        asked = relations.asked.get(id(self))
        start = perf_counter()
        fetch(self)
        _note(self, asked, "all", start)

    @functools.wraps(iterator)
    def _iterator(self: Any, *arguments: Any, **named: Any) -> Iterator[Any]:
        asked, batch, start = relations.asked.get(id(self)), None, perf_counter()
        for item in iterator(self, *arguments, **named):
            if isinstance(item, _Model):
                batch = batch or _iterated(self, asked, start)
                if batch is not None:
                    batch.add(item)
            yield item

    kind._fetch_all, kind._iterator = _fetch_all, _iterator
    for name in ("count", "exists"):
        setattr(kind, name, _counting(getattr(kind, name), name))


def _counting(method: Callable[..., Any], use: str) -> Callable[..., Any]:
    @functools.wraps(method)
    def counted(self: Any) -> Any:
        if self._result_cache is not None:
            return method(self)
        asked, start = relations.asked.get(id(self)), perf_counter()
        result = method(self)
        if asked is not None:
            try:
                _tell(asked, use, start)
            except Exception:
                pass
        return result

    return counted


def _note(query_set: Any, asked: Any, use: str, start: float) -> None:
    """Objects were fetched, by a load or not."""
    try:
        via = getattr(_local, "via", None)
        if asked is not None:
            relation, batch, _, clones = asked
            if batch is not None:
                own = (
                    clones and relation.kind == "many"
                )  # filtered: a query set of its own, which takes options itself
                via = None if own else (relation.name, batch, relation.kind)
            _tell(asked, use, start)
        found = query_set._result_cache
        if found and isinstance(found[0], _Model):
            admin = admin_of(sys._getframe(1)) if "django.contrib.admin" in sys.modules else ""
            features = (*features_of(query_set), admin) if admin else features_of(query_set)
            batch = loads.fetched(
                found, relations.label(query_set.model), _steps.get(id(query_set), ()), application(2),
                features, via=via,
            )  # fmt: skip
            if query_set.query.select_related:
                _joined(found, batch, 3)
    except Exception:  # another version of Django
        pass


def _iterated(query_set: Any, asked: Any, start: float) -> Batch | None:
    try:
        if asked is not None:
            _tell(asked, "iterator", start)
        steps, features = _steps.get(id(query_set), ()), (*features_of(query_set), "iterator")
        return loads.fetched([], relations.label(query_set.model), steps, application(2), features)
    except Exception:  # another version of Django
        return None


def _joined(found: list[Any], batch: Batch, depth: int) -> None:
    """Objects that came in the same rows as others belong to them."""
    inside: dict[str, Batch] = {}
    for item in found:
        for name, value in list(item._state.fields_cache.items()):
            if isinstance(value, _Model):
                if name not in inside:
                    inside[name] = Batch(batch.origin, batch.size, (name, batch, "one"))
                if loads.batch_of(value) is not batch:
                    loads.objects[id(value)] = (ref(value), inside[name])
                    if depth > 1 and value._state.fields_cache:
                        _joined([value], inside[name], depth - 1)


def _tell(asked: tuple[Relation, Batch | None, int, int], use: str, start: float) -> None:
    relation, batch, key, clones = asked
    if relation.kind == "many" and clones:
        use = "filtered"
    seconds = perf_counter() - start
    loads.loaded(relation, batch, use, key, seconds)


def _prefetching(level: Callable[..., Any]) -> Callable[..., Any]:
    """What is prefetched hangs on the objects it is prefetched for."""

    @functools.wraps(level)
    def prefetch_one_level(instances: Any, prefetcher: Any, lookup: Any, number: int) -> Any:
        before = getattr(_local, "via", None)
        try:
            batch = loads.batch_of(instances[0])
            name = lookup.prefetch_to.split("__")[number]
            kind = "generic" if type(prefetcher).__name__ == "GenericForeignKey" else "many"
            _local.via = (name, batch, kind) if batch is not None else None
        except Exception:
            _local.via = None
        try:
            return level(instances, prefetcher, lookup, number)
        finally:
            _local.via = before

    return prefetch_one_level
