"""What a Django query set is like: what decides whether it can bring related objects, and how."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def features_of(query_set: Any) -> tuple[str, ...]:
    """What decides whether a relation can be joined to it or fetched beside it."""
    query = query_set.query
    tests = (
        ("all related", query.select_related is True),
        ("annotated", bool(query.annotations or query.group_by is not None)),
        ("combined", bool(query.combinator)),
        ("distinct", query.distinct),
        ("for update", query.select_for_update),
        ("joined", _joins(query.where, query.base_table)),
        ("multiplied", _multiplied(query_set)),
        ("only", bool(query.deferred_loading[0]) or not query.deferred_loading[1]),
        ("raw", bool(query.extra or query.extra_tables or query.extra_order_by or _raw(query))),
        ("sliced", not query.can_filter()),
        ("unordered", not query_set.ordered),
    )
    return tuple(name for name, holds in tests if holds)


def _raw(query: Any) -> bool:
    """Whether a condition or a column is SQL of the program's own."""
    parts = [*query.where.children, *query.annotations.values()]
    return any(type(one).__name__ in ("ExtraWhere", "RawSQL") for part in parts for one in _flat(part))


def _flat(part: Any) -> Iterator[Any]:
    yield part
    for one in (*getattr(part, "children", ()), *getattr(part, "get_source_expressions", tuple)()):
        yield from _flat(one)


def _multiplied(query_set: Any) -> bool:
    """Whether the order is by a relation of many, which gives an object once for each of them."""
    query, meta = query_set.query, query_set.model._meta
    names = query.order_by or (meta.ordering if query.default_ordering else ())
    for one in names:
        inner = getattr(one, "expression", one)
        name = getattr(inner, "name", inner)
        if isinstance(name, str) and name != "?":
            path = query.names_to_path(name.lstrip("-+").split("__"), meta)[0]
            if any(step.m2m for step in path):
                return True
    return False


def _joins(where: Any, table: Any) -> bool:
    """Whether a condition is on another table, whose rows may multiply those of the first."""
    for one in where.children:
        if hasattr(one, "children"):
            if _joins(one, table):
                return True
            continue
        column = one
        while not hasattr(column, "alias") and hasattr(column, "lhs"):  # a transform of a column
            column = column.lhs
        if getattr(column, "alias", table) != table:
            return True
    return False
