"""The stacks of a recording as a tree: who is below whom, and how many samples that makes."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Set
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Frame:
    """One level of a stack.

    path: absolute. function: qualified name where the interpreter has it, else the plain name.
    line: the line that ran; from the in-process sampler the first line of the innermost loop.
    """

    path: str
    function: str
    line: int


class Tree:
    """All stacks of one recording. A stack is a number: its innermost frame and, as parent, the stack below it.

    named: frame number -> frame and package, empty for the application's own. own: stack -> samples that ended
    there; stack 0 has no frames.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.named: dict[int, tuple[Frame, str]] = {
            key: (Frame(path, function, line), package)
            for key, path, function, line, package in connection.execute(
                "select id, path, function, line, package from frames"
            )
        }
        self._stacks: dict[int, tuple[int, int]] = {
            key: (parent, frame)
            for key, parent, frame in connection.execute("select id, parent, frame from stacks order by id")
        }
        self.own: dict[int, int] = dict(connection.execute("select stack, sum(count) from samples group by stack"))
        self._number()
        self._lines = self._lines_of_leaves()

    def frames(self, stack: int) -> tuple[Frame, ...]:
        """The frames of a stack, root first."""
        return tuple(frame for frame, _ in self._path(stack))

    def below(self, path: str, first: int, last: int) -> int:
        """Samples with a frame of this file and these lines at any depth."""
        spans = sorted(
            self._spans[stack] for line, stack in self._places.get(path, ()) if first <= line <= last
        )  # a stack's samples and those of all stacks above it lie side by side
        total, done = 0, 0
        for start, end in spans:
            if start >= done:
                total += self._sums[end] - self._sums[start]
                done = end
        return total

    def leaves(self, path: str, first: int, last: int) -> int:
        """Samples whose innermost application frame is in this file and these lines."""
        return sum(count for line, count in self._lines.get(path, {}).items() if first <= line <= last)

    def called(self, path: str, first: int, last: int, names: Set[str]) -> int:
        """Samples with a frame of these lines and, above it, one of a function with one of these plain names."""
        callers = {stack for line, stack in self._places.get(path, ()) if first <= line <= last}
        total, done = 0, 0
        for stack in sorted(self._named(names), key=self._spans.__getitem__):
            start, end = self._spans[stack]
            if start >= done and any(below in callers for below in self._below(stack)):
                total += self._sums[end] - self._sums[start]
                done = end
        return total

    def _below(self, stack: int) -> Iterator[int]:
        while stack:
            stack = self._stacks[stack][0]
            yield stack

    def _named(self, names: Set[str]) -> Iterator[int]:
        """Stacks whose innermost function has one of these plain names."""
        frames = {key for key, (frame, _) in self.named.items() if frame.function.rpartition(".")[2] in names}
        return (stack for stack, (_, frame) in self._stacks.items() if frame in frames)

    def labels(self, stack: int, root: Path) -> list[str]:
        """The frames of a stack as a flame graph names them, root first; library frames in a row are one."""
        labels: list[str] = []
        for frame, package in self._path(stack):
            label = package or f"{_relative(frame.path, root)}:{frame.function}"
            label = label.replace(";", ",")
            if not (package and labels and labels[-1] == label):
                labels.append(label)
        return labels

    def _path(self, stack: int) -> list[tuple[Frame, str]]:
        found = []
        while stack:
            stack, frame = self._stacks[stack]
            found.append(self.named[frame])
        return found[::-1]

    def _number(self) -> None:
        """Walk the tree once, depth first, so that everything above a stack is one span of the walk."""
        children: dict[int, list[int]] = defaultdict(list)
        self._places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for stack, (parent, frame) in self._stacks.items():
            children[parent].append(stack)
            named, _ = self.named[frame]
            self._places[named.path].append((named.line, stack))
        order: list[int] = []
        starts: dict[int, int] = {}
        self._spans: dict[int, tuple[int, int]] = {}
        waiting = [0]
        while waiting:
            stack = waiting.pop()
            if stack in starts:  # seen for the second time: all above it are done
                self._spans[stack] = (starts[stack], len(order))
                continue
            starts[stack] = len(order)
            order.append(stack)
            waiting.append(stack)
            waiting.extend(children.get(stack, ()))
        self._sums = [0, *accumulate(self.own.get(stack, 0) for stack in order)]

    def _lines_of_leaves(self) -> dict[str, dict[int, int]]:
        found: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for stack, count in self.own.items():
            frame = self._innermost_own(stack)
            if frame is not None:
                found[frame.path][frame.line] += count
        return found

    def _innermost_own(self, stack: int) -> Frame | None:
        """The innermost frame of the application's own code."""
        while stack:
            stack, number = self._stacks[stack]
            frame, package = self.named[number]
            if not package:
                return frame
        return None


def _relative(path: str, root: Path) -> str:
    """The path relative to the root with slashes, unchanged if it lies outside."""
    try:
        return Path(path).relative_to(root).as_posix()
    except ValueError:
        return path
