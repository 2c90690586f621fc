"""Names that a project gives another meaning while it runs, as obligations ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfprof.rules.reading import replaced
from perfprof.rules.reading.replaced import may_be_any, of_project

if TYPE_CHECKING:
    from perfprof.rules.rule import Case


def is_replaced(name: str, owner: str, case: Case) -> bool:
    """Whether some file of the project stores an attribute of this name, or patches it; see `reading.replaced`."""
    function = case.suspect.function
    return function is not None and replaced.is_replaced(name, owner, function.module, case.program)


def is_rebound(name: str, case: Case) -> bool:
    """Whether some file of the project gives a name of a module another value: no object's own attribute of this name."""
    function = case.suspect.function
    found = of_project(function.module, case.program) if function is not None else frozenset()
    stored = (one.rpartition(".") for one in found if one.endswith(f".{name}"))
    patched = f"!{name}" in found or may_be_any(name, found)
    return patched or any(held not in {"self", "cls"} for held, _, _ in stored)
