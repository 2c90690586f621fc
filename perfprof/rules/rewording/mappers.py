"""The same advice in a mapper's words, where the mapper writes the statement and there is no text to change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfprof.profilers.recording import Frame
    from perfprof.rules.reading.program import Program

_WORDS = {
    "django": {
        "count-to-exists": "`.exists()`",
        "counted-subquery": "`filter(Exists(….filter(key=OuterRef('pk'))))`, `~Exists` for none",
        "correlated-aggregate": "`annotate(n=Count('orders'))`, one relation in a query",
        "function-on-column": "`ts__gte=day, ts__lt=day + timedelta(days=1)` instead of `ts__date=day`",
        "membership-query": "`filter(Exists(….filter(key=OuterRef('pk'))))`, `~Exists` instead of `exclude(…__in=…)`",
        "or-across-tables": "`first.union(second)` of two filtered querysets",
        "select-star": "`.only(…)` or `.values_list(…)`",
        "useless-distinct": "leave out `.distinct()`",
        "useless-join": "filter by the key's own column (`customer_id=…`, not `customer__id__…`)",
        "useless-order": "`.order_by()` without a name takes the model's order out",
        "useless-union": "`first.union(second, all=True)`",
    },
    "sqlalchemy": {
        "count-to-exists": "`select(exists().where(…))`",
        "counted-subquery": "`.where(exists().where(…))`, `~exists()` for none",
        "correlated-aggregate": "a grouped `.subquery()`, joined by `outerjoin`, `func.coalesce(sub.c.n, 0)`",
        "function-on-column": "`ts >= day, ts < day + timedelta(days=1)` instead of `func.date(ts) == day`",
        "membership-query": "`.where(exists().where(…))`, `~exists()` instead of `not_in(select(…))`",
        "or-across-tables": "`union_all(first, second)`, the second one without the first's rows",
        "select-star": "`load_only(…)`, or `select` of the columns",
        "useless-distinct": "leave out `.distinct()`",
        "useless-join": "leave out `.join(…)`",
        "useless-order": "`.order_by(None)`",
        "useless-union": "`union_all(…)`",
    },
}


def in_its_words(rule: str, sites: Iterable[Sequence[Frame]], program: Program) -> str:
    """What to write instead, with the mapper that the asking code imports; "" if it imports none, or nothing is known."""
    found = next(_mappers(sites, program), "")
    words = _WORDS.get(found, {}).get(rule, "")
    name = {"django": "Django", "sqlalchemy": "SQLAlchemy"}.get(found, "")
    return f"in {name}: {words}" if words else ""


def _mappers(sites: Iterable[Sequence[Frame]], program: Program) -> Iterator[str]:
    for frame in (frame for site in sites for frame in site):
        path = program.root / frame.path
        source = (program.read(path) or "") if path.is_relative_to(program.root) else ""
        for name in _WORDS:
            if f"import {name}" in source or f"from {name}" in source:
                yield name
    if (program.root / "manage.py").is_file():
        yield "django"
