"""Where the time went: functions by their own and their whole time, and the paths that lead to most of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from perfprof.profilers.recording import Recording
from perfprof.profilers.stacks import Frame

LEAST = 0.1  # share of all samples from which a path is hot
_OWN = 0.05  # share of all samples from which the project's own code is what the run is about
_INSTALLED = ("/site-packages/", "/dist-packages/")

Place = tuple[str, str]  # path and function


@dataclass(frozen=True, slots=True)
class HotFunction:
    """A function of the program. own: share of the samples with it innermost of the program's, libraries below it
    included; total: with all it calls, recursion counted once. line: that of most of its own samples.
    """

    path: str
    function: str
    line: int
    own: float
    total: float


@dataclass(frozen=True, slots=True)
class HotPath:
    """The program's functions from the root to where the path divides into parts that are not hot. share: of all samples.

    Each function stands there once, with the line of most of its samples: recursion goes back to its first call.
    """

    frames: tuple[Frame, ...]
    share: float


def hot_functions(recording: Recording, least: float = 0.01) -> tuple[HotFunction, ...]:
    """Application functions with at least this share of their own or, called, of everything; the dearest first."""
    own: dict[Place, int] = defaultdict(int)
    whole: dict[Place, int] = defaultdict(int)
    lines: dict[Place, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for stack, count in _application(recording):
        inner = stack[-1]
        own[inner.path, inner.function] += count
        lines[inner.path, inner.function][inner.line] += count
        for frame in stack:
            lines[frame.path, frame.function][frame.line] += 0
        for place in {(frame.path, frame.function) for frame in stack}:
            whole[place] += count
    total = recording.total or 1
    found = [
        HotFunction(*place, _most(lines[place]), own[place] / total, count / total)
        for place, count in whole.items()
        if count >= least * total
    ]
    return tuple(sorted(found, key=lambda one: (-one.own, -one.total, one.path, one.function)))


def hot_paths(recording: Recording, least: float = LEAST) -> tuple[HotPath, ...]:
    """Each path whose end has at least this share and none of whose continuations has; the hottest first."""
    counts: dict[tuple[Place, ...], Counter[int]] = defaultdict(Counter)
    children: dict[tuple[Place, ...], set[tuple[Place, ...]]] = defaultdict(set)
    for stack, count in _application(recording):
        way = _straight(stack)
        places = tuple((frame.path, frame.function) for frame in way)
        for depth, frame in enumerate(way, 1):
            counts[places[:depth]][frame.line] += count
            children[places[: depth - 1]].add(places[:depth])
    total = recording.total or 1
    hot = {path for path, lines in counts.items() if lines.total() >= least * total}
    found = [
        HotPath(_frames(path, counts), counts[path].total() / total) for path in hot if not children[path] & hot
    ]
    return tuple(sorted(found, key=lambda one: (-one.share, one.frames)))


def _straight(stack: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """Each function once: what came between two calls of it is left out, and the inner call tells the line."""
    way: dict[Place, Frame] = {}
    for frame in stack:
        place = (frame.path, frame.function)
        while place in way:
            way.popitem()
        way[place] = frame
    return tuple(way.values())


def _frames(path: tuple[Place, ...], counts: dict[tuple[Place, ...], Counter[int]]) -> tuple[Frame, ...]:
    return tuple(Frame(*place, _most(counts[path[:depth]])) for depth, place in enumerate(path, 1))


def callers(recording: Recording) -> dict[Place, Place]:
    """Function of the program -> the one that most of its samples came from; recursion is not its own caller."""
    found: dict[Place, Counter[Place]] = defaultdict(Counter)
    for stack, count in _application(recording):
        places = [(frame.path, frame.function) for frame in stack]
        for outer, inner in set(pairwise(places)):
            if outer != inner:
                found[inner][outer] += count
    return {inner: counts.most_common(1)[0][0] for inner, counts in found.items()}


def program_files(recording: Recording) -> frozenset[str]:
    """The files whose functions are told: the project's own; of a program that is installed, those of its packages.

    Where neither was seen, all files.
    """
    own, least = set(recording.files()), _OWN * recording.total
    stacks = [({frame.path for frame in sample.stack}, sample.count) for sample in recording.samples()]
    every = frozenset[str]().union(*(paths for paths, _ in stacks))
    for meant in (own, own | set(filter(_is_installed, every))):
        if sum(count for paths, count in stacks if paths & meant) >= least:
            return frozenset(meant)
    return every


def _is_installed(path: str) -> bool:
    return any(mark in path.replace("\\", "/") for mark in _INSTALLED)


def of_libraries(recording: Recording) -> bool:
    """Whether the functions that are told are not the project's own."""
    return not program_files(recording) <= set(recording.files())


def _application(recording: Recording) -> Iterator[tuple[tuple[Frame, ...], int]]:
    """Stacks without the frames of libraries, and their samples; those without a frame of the program left out."""
    ours = program_files(recording)
    for sample in recording.samples():
        stack = tuple(frame for frame in sample.stack if frame.path in ours)
        if stack:
            yield stack, sample.count


def _most(lines: dict[int, int]) -> int:
    return max(lines, key=lambda line: (lines[line], -line), default=0)
