"""What the second run is asked (`Watch`), and what it answered (`Seen`).

A watch names a place in the source by the position that `ast` gives it (lines from 1, columns in UTF-8 bytes
from 0). The probed run counts what happens there and keeps exact type names, never values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

WatchKind = Literal["entry", "value", "collection", "attribute"]


@dataclass(frozen=True, slots=True)
class Watch:
    """One question to the probed run.

    kind "entry": how often does the statement that begins here run?
    kind "value": how often is this expression evaluated, and of which exact types is it?
    kind "collection": the same, and its length and the types of its elements (64 of them at most).
    kind "attribute": the expression gives an object; is reading ``detail`` from it a plain look-up?
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
    of its items, ``builtins.tuple[builtins.int,builtins.str]``.
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
    """A function whose real calls are kept for replay."""

    path: str
    function: str
    line: int
