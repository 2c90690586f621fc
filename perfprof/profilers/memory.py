"""Read what memray wrote while the program ran: peak by line, allocations by line, and how lines grew."""

from __future__ import annotations

import importlib.util
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from perfprof.profilers.journals import Journal, Line
from perfprof.profilers.packages import Libraries

RECORDERS = ("requests", "collections", "memory")  # armed in a memory run, and nothing else: its times say nothing
_LINES = 200  # of each kind that are kept
_POINTS = 24  # in time at which the live bytes of a line are told
_DEPTH = 3  # application frames of a place

_Place = tuple[tuple[str, str, int], ...]


def environment() -> dict[str, str]:
    """What the recorder must know: where memray is, for an interpreter of our version that has none of its own."""
    found = importlib.util.find_spec("memray")
    if found is None or not found.origin:
        return {}
    return {
        "PERFPROF_MEMRAY": str(Path(found.origin).parents[1]),
        "PERFPROF_MEMRAY_PYTHON": f"{sys.version_info[0]}.{sys.version_info[1]}",
    }


def read_files(folder: Path, journals: Sequence[Journal]) -> Iterator[Journal]:
    """The files of all processes as journals for the parts; one that cannot be read is left out."""
    libraries = Libraries()
    for journal in journals:
        libraries.add(journal.process.get("library", "\0"), journal.process.get("prefixes", ()))
    for file in sorted(folder.glob("*.memray*")):
        try:
            yield _read(file, libraries)
        except Exception as error:  # a file of a killed process, another version of memray
            yield Journal({"pid": 0}, [["note", f"a memory file could not be read: {error}"]])


def _read(file: Path, libraries: Libraries) -> Journal:
    """All from one pass over the file: a second one costs as much again.

    Blocks that come and go between two snapshots (20 ms) count as allocations and not for the peak.
    """
    import memray

    reader = memray.FileReader(str(file))
    snapshots = list(reader.get_memory_snapshots())
    times = [snapshot.time / 1000 for snapshot in snapshots]
    peak = max(range(len(snapshots)), key=lambda index: snapshots[index].heap, default=0)
    marks = sorted({peak, *(round(index * (len(times) - 1) / (_POINTS - 1)) for index in range(_POINTS))})
    found = _places(reader, libraries, marks, len(times))
    lines: list[Line] = []
    for place, told in _largest(found, lambda told: told.sizes[marks.index(peak)]):
        lines.append(["peak", place, told.sizes[marks.index(peak)], told.blocks[marks.index(peak)]])
    lines += [
        ["allocated", place, told.made, told.bytes] for place, told in _largest(found, lambda told: told.made)
    ]
    for place, told in _largest(found, lambda told: told.sizes[-1] - told.sizes[0]) if times else ():
        lines += [["live", times[mark], place, size, 0] for mark, size in zip(marks, told.sizes, strict=True)]
    seconds = times[-1] - times[0] if times else 0.0  # of a process that was killed nothing says when it ended
    made = sum(told.made for told in found.values())
    lines.append(["memory", "memray", reader.metadata.peak_memory, made, seconds])
    return Journal({"pid": reader.metadata.pid}, lines)


@dataclass(slots=True)
class _Told:
    """One place. sizes, blocks: live at each mark, as changes until they are added up. made, bytes: allocated in all."""

    sizes: list[int]
    blocks: list[int]
    made: int = 0
    bytes: int = 0


def _places(reader: Any, libraries: Libraries, marks: Sequence[int], snapshots: int) -> dict[_Place, _Told]:
    first = [bisect_left(marks, snapshot) for snapshot in range(snapshots + 1)]  # the mark at or after a snapshot
    never, empty = len(marks), [0] * (len(marks) + 1)
    found: dict[_Place, _Told] = {}
    for record in reader.get_temporal_allocation_records(merge_threads=True):
        place = _place(record.stack_trace(), libraries)
        told = found.setdefault(place, _Told(empty[:], empty[:]))
        for interval in record.intervals:
            begin, end = interval.allocated_before_snapshot, interval.deallocated_before_snapshot
            begin = first[min(begin, snapshots)]
            end = never if end is None else first[min(end, snapshots)]
            told.made += interval.n_allocations
            told.bytes += interval.n_bytes
            told.sizes[begin] += interval.n_bytes
            told.sizes[end] -= interval.n_bytes
            told.blocks[begin] += interval.n_allocations
            told.blocks[end] -= interval.n_allocations
    for told in found.values():
        told.sizes = list(accumulate(told.sizes))[:-1]
        told.blocks = list(accumulate(told.blocks))[:-1]
    return found


def _largest(found: dict[_Place, _Told], key: Callable[[_Told], int]) -> list[tuple[_Place, _Told]]:
    """The places of the program with most of it."""
    own = [(place, told) for place, told in found.items() if place and key(told) > 0]
    return sorted(own, key=lambda item: -key(item[1]))[:_LINES]


def _place(stack: Sequence[tuple[str, str, int]], libraries: Libraries) -> _Place:
    """The innermost application frames of a stack; () if there is none."""
    own = [(file, function, line) for function, file, line in stack if not libraries.package(file)]
    return tuple(own[:_DEPTH])
