"""What would take the place of a statement that a loop repeats: by the mapper, the verb, and what the call asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfprof.rules.lookups.repeated import Repeated

_SETTINGS = re.compile(
    r"(?:^|_)(?:settings?|config\w*|options?|preferences?|params?|parameters?|cache\w*|constance|flags?)$"
)
# the first word that stands in the module names the mapper
_WORDS = {
    "tortoise": "tortoise",
    "peewee": "peewee",
    "django": "django",
    ".objects": "django",
    "sqlalchemy": "sqlalchemy",
    "session": "sqlalchemy",
    ".query.": "sqlalchemy",
}
_BULK = {
    "django": {
        "select": "ask for all keys at once: `in_bulk(keys)` or `.filter(…__in=keys)`, and look up in the dict",
        "insert": "make the objects first and `bulk_create` them; it calls no `save()` and sends no signals",
        "update": "set the attributes and `bulk_update` them, or one `.filter(…).update(…)`; both skip `save()` and signals",
        "delete": "one `.filter(pk__in=…).delete()`",
    },
    "sqlalchemy": {
        "select": "ask for all keys at once: `select(…).where(column.in_(keys))`, and look up in a dict",
        "insert": "`session.add_all(…)` and one flush, or `session.execute(insert(…), rows)`",
        "update": "one `update(…)` with all rows, or change the objects and flush once after the loop",
        "delete": "one `delete(…).where(column.in_(keys))`",
    },
    "peewee": {
        "select": "ask for all keys at once: `.where(column.in_(keys))`, a join in the parent's query, or `prefetch(parents, children)`",
        "insert": "`insert_many(rows)` or `bulk_create`; neither calls `save()`",
        "update": "`bulk_update(objects, fields)`, which does not call `save()`",
        "delete": "one `delete().where(column.in_(keys))`",
    },
    "tortoise": {
        "select": "ask for all keys at once: `.filter(…__in=keys)` or `in_bulk(keys)`, or `prefetch_related` in the parent's query",
        "insert": "`bulk_create(objects)`, which sends no signals",
        "update": "`bulk_update(objects, fields)`, which sends no signals",
        "delete": "one `.filter(…__in=keys).delete()`",
    },
    "": {
        "select": "ask for all keys at once: `IN (…)` in chunks, or `= ANY(…)`, and look up in a dict",
        "insert": "`executemany` with all rows",
        "update": "`executemany` with all rows, or one statement that joins them",
        "delete": "one `DELETE … WHERE key IN (…)`",
    },
}
_DJANGO_FIRST = "`.first()` of each key: order the rows of all keys once and keep the first of each, or annotate the parents with a Subquery (`[:1]`)"
# of reading calls: what stands in the code, by mapper
_ASKED: dict[str, tuple[tuple[str, str], ...]] = {
    "django": (
        (
            r"\.a?count\(\)",
            "count all keys at once: `.filter(…__in=keys).values(key).annotate(Count('pk'))`, none is 0",
        ),
        (r"\.a?exists\(\)", "ask once which keys exist: `set(….filter(…__in=keys).values_list(key, flat=True))`"),
        (
            r"\.a?aggregate\(",
            "aggregate all keys at once: `.filter(…__in=keys).values(key).annotate(…)`; a key without rows has none",
        ),
        (r"\.a?(?:first|last|latest|earliest)\(", _DJANGO_FIRST),
    ),
    "sqlalchemy": (
        (
            r"\bfunc\.count\(|\.count\(\)",
            "count all keys at once: `select(key, func.count()).where(key.in_(keys)).group_by(key)`, none is 0",
        ),
        (
            r"\.get\(",
            "load them before the loop, `session.scalars(select(…).where(….in_(keys))).all()`; while that list is held, `session.get` finds them in the session",
        ),
        (
            r"\.(?:first|limit)\(",
            "the first of each key: `select(…).distinct(key).order_by(key, …)` (PostgreSQL), or a window's row_number",
        ),
    ),
}


def way_of(found: Repeated) -> str:
    """What would take the place of the repetition."""
    if found.verb == "select" and found.same:
        return (
            "always the same parameters: ask once before the loop, or keep the answer as long as the request lasts"
        )
    if found.verb == "select" and _SETTINGS.search(found.table.lower()):
        return f"`{found.table}` is read row by row: read it once before the loop into a dict"
    if {found.verb, *found.beside} >= {"select", "insert"}:
        return "each row is looked for and then made (`get_or_create`): look for all keys at once, then make what is missing in bulk"
    mapper, called = _mapper(found), found.function.text(found.node)
    asked = _ASKED.get(mapper, ()) if found.verb == "select" else ()
    return next((way for words, way in asked if re.search(words, called)), _BULK[mapper][found.verb])


def _mapper(found: Repeated) -> str:
    source, called = found.function.module.source, found.function.text(found.node)
    if re.search(r"\b(?:execute|fetch(?:row|val)?)\(", called) and "session" not in called:
        return ""
    return next((mapper for word, mapper in _WORDS.items() if word in source), "")
