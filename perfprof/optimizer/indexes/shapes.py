"""What makes two plans of one statement the same, whatever they are thought to cost and wherever they are made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TELLING = (
    "Node Type",
    "Strategy",
    "Relation Name",
    "Alias",
    "Join Type",
    "Index Cond",
    "Scan Direction",
    "Parent Relationship",
)


def shape(plan: Mapping[str, Any], names: Mapping[str, object]) -> str:
    """Of a plan of EXPLAIN (FORMAT JSON). names: what an index of one server is on all of them."""
    index = str(plan.get("Index Name", ""))
    mine = "|".join([str(names.get(index, index)), *(str(plan.get(name, "")) for name in _TELLING)])
    return f"{mine}({','.join(shape(child, names) for child in plan.get('Plans', ()))})"
