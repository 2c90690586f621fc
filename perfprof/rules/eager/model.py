"""N+1 of a mapper: the loads that one expression's objects caused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfprof.profilers.parts.loads import Load, Place
    from perfprof.rules.eager.anew import Anew
    from perfprof.rules.eager.places import Spot
    from perfprof.rules.reading.program import Function, Program

WHOLE = frozenset(["all", "count", "exists"])  # what a prefetched relation answers
TESTED = 2  # loads that are enough where tests ran, which hold few rows
LEAST = 5


@dataclass(frozen=True, eq=False, slots=True)
class Eager:
    """Loads of relations of objects that come from one expression. spot: that expression, None if it is not ours.

    later: what the project calls on that query set elsewhere and an option would break. anew: what the loop over it asks
    of each object in the same words. touched: where the source may write what is loaded, though no recorded run did.
    otherwise: why the statement may ask for something else. alone: how many single objects from there were asked for each relation.
    """

    orm: str
    spot: Spot | None
    loads: tuple[Load, ...]
    later: frozenset[str] = frozenset()
    anew: Anew | None = None
    touched: str = ""
    otherwise: str = ""
    alone: Mapping[str, int] = field(default_factory=dict)

    @property
    def paths(self) -> tuple[str, ...]:
        """Relations to load along, shortest first; those that a longer one brings are left out for joins."""
        return tuple(sorted({one.path for one in self.loads}, key=lambda path: (path.count("."), path)))

    @property
    def joined(self) -> tuple[str, ...]:
        """Django: paths on which every relation leads to one object."""
        wanted = {one.path for one in self.loads if is_joined(one)}
        return tuple(sorted(one for one in wanted if not any(other.startswith(f"{one}__") for other in wanted)))

    @property
    def beside(self) -> tuple[str, ...]:
        """Django: paths that a query of their own brings."""
        wanted = {one.path for one in self.loads if not is_joined(one)}
        return tuple(sorted(one for one in wanted if not any(other.startswith(f"{one}__") for other in wanted)))

    @property
    def subject(self) -> str:
        """``Order.customer, items``."""
        return f"{self.loads[0].model.rpartition('.')[2]}.{', '.join(self.paths)}"


def asked_by(load: Load, root: Path) -> str:
    """``template shop/list.html:3`` or a serializer that asked, if the load has no line of its own."""
    return load.spot.replace(f"{root}/", "")


def is_joined(load: Load) -> bool:
    """Whether a join can bring it: one object at each step."""
    return set(load.kinds) == {"one"}


def enough(loads: Sequence[Load]) -> bool:
    """Five loads for the objects of one fetch; two where tests ran."""
    return most(loads) >= (TESTED if any(under_test(one) for one in loads) else LEAST)


def most(loads: Sequence[Load]) -> int:
    """The most loads of one relation for one batch."""
    return max((one.most for one in loads), default=0)


def under_test(load: Load) -> bool:
    """Whether tests ran, as far as the process or the frames tell."""
    if load.tested:
        return True
    frames: tuple[Place, ...] = (*load.site, *load.started, *(one for step in load.origin for one in step))
    return any(is_test(Path(one.path)) for one in frames)


def is_test(path: Path) -> bool:
    """Whether a file holds tests, by its name."""
    return (
        path.name.startswith("test")
        or path.stem.endswith("_test")
        or "tests" in path.parts
        or path.name == "conftest.py"
    )


def watched(found: Eager, program: Program) -> tuple[str, ...]:
    """``path::qualified.name`` of the functions that asked: their answers must stay."""
    names: dict[str, None] = {}
    for load in found.loads:
        for place in load.site:
            function = _function(place, program)
            if function is not None and not is_test(Path(place.path)):
                names[f"{function.module.relative}::{function.qualname}"] = None
                break
    return tuple(names)


def _function(place: Place, program: Program) -> Function | None:
    path = Path(place.path)
    found = program.function_at(path, place.line) if path.is_relative_to(program.root) else None
    plain = found is not None and found.qualname != "<module>" and "<locals>" not in found.qualname
    return found if plain else None
