"""Collapsed stacks folded into a tree that a page can hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from perfprof.optimizer.reports.contract import Flame, Frame

LIMIT = 2_000
LEAST = 0.001  # share of all samples below which a frame is too thin to see


@dataclass(slots=True)
class _Node:
    """A frame as called from its parent, and the samples in it and below."""

    name: str
    value: int = 0
    children: dict[str, _Node] = field(default_factory=dict)


def flame(stacks: Mapping[str, int], limit: int = LIMIT) -> Flame:
    """The heaviest ``limit`` frames of at least 0.1 %, callers before callees; what is left out is counted."""
    total = sum(stacks.values())
    nodes = list(_walk(_tree(stacks)))
    seen = [index for index, (_, node) in enumerate(nodes) if node.value >= total * LEAST]
    kept = sorted(sorted(seen, key=lambda index: -nodes[index][1].value)[:limit])
    place = {old: new for new, old in enumerate(kept)}
    frames = [_frame(place.get(nodes[old][0], -1), nodes[old][1]) for old in kept]
    left_out = [
        node.value
        for index, (parent, node) in enumerate(nodes)
        if index not in place and (parent in place or parent < 0)
    ]
    return Flame(unit="samples", total=total, frames=frames, other=sum(left_out))


def _tree(stacks: Mapping[str, int]) -> _Node:
    root = _Node("")
    for stack, count in stacks.items():
        node = root
        for name in filter(None, stack.split(";")):
            node = node.children.setdefault(name, _Node(name))
            node.value += count
    return root


def _walk(root: _Node) -> Iterator[tuple[int, _Node]]:
    """All nodes level by level with the index of the parent, so that a parent always comes before its children."""
    level, index = [(-1, child) for child in _heaviest_first(root)], 0
    while level:
        below: list[tuple[int, _Node]] = []
        for parent, node in level:
            yield parent, node
            below += [(index, child) for child in _heaviest_first(node)]
            index += 1
        level = below


def _heaviest_first(node: _Node) -> list[_Node]:
    return sorted(node.children.values(), key=lambda child: -child.value)


def _frame(parent: int, node: _Node) -> Frame:
    """``path:function`` is the application's own, anything else the name of a library."""
    path, colon, function = node.name.rpartition(":")
    if not colon:
        return Frame(parent=parent, function=node.name, path="", value=node.value)
    return Frame(parent=parent, function=function, path=path, value=node.value)
