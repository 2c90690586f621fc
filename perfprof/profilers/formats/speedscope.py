"""speedscope's file format (https://www.speedscope.app/file-format-schema.json)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from perfprof.profilers.formats.profile import Lane, Profile, Stack
from perfprof.profilers.stacks import Frame

SCHEMA = "https://www.speedscope.app/file-format-schema.json"
_SECONDS = {"seconds": 1.0, "milliseconds": 1e-3, "microseconds": 1e-6, "nanoseconds": 1e-9}
_UNKNOWN = 0.01  # a weight without a unit of time is a sample of 10 ms


def write(profile: Profile) -> bytes:
    """One sampled profile a lane, weights in seconds."""
    numbers: dict[Frame, int] = {}
    profiles = []
    for lane in profile.lanes:
        samples = [[numbers.setdefault(frame, len(numbers)) for frame in stack] for stack in lane.stacks]
        weights = [round(seconds, 9) for seconds in lane.stacks.values()]
        profiles.append(
            {
                "type": "sampled",
                "name": lane.name,
                "unit": "seconds",
                "startValue": 0,
                "endValue": round(sum(weights), 9),
                "samples": samples,
                "weights": weights,
            }
        )
    frames = [{"name": one.function, "file": one.path, "line": one.line} for one in numbers]
    text = {"$schema": SCHEMA, "exporter": "perfprof", "shared": {"frames": frames}, "profiles": profiles}
    return json.dumps(text, separators=(",", ":")).encode()


def read(data: bytes) -> Profile | None:
    """Sampled and evented profiles."""
    if b"speedscope" not in data[:4096] and b'"shared"' not in data:
        return None
    try:
        text = json.loads(data)
        frames = [
            Frame(one.get("file") or "", one.get("name") or "", int(one.get("line") or 0))
            for one in text["shared"]["frames"]
        ]
        lanes = [_lane(number, one, frames) for number, one in enumerate(text["profiles"], 1)]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None
    return Profile(tuple(lanes), text.get("exporter") or "speedscope")


def _lane(number: int, profile: Mapping[str, Any], frames: list[Frame]) -> Lane:
    seconds = _SECONDS.get(profile.get("unit", ""), _UNKNOWN)
    stacks: dict[Stack, float] = defaultdict(float)
    for stack, weight in _sampled(profile) if profile["type"] == "sampled" else _evented(profile):
        stacks[tuple(frames[index] for index in stack)] += weight * seconds
    name = str(profile.get("name") or number)
    return Lane(name, 0, name, stacks)


def _sampled(profile: Mapping[str, Any]) -> Iterator[tuple[tuple[int, ...], float]]:
    for stack, weight in zip(profile["samples"], profile["weights"], strict=True):
        yield tuple(stack), weight


def _evented(profile: Mapping[str, Any]) -> Iterator[tuple[tuple[int, ...], float]]:
    """The time between two events belongs to the stack that was open then."""
    stack: list[int] = []
    before = profile["startValue"]
    for event in profile["events"]:
        if stack and event["at"] > before:
            yield tuple(stack), event["at"] - before
        before = event["at"]
        if event["type"] == "O":
            stack.append(event["frame"])
        else:
            stack.pop()
