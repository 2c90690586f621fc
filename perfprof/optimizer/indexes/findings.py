"""What plans suffer from, in words: scans and joins that drop most rows, work on disk, estimates that are far off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

MANY = 10_000  # rows that a scan reads
PAIRS = 100_000  # rows that a join looks at
FAR_OFF = 100.0  # a wrong estimate that makes wrong plans

_Plan = Mapping[str, Any]


def complaints(plan: _Plan) -> Iterator[str]:
    """One line for each; no conditions, for they hold values. The plan may come from EXPLAIN with or without ANALYZE."""
    yield from _dropped(plan)
    yield from _on_disk(plan)
    yield from _misjudged(plan)
    for child in plan.get("Plans", ()):
        yield from complaints(child)


def _of_all_loops(plan: _Plan, name: str) -> float:
    """PostgreSQL tells the mean of one loop."""
    return float(plan.get(name, 0)) * float(plan.get("Actual Loops", 1))


def _dropped(plan: _Plan) -> Iterator[str]:
    dropped, found = _of_all_loops(plan, "Rows Removed by Filter"), _of_all_loops(plan, "Actual Rows")
    if plan["Node Type"] == "Seq Scan" and dropped >= MANY and dropped > 9 * found:
        loops = int(plan.get("Actual Loops", 1))
        times = f" {loops:,} times" if loops > 1 and not plan.get("Parallel Aware") else ""
        yield f"reads all of {plan.get('Relation Name', '')}{times} and drops {dropped:,.0f} rows"
    pairs = _of_all_loops(plan, "Rows Removed by Join Filter")
    if pairs >= PAIRS and pairs > 9 * found:
        yield f"joins row by row and drops {pairs:,.0f} pairs: no index or hash serves the condition"


def _on_disk(plan: _Plan) -> Iterator[str]:
    groups = [plan.get(name, {}).get("Sort Space Disk", {}) for name in ("Full-sort Groups", "Pre-sorted Groups")]
    space = max((int(one.get("Peak Sort Space Used", 0)) for one in groups), default=0)
    if plan.get("Sort Space Type") == "Disk":
        space = int(plan.get("Sort Space Used", 0))
    if space:
        yield f"sorts {space:,} kB on disk: more work_mem, or an index in this order"
    batches = int(plan.get("Hash Batches", 1))
    if plan["Node Type"] == "Hash" and batches > 1:
        yield f"hashes in {batches} batches on disk: more work_mem"
    if int(plan.get("HashAgg Batches", 0)) > 1 or (plan["Node Type"] == "Aggregate" and plan.get("Disk Usage")):
        yield f"groups {int(plan.get('Disk Usage', 0)):,} kB on disk: more work_mem"
    if float(plan.get("Lossy Heap Blocks", 0)) > 0:
        yield f"its bitmap of {plan.get('Relation Name', '')} has room for pages only: more work_mem"


def _misjudged(plan: _Plan) -> Iterator[str]:
    if "Actual Rows" not in plan or not float(plan.get("Actual Loops", 1)):
        return
    table = plan.get("Relation Name", "")
    expected, found = max(float(plan["Plan Rows"]), 1.0), max(float(plan["Actual Rows"]), 1.0)
    if plan["Node Type"] == "Nested Loop" and found > FAR_OFF * expected:
        yield "a nested loop was chosen for a few rows and got many"
    if table and max(expected / found, found / expected) >= FAR_OFF and max(expected, found) > 1000:
        yield f"expects {expected:,.0f} rows of {table}, finds {found:,.0f}: ANALYZE, or extended statistics"
