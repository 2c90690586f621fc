"""What to do about a statement that a loop repeats where no rule can write it: told, never applied."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfprof.rules.eager.model import LEAST
from perfprof.rules.lookups.evidence import growing
from perfprof.rules.obligations.proofs import obligation, unproved
from perfprof.rules.rule import Case, Evidence, Proof

if TYPE_CHECKING:
    from perfprof.rules.lookups.repeated import Repeated

_SETTINGS = re.compile(
    r"(?:^|_)(?:settings?|config\w*|options?|preferences?|params?|parameters?|cache\w*|constance|flags?)$"
)
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
    "": {
        "select": "ask for all keys at once: `IN (…)` in chunks, or `= ANY(…)`, and look up in a dict",
        "insert": "`executemany` with all rows",
        "update": "`executemany` with all rows, or one statement that joins them",
        "delete": "one `DELETE … WHERE key IN (…)`",
    },
}


def advice(found: Repeated) -> str:
    """What would take the place of the repetition."""
    if found.verb == "select" and found.same:
        return (
            "always the same parameters: ask once before the loop, or keep the answer as long as the request lasts"
        )
    if found.verb == "select" and _SETTINGS.search(found.table.lower()):
        return f"`{found.table}` is read row by row: read it once before the loop into a dict"
    if {found.verb, *found.beside} >= {"select", "insert"}:
        return "each row is looked for and then made (`get_or_create`): look for all keys at once, then make what is missing in bulk"
    return _BULK[_mapper(found)][found.verb]


def _mapper(found: Repeated) -> str:
    source, called = found.function.module.source, found.function.text(found.node)
    if "execute(" in called and "session" not in called:
        return ""
    words = {"django": "django", ".objects": "django", "sqlalchemy": "sqlalchemy", "session": "sqlalchemy"}
    return next((mapper for word, mapper in words.items() if word in source), "")


@obligation
def one_statement_answers(case: Case) -> Proof:
    """One statement gives what all turns need."""
    found: Repeated = case.suspect.reading
    return unproved(advice(found), found.function.place(found.node))


def worth_one_statement(case: Case) -> Evidence:
    """At least five in one run of the loop."""
    found: Repeated = case.suspect.reading
    numbers: dict[str, int | float | str] = {
        "executions": found.total,
        "loops": found.calls,
        "most in one loop": found.most,
        "seconds": round(found.seconds, 6),
    }
    told = f"{found.total:,} executions in {found.calls:,} calls, up to {found.most:,} in one"
    told += growing(found.grows, numbers)
    return Evidence(found.most >= LEAST, told, numbers, found.total / max(found.calls, 1))
