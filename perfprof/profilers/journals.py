"""The journals that the processes of a run wrote, one file each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfprof.profilers.stacks import Frame

Line = list[Any]


@dataclass(slots=True)
class Journal:
    """What one process wrote: its description and its lines; a line cut off by a kill is left out."""

    process: Mapping[str, Any]
    lines: list[Line]


def read_journals(folder: Path) -> Iterator[Journal]:
    """The journals in ``folder``, in the order in which the processes started."""
    paths = sorted(folder.glob("*.jsonl"), key=lambda path: (int(path.stem.split("-")[1]), path.name))
    for path in paths:
        lines = list(_lines(path))
        if lines and lines[0][0] == "process":
            yield Journal(lines[0][1], lines[1:])


def _lines(path: Path) -> Iterator[Line]:
    with path.open(encoding="ascii", errors="replace") as file:
        for text in file:
            try:
                line = json.loads(text)
            except ValueError:
                continue
            if isinstance(line, list) and line:
                yield line


def dated(journal: Journal) -> Iterator[tuple[int, Line]]:
    """The lines with the second, since the epoch, in which they were written; 0 before the first mark."""
    at = 0
    for line in journal.lines:
        if line[0] == "at":
            at = line[1]
        else:
            yield at, line


def sampled_stacks(journal: Journal) -> dict[int, tuple[Frame, ...]]:
    """The stacks that the sampler of this process saw, root first, by the numbers it gave them."""
    frames: dict[int, Frame] = {}
    stacks: dict[int, tuple[Frame, ...]] = {}
    for kind, key, *rest in journal.lines:
        if kind == "frame":
            frames[key] = Frame(*rest)
        elif kind == "stack":
            stacks[key] = tuple(frames[number] for number in reversed(rest[0]) if number in frames)
    return stacks
