"""What rules that build indexes share: the finding for an index that is lacking, and the migration that builds it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from perfprof.rules.rule import Case, Finding, Rewrite
from perfprof.rules.schema.ddl import index_migration

if TYPE_CHECKING:
    from perfprof.rules.catalog import Catalog
    from perfprof.rules.schema.needs import Need


def finding(rule: str, need: Need, catalog: Catalog, over: str, message: str) -> Finding:
    """At the place that ran the costliest of the statements; the path is absolute, as it was recorded.

    over: what the index is built over, as the report shows it.
    """
    places = list(dict.fromkeys(place for one in need.served for place in one.asked.places))
    subject = f"{need.table.name} ({over})"
    identity = "\0".join((rule, catalog.dialect, need.table.schema, subject))
    return Finding(
        id=hashlib.sha256(identity.encode()).hexdigest()[:12],
        rule=rule,
        path=places[0].path if places else "",
        line=places[0].line if places else 0,
        end_line=places[0].line if places else 0,
        function=places[0].function if places else "",
        subject=subject,
        message=message,
        evidence={
            "rows": need.table.rows,
            "executions": need.executions,
            "seconds": round(sum(one.asked.seconds for one in need.served), 6),
            "writes": need.writes,
            "places": ", ".join(f"{place.path}:{place.line}" for place in places),
        },
    )


def built(case: Case) -> Rewrite:
    """CREATE INDEX with its DROP."""
    need: Need = case.suspect.reading
    assert case.catalog is not None
    statements = "; ".join(one.asked.reading.fingerprint for one in need.served)
    return Rewrite(
        migration=index_migration(need.candidate, need.name, case.catalog.dialect, case.catalog.database),
        why=f"Statements that it serves: {statements}",
    )
