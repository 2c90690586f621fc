"""What the second run is asked (`Watch`), and what it answered (`Seen`).

A watch names a place in the source by the position that `ast` gives it (lines from 1, columns in UTF-8 bytes
from 0). The probed run counts what happens there and keeps exact type names, never values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

WatchKind = Literal["entry", "value", "collection", "attribute", "identity", "again", "order", "types"]


@dataclass(frozen=True, slots=True)
class Watch:
    """One question to the probed run.

    kind "entry": how often does the statement that begins here run?
    kind "value": how often is this expression evaluated, and of which exact types is it?
    kind "collection": the same, and its length and the types of its elements (64 of them at most).
    kind "attribute": the expression gives an object; is reading ``detail`` from it a plain look-up?
    kind "types": of which exact types is the value, and is reading ``detail`` (if given) from it a plain look-up? It
    stops looking after some thousand evaluations, and looks again now and then, so it may stand in an inner loop.
    kind "identity": is the object the same as ``detail`` (a name or attribute chain that can be read there)?
    kind "order": is the beginning of the list nearly in order, up or down?
    kind "again": were the values of ``detail`` (a tuple of names that can be read there) met before, and of which types are they?
    """

    id: str
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    kind: WatchKind
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a watch saw in all processes together.

    Type names are ``module.qualname`` (``builtins.int``). For "attribute" watches ``reads`` counts ``plain``,
    ``computed`` (property, descriptor, ``__getattr__``) and ``missing``. A flat tuple is written with the types
    of its items, ``builtins.tuple[builtins.int,builtins.str]``. For "identity" watches ``reads`` counts ``same`` and
    ``other``; for "again" watches ``again``, ``new``, and ``other`` for values that are no plain ones, and the types are of the tuple;
    for "order" watches ``order``, ``other`` and ``unknown``.
    """

    watch: str
    count: int = 0
    types: Mapping[str, int] = field(default_factory=dict)
    shortest: int | None = None
    longest: int | None = None
    total_length: int = 0
    elements: Mapping[str, int] = field(default_factory=dict)
    reads: Mapping[str, int] = field(default_factory=dict)

    @property
    def mean_length(self) -> float:
        """Elements a look, zero if it was never looked at."""
        return self.total_length / self.count if self.count else 0.0


@dataclass(frozen=True, slots=True)
class Capture:
    """A function whose real calls are kept for replay.

    unfinished: those of coroutines and generators, too; their arguments are kept, their outcome is not.
    """

    path: str
    function: str
    line: int
    unfinished: bool = False


def add_up(watches: Sequence[Watch], lines: Iterable[Sequence[Any]]) -> tuple[dict[str, Seen], dict[str, str]]:
    """What all processes together saw, and why the other watches were not there to see anything.

    lines: ``["watch", id, count, types, shortest, longest, total length, elements, reads]``, one a process and
    watch, or ``["missed", id, reason]``.
    """
    seen: dict[str, Seen] = {}
    missed = {watch.id: "its module was not imported in this run" for watch in watches}
    for kind, watch, *rest in lines:
        if kind == "missed" and watch in missed:
            missed[watch] = rest[0]
        elif kind == "watch":
            new = Seen(watch, *rest)
            seen[watch] = _both(seen[watch], new) if watch in seen else new
    return seen, {watch: reason for watch, reason in missed.items() if watch not in seen}


def _both(one: Seen, other: Seen) -> Seen:
    shortest = [seen.shortest for seen in (one, other) if seen.shortest is not None]
    longest = [seen.longest for seen in (one, other) if seen.longest is not None]
    return Seen(
        one.watch,
        one.count + other.count,
        Counter(one.types) + Counter(other.types),
        min(shortest, default=None),
        max(longest, default=None),
        one.total_length + other.total_length,
        Counter(one.elements) + Counter(other.elements),
        Counter(one.reads) + Counter(other.reads),
    )
