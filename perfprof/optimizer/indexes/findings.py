"""What plans suffer from, in words: scans that drop most rows, sorts that spill, estimates that are far off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

MANY = 10_000  # rows that a scan reads
FAR_OFF = 100.0  # a wrong estimate that makes wrong plans


def complaints(plan: Mapping[str, Any]) -> Iterator[str]:
    """One line for each; no conditions, for they hold values. The plan may come from EXPLAIN with or without ANALYZE."""
    kind, table = plan["Node Type"], plan.get("Relation Name", "")
    dropped = float(plan.get("Rows Removed by Filter", 0))
    if kind == "Seq Scan" and dropped >= MANY and dropped > 9 * float(plan.get("Actual Rows", 0)):
        yield f"reads all of {table} and drops {dropped:,.0f} rows"
    if plan.get("Sort Space Type") == "Disk":
        yield f"sorts {plan.get('Sort Space Used', 0):,} kB on disk: more work_mem, or an index in this order"
    elif kind == "Hash" and int(plan.get("Hash Batches", 1)) > 1:
        yield f"hashes in {plan['Hash Batches']} batches on disk: more work_mem"
    if kind == "Nested Loop" and float(plan.get("Actual Rows", 0)) > FAR_OFF * max(float(plan["Plan Rows"]), 1.0):
        yield "a nested loop was chosen for a few rows and got many"
    if table and "Actual Rows" in plan:
        expected, found = max(float(plan["Plan Rows"]), 1.0), max(float(plan["Actual Rows"]), 1.0)
        if max(expected / found, found / expected) >= FAR_OFF and max(expected, found) > 1000:
            yield f"expects {expected:,.0f} rows of {table}, finds {found:,.0f}: ANALYZE, or extended statistics"
    for child in plan.get("Plans", ()):
        yield from complaints(child)
