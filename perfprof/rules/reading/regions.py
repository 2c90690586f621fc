"""Regions: what a part of a function may do, read once for all who ask about it.

A loop with a hundred suspects is asked about a hundred collections. Its hazards are the same each time; they are found as
far as somebody needs them, since the first problem ends a question.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

from perfprof.rules.reading.effects import hazards

if TYPE_CHECKING:
    from perfprof.rules.reading.hazards import Hazard
    from perfprof.rules.reading.program import Function, Program

Sort: TypeAlias = "tuple[str, str, str, bool, bool]"


class Region:
    """The hazards of a region as far as they are known, each with its sort: hazards of one sort mean the same to a collection."""

    def __init__(self, roots: Sequence[ast.AST], function: Function, program: Program) -> None:
        self.known: list[tuple[Hazard, Sort]] = []
        self._function = function
        self._rest = hazards(roots, function, program)
        self._failed: BaseException | None = None

    def more(self) -> bool:
        """Find one more; False if there is none. Raises again what ended the reading."""
        if self._failed is not None:
            raise self._failed
        try:
            found = next(self._rest, None)
        except BaseException as error:  # a generator that failed would seem to have come to its end
            self._failed = error
            raise
        if found is None:
            return False
        base, there = found.base, self._function.parents
        text = ast.dump(base) if base is not None else ""
        self.known.append(
            (found, (found.kind, found.name, text, base in there, getattr(base, "value", None) in there))
        )
        return True


def hazards_of(roots: Sequence[ast.AST], function: Function, program: Program) -> list[Hazard]:
    """All hazards of a region that is asked about again and again."""
    region = region_of(roots, function, program)
    while region.more():
        pass
    return [hazard for hazard, _ in region.known]


def region_of(roots: Sequence[ast.AST], function: Function, program: Program) -> Region:
    """The region, which may have been asked about before."""
    known = cast("dict[tuple[ast.AST, ...], Region]", function.memo.setdefault("regions", {}))
    key = tuple(roots)
    if key not in known:
        known[key] = Region(key, function, program)
    return known[key]
