"""Django's relations: whose query sets are asked for which object, and columns that were deferred."""

from __future__ import annotations

import functools
from collections.abc import Callable
from time import perf_counter
from typing import Any

from . import loads
from .loads import Batch, Relation

asked: dict[int, tuple[Relation, Batch | None, int, int]] = {}  # relation, batch and key of the owner, clones since
_relations: dict[Any, Relation] = {}
_unlike: dict[tuple[Relation, str], Relation] = {}


def of_one(method: Callable[..., Any], kind: str) -> Callable[..., Any]:
    """The query set of the one related object is asked for this instance."""

    @functools.wraps(method)
    def get_queryset(self: Any, **hints: Any) -> Any:
        found = method(self, **hints)
        instance = hints.get("instance")
        if instance is not None:
            try:
                field = getattr(self, "field", None)
                relation = _as(_one(self, kind), _difference(found, instance, field))
                key = instance.__dict__.get(field.attname) if field is not None else instance.pk
                _ask(found, relation, instance, key)
            except Exception:
                pass
        return found

    return get_queryset


def _difference(found: Any, instance: Any, field: Any) -> str:
    """Why a join would not find what this query set finds, if anything. field: the key, if the instance has it."""
    if field is not None and not (field.db_constraint and field.model._meta.managed):
        return "unconstrained"
    if _narrowed(found.query):
        return "narrowed"
    return "elsewhere" if found.db != instance._state.db else ""


def _narrowed(query: Any) -> bool:
    return bool(query.where or query.annotations or query.extra or query.distinct)


def _as(relation: Relation, kind: str) -> Relation:
    """The same relation, told as of another kind."""
    if not kind:
        return relation
    key = (relation, kind)
    if key not in _unlike:
        other = _unlike[key] = Relation(relation.orm, relation.owner, relation.name, kind, relation.tables)
        other.related = relation.related
    return _unlike[key]


def _one(descriptor: Any, kind: str) -> Relation:
    relation = _relations.get(descriptor)
    if relation is None:
        field = getattr(descriptor, "field", None)
        if field is not None:  # forward
            owner, name, target = field.model, field.name, field.remote_field.model
        else:
            reverse = descriptor.related
            owner, name, target = reverse.model, reverse.get_accessor_name(), reverse.related_model
        relation = Relation("django", label(owner), name, kind, (target._meta.db_table,))
        relation.related = label(target)
        _relations[descriptor] = relation
    return relation


def managers(factory: Callable[..., Any]) -> Callable[..., Any]:
    """So is that of a manager of many; its class is made by ``factory``."""

    @functools.wraps(factory)
    def create(*arguments: Any, **named: Any) -> Any:
        kind = factory(*arguments, **named)
        filters = kind._apply_rel_filters

        @functools.wraps(filters)
        def _apply_rel_filters(self: Any, queryset: Any) -> Any:
            plain = not _narrowed(queryset.query)
            found = filters(self, queryset)
            try:
                _ask(found, _many(self, plain), self.instance, self.instance.pk)
            except Exception:
                pass
            return found

        kind._apply_rel_filters = _apply_rel_filters
        return kind

    return create


def _many(manager: Any, plain: bool) -> Relation:
    through = getattr(manager, "through", None)
    name = _accessor(manager) if through is None else _of_many_to_many(manager, through)
    key = (type(manager.instance), name, plain)
    relation = _relations.get(key)
    if relation is None:
        tables = [manager.model._meta.db_table, *([through._meta.db_table] if through is not None else [])]
        relation = Relation("django", label(type(manager.instance)), name, "many", tuple(tables))
        relation.related = label(manager.model)
        relation.target = _target(manager) if through is None and plain else ()
        _relations[key] = relation
    return relation


def _target(manager: Any) -> tuple[str, ...]:
    """How to ask for the related objects by a query set of their own; empty if their key is not their owner's primary key.

    Empty as well for a manager with a query set of its own making, which may be another one the next time.
    """
    field, model = manager.field, manager.model
    plain = type(model._default_manager).get_queryset.__module__ == "django.db.models.manager"
    if not field.target_field.primary_key or not plain:
        return ()
    return label(model), model._default_manager.name, field.name, field.related_query_name()


def _accessor(manager: Any) -> str:
    name: str = manager.field.remote_field.get_accessor_name()
    return name


def _of_many_to_many(manager: Any, through: Any) -> str:
    """What prefetch_related calls it: seen from the other side, the accessor and not the name in queries."""
    if manager.reverse:
        for relation in type(manager.instance)._meta.related_objects:
            known = relation.many_to_many and relation.through is through
            if known and relation.field.name == manager.query_field_name:
                accessor: str = relation.get_accessor_name()
                return accessor
    name: str = manager.prefetch_cache_name
    return name


def _ask(query_set: Any, relation: Relation, instance: Any, key: Any) -> None:
    number = hash(key) if type(key) in (int, str, bytes) else id(key)
    batch = loads.batch_of(instance)
    if batch is not None and batch.via is None and batch.origin.model != label(type(instance)):
        relation = _as(relation, "subclass")
    asked[id(query_set)] = (relation, batch, number, 0)


def deferred(get: Callable[..., Any]) -> Callable[..., Any]:
    """A column that the query left out is asked for each object."""

    @functools.wraps(get)
    def load(self: Any, instance: Any, cls: Any = None) -> Any:
        if instance is None or self.field.attname in instance.__dict__:
            return get(self, instance, cls)
        start = perf_counter()
        batch = loads.batch_of(instance)
        value = get(self, instance, cls)
        try:
            model = type(instance)
            relation = Relation(
                "django",
                label(model),
                self.field.attname,
                "deferred",
                (model._meta.db_table,),
            )
            loads.loaded(relation, batch, "deferred", hash(instance.pk), perf_counter() - start)
        except Exception:
            pass
        return value

    return load


def label(model: Any) -> str:
    """``module.Class``; of a model with deferred fields or a proxy the class itself."""
    return f"{model.__module__}.{model.__qualname__}"
