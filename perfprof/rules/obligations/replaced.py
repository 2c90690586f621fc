"""Names that a project gives another meaning while it runs, as obligations ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfprof.rules.reading import replaced

if TYPE_CHECKING:
    from perfprof.rules.rule import Case


def is_replaced(name: str, owner: str, case: Case) -> bool:
    """Whether some file of the project stores an attribute of this name, or patches it; see `reading.replaced`."""
    function = case.suspect.function
    return function is not None and replaced.is_replaced(name, owner, function.module, case.program)
