"""V8's ``.cpuprofile`` (``node --cpu-prof``, Chrome's inspector protocol, domain Profiler): microseconds."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from perfprof.profilers.formats.profile import Lane, Profile, Stack
from perfprof.profilers.stacks import Frame

_WITHOUT_WORK = frozenset({"(idle)", "(root)"})


def read(data: bytes) -> Profile | None:
    """The time of each sample goes to its node; idle time is left out."""
    if b'"nodes"' not in data or b'"callFrame"' not in data:
        return None
    try:
        text = json.loads(data)
        stacks = _stacks(text)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return Profile(
        (Lane("node", 0, "main", stacks),), "V8", "a Node.js program: perfprof shows it and rewrites nothing"
    )


def _stacks(text: Mapping[str, Any]) -> Mapping[Stack, float]:
    nodes = {node["id"]: node for node in text["nodes"]}
    parents = {child: node["id"] for node in text["nodes"] for child in node.get("children", ())}
    parents |= {node["id"]: node["parent"] for node in text["nodes"] if "parent" in node}
    stacks: dict[Stack, float] = defaultdict(float)
    for number, time in _seconds(text, nodes).items():
        if nodes[number]["callFrame"]["functionName"] not in _WITHOUT_WORK:
            *outer, inner = _stack(number, nodes, parents)
            for line, share in _lines(nodes[number], inner.line):
                stack = (*outer, Frame(inner.path, inner.function, line))
                stacks[stack] += time * share
    return stacks


def _seconds(text: Mapping[str, Any], nodes: Mapping[int, Any]) -> dict[int, float]:
    """Node -> seconds in it: by the samples and the time after each, else by the hits."""
    found: dict[int, float] = dict.fromkeys(nodes, 0.0)
    samples, deltas = text.get("samples") or [], text.get("timeDeltas") or []
    if samples and len(samples) == len(deltas):
        for number, delta in zip(samples, [*deltas[1:], 0], strict=True):
            found[number] += max(delta, 0) / 1e6
        return found
    hits = sum(node.get("hitCount", 0) for node in nodes.values())
    each = (text["endTime"] - text["startTime"]) / 1e6 / max(hits, 1)
    return {number: node.get("hitCount", 0) * each for number, node in nodes.items()}


def _lines(node: Mapping[str, Any], otherwise: int) -> Iterator[tuple[int, float]]:
    """The lines that the time of a node went to, and their shares, where V8 counted its ticks by line."""
    ticks = {int(one["line"]): int(one["ticks"]) for one in node.get("positionTicks") or ()}
    total = sum(ticks.values())
    for line, count in ticks.items() if total else [(otherwise, 1)]:
        yield line, count / (total or 1)


def _stack(number: int, nodes: Mapping[int, Any], parents: Mapping[int, int]) -> list[Frame]:
    return [_frame(nodes[one]["callFrame"]) for one in _up(number, parents)][::-1][1:]


def _up(number: int, parents: Mapping[int, int]) -> Iterator[int]:
    yield number
    while number in parents:
        number = parents[number]
        yield number


def _frame(call: Mapping[str, Any]) -> Frame:
    url = str(call.get("url") or "")
    path = unquote(urlsplit(url).path) if url.startswith("file:") else url
    return Frame(path or "<node>", call["functionName"] or "(anonymous)", int(call.get("lineNumber", -1)) + 1)
