"""What all formats have in common: stacks and the seconds that were spent in each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from perfprof.profilers.stacks import Frame

Stack = tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """One thread. stacks: root first -> seconds in its innermost frame itself."""

    name: str
    pid: int
    thread: str
    stacks: Mapping[Stack, float]


@dataclass(frozen=True, slots=True)
class Profile:
    """What a tool saw. tool: which. note: what a reader must know of it, in a sentence."""

    lanes: tuple[Lane, ...]
    tool: str = "perfprof"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A frame on a line of time, in seconds; ``depth`` 0 is the root."""

    frame: Frame
    depth: int
    start: float
    seconds: float


def spans(lane: Lane) -> Iterator[Span]:
    """The stacks side by side, equal callers joined: folded samples have no order, so the widths count and not the times."""
    ordered = sorted(lane.stacks.items(), key=lambda item: [(f.path, f.function, f.line) for f in item[0]])
    open_since: list[tuple[Frame, float]] = []
    now = 0.0
    for stack, seconds in [*ordered, ((), 0.0)]:
        shared = 0
        while shared < min(len(stack), len(open_since)) and open_since[shared][0] == stack[shared]:
            shared += 1
        for depth in range(len(open_since) - 1, shared - 1, -1):
            frame, start = open_since.pop()
            yield Span(frame, depth, start, now - start)
        open_since.extend((frame, now) for frame in stack[shared:])
        now += seconds
