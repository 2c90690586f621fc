"""Django's generic foreign keys: each object's own table is asked for what it leads to.

Imported when the program has imported django.contrib.contenttypes.fields.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

from . import loads
from .loads import Relation
from .relations import label

_relations: dict[tuple[Any, str], Relation] = {}


def install() -> None:
    """Wrap the descriptor."""
    fields: Any = sys.modules["django.contrib.contenttypes.fields"]
    fields.GenericForeignKey.__get__ = _followed(fields.GenericForeignKey.__get__)


def _followed(get: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(get)
    def load(self: Any, instance: Any, cls: Any = None) -> Any:
        if instance is None or self.is_cached(instance):
            return get(self, instance, cls)
        batch, start = loads.batch_of(instance), perf_counter()
        value = get(self, instance, cls)
        try:
            if value is not None:
                key = hash((type(value), value.pk))
                loads.loaded(_relation(self, instance, value), batch, "all", key, perf_counter() - start)
        except Exception:  # another version of Django
            pass
        return value

    return load


def _relation(field: Any, instance: Any, value: Any) -> Relation:
    """One for each table that the field led to. "object": of one object, by a query for each table."""
    table = value._meta.db_table
    if (field, table) not in _relations:
        _relations[field, table] = Relation("django", label(type(instance)), field.name, "object", (table,))
    return _relations[field, table]
