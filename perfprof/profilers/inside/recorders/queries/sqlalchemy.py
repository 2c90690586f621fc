"""SQLAlchemy: lazy loads of relationships, deferred columns and expired objects, and what fetched their owners.

Imported when the program has imported sqlalchemy.orm. Statements themselves come from the drivers.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

from . import loads
from .loads import Batch, Relation
from .steps import application

_MOST = 20_000  # results in memory

_batches: dict[int, Batch] = {}  # by SQLAlchemy's number of the result, which each object keeps
_relations: dict[Any, Relation] = {}
_local = threading.local()


def install() -> None:
    """Wrap the loading of results, the lazy loader and that of columns; 2.0 and 2.1 name them differently."""
    from ... import journal

    journal.add(loads.collect, loads.forked)
    loading: Any = sys.modules["sqlalchemy.orm.loading"]
    strategies: Any = sys.modules["sqlalchemy.orm.strategies"]
    state: Any = sys.modules["sqlalchemy.orm.state"].InstanceState
    loading.instances = _results(loading.instances)
    lazy = getattr(strategies, "LazyLoader", None) or strategies._LazyLoader
    lazy._emit_lazyload = _lazy(lazy._emit_lazyload)
    deferred = getattr(strategies, "DeferredColumnLoader", None) or strategies._DeferredColumnLoader
    deferred._load_for_state = _columns(deferred._load_for_state)
    state._load_expired = _expired(state._load_expired)


def _results(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def instances(cursor: Any, context: Any) -> Any:
        result = method(cursor, context)
        try:
            _fetching(result, context)
        except Exception:  # another version
            pass
        return result

    return instances


def _fetching(result: Any, context: Any) -> None:
    """Remember the batch that this result gives; an eager load's belongs to the query that it hangs on."""
    if len(_batches) > _MOST:
        _batches.clear()
    above = getattr(context, "top_level_context", None)
    if above is not None and above.runid in _batches:
        _batches[context.runid] = _batches[above.runid]
        return
    started = application(2)
    origin = loads.origin_of(_model(context), (), started, _features(context))
    batch = _batches[context.runid] = Batch(origin, 0, getattr(_local, "via", None))
    result.iterator = _counted(result.iterator, batch)


def _counted(rows: Iterator[Any], batch: Batch) -> Iterator[Any]:
    for row in rows:
        batch.size += 1
        if batch.size == 2:
            loads.several(batch.origin, 2)
        yield row
    if batch.size == 1:
        loads.several(batch.origin, 1)


def _model(context: Any) -> str:
    mapped = [one.mapper for one in context.compile_state._entities if hasattr(one, "mapper")]
    kind = mapped[0].class_
    return f"{kind.__module__}.{kind.__qualname__}"


def _features(context: Any) -> tuple[str, ...]:
    """What decides how a relationship may be loaded together with the query."""
    statement = context.query
    kind = type(statement).__name__
    tests = (
        ("alias", any(getattr(one, "is_aliased_class", False) for one in context.compile_state._entities)),
        ("entities", len(context.compile_state._entities) > 1),
        ("distinct", bool(getattr(statement, "_distinct", False))),
        ("for update", getattr(statement, "_for_update_arg", None) is not None),
        ("sliced", getattr(statement, "_limit_clause", None) is not None),
        ("unordered", not getattr(statement, "_order_by_clauses", ())),
        ("iterator", bool(getattr(context, "yield_per", None))),
        ("other", kind not in ("Select", "Query")),
    )
    return (*(name for name, holds in tests if holds), *_told(statement))


def _told(statement: Any) -> list[str]:
    """``told customer``: relations for which an option of the statement says that they are loaded lazily, or not at all."""
    found = []
    for option in getattr(statement, "_with_options", ()):
        for one in getattr(option, "context", ()):
            names = [step.key for step in one.path.path if hasattr(step, "direction")]
            if dict(getattr(one, "strategy", None) or ()).get("lazy", "") in ("select", "noload", "raise"):
                found.append(f"told {'.'.join(names)}")
    return sorted(found)


def _batch_of(state: Any) -> tuple[Batch | None, str]:
    """The batch that an object came with, and the path that led to it within its query."""
    try:
        batch = _batches.get(state.runid)
        if batch is None or batch.via is not None:
            return batch, ""
        names = [one.key for one in state.load_path.path if hasattr(one, "direction")]
        return batch, ".".join(names)
    except Exception:  # another version
        return None, ""


def _lazy(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def _emit_lazyload(self: Any, session: Any, state: Any, *arguments: Any, **named: Any) -> Any:
        before = getattr(_local, "via", None)
        batch, path, start = None, "", perf_counter()
        try:
            batch, path = _batch_of(state)
            name = f"{path}.{self.key}" if path else self.key
            _local.via = (name, batch, _relationship(self).kind) if batch is not None else None
        except Exception:
            _local.via = None
        try:
            return method(self, session, state, *arguments, **named)
        finally:
            _local.via = before
            if batch is not None:
                _tell(lambda: _relationship(self), state, batch, path, start)

    return _emit_lazyload


def _columns(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def _load_for_state(self: Any, state: Any, passive: Any) -> Any:
        start = perf_counter()
        result = method(self, state, passive)
        if getattr(result, "name", "") == "ATTR_WAS_SET":
            batch, path = _batch_of(state)
            _tell(lambda: _column(state, self.key, "deferred"), state, batch, path, start)
        return result

    return _load_for_state


def _expired(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def _load_expired(self: Any, state: Any, passive: Any) -> Any:
        start = perf_counter()
        batch, path = _batch_of(state)
        result = method(self, state, passive)
        if getattr(result, "name", "") == "ATTR_WAS_SET":
            _tell(lambda: _column(state, "*", "expired"), state, batch, path, start)
        return result

    return _load_expired


def _tell(said: Callable[[], Relation], state: Any, batch: Batch | None, path: str, start: float) -> None:
    try:
        relation = said()
        if path:
            named = f"{path}.{relation.name}"
            relation = _along(relation, named)
        key = hash(state.key[1]) if state.key else id(state)
        loads.loaded(relation, batch, "all", key, perf_counter() - start)
    except Exception:
        pass


def _along(relation: Relation, path: str) -> Relation:
    """The same relation, reached by a path within the query."""
    found = Relation("sqlalchemy", relation.owner, path, relation.kind, relation.tables)
    found.related = relation.related
    return found


def _relationship(loader: Any) -> Relation:
    property = loader.parent_property
    relation = _relations.get(property)
    if relation is None:
        tables = [table.name for table in property.mapper.tables]
        if property.secondary is not None:
            tables.append(property.secondary.name)
        owner = property.parent.class_
        label = f"{owner.__module__}.{owner.__qualname__}"
        kind = "many" if property.uselist else "one"
        other = property.mapper.class_
        related = f"{other.__module__}.{other.__qualname__}"
        relation = Relation("sqlalchemy", label, property.key, kind, tuple(tables))
        relation.related = related
        _relations[property] = relation
    return relation


def _column(state: Any, name: str, kind: str) -> Relation:
    owner = state.mapper.class_
    label = f"{owner.__module__}.{owner.__qualname__}"
    return Relation("sqlalchemy", label, name, kind, tuple(table.name for table in state.mapper.tables))
