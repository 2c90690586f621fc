"""N+1 of a mapper: the loads that one expression's objects caused, and whether an option of its query takes their place."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.rules.eager.later import called_later
from perfprof.rules.eager.places import Spot, origin_of

if TYPE_CHECKING:
    from perfprof.profilers.parts.loads import Load, Place
    from perfprof.rules.reading.program import Function, Program

WHOLE = frozenset(["all", "count", "exists"])  # what a prefetched relation answers
FEW = 0.3  # the part of the objects that must ask at least
TESTED = 2  # loads that are enough where tests ran, which hold few rows
LEAST = 5
PARAMETERS = 10_000  # keys that one statement of a prefetch may hold; drivers end between 30,000 and 250,000
UNLIKE = {
    "narrowed": "the related class's base manager narrows or changes what is found, which a join would not",
    "elsewhere": "the related rows come from another database, to which there is no join",
    "subclass": "the objects are not of the class that was asked for, and the relation may not be that class's",
    "generic": "a generic relation leads to several classes, of which not all need have this relation",
}


@dataclass(frozen=True, eq=False, slots=True)
class Eager:
    """Loads of relations of objects that come from one expression. spot: that expression, None if it is not ours.

    later: what the project calls on that query set elsewhere and an option would break.
    """

    orm: str
    spot: Spot | None
    loads: tuple[Load, ...]
    later: frozenset[str] = frozenset()

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


def is_joined(load: Load) -> bool:
    """Whether a join can bring it: one object at each step."""
    return set(load.kinds) == {"one"}


def eager_loads(loads: Sequence[Load], orm: str, program: Program) -> Iterator[Eager]:
    """One for each expression with all relations that can be loaded with it, one for each relation that cannot."""
    groups: dict[object, list[tuple[Load, Spot | None]]] = defaultdict(list)
    for load in loads:
        if load.orm == orm and load.peers > 1:
            spot = origin_of(load, program)
            groups[spot.node if spot is not None else (load.model, load.origin)].append((load, spot))
    for members in groups.values():
        spot = members[0][1]
        later = called_later(spot, program) if orm == "django" and spot is not None else frozenset()
        fit: list[Load] = []
        for path_loads in _by_path(load for load, _ in members):
            one = Eager(orm, spot, path_loads, later)
            if enough(path_loads) and not problem(one):
                fit += path_loads
            else:
                yield one
        if fit:
            yield Eager(orm, spot, tuple(fit), later)


def _by_path(loads: Iterable[Load]) -> Iterator[tuple[Load, ...]]:
    """Loads of one relation that are asked for as a whole together; filtered ones apart."""
    found: dict[tuple[str, bool], list[Load]] = defaultdict(list)
    for load in loads:
        found[load.path, load.use in WHOLE].append(load)
    return (tuple(members) for members in found.values())


def enough(loads: Sequence[Load]) -> bool:
    """Five loads for the objects of one fetch; two where tests ran."""
    return most(loads) >= (TESTED if any(under_test(one) for one in loads) else LEAST)


def most(loads: Sequence[Load]) -> int:
    """The most loads of one relation for one batch."""
    return max((one.most for one in loads), default=0)


def under_test(load: Load) -> bool:
    """Whether a test asked, as far as the frames tell."""
    frames: tuple[Place, ...] = (*load.site, *load.started, *(one for step in load.origin for one in step))
    return any(_is_test(Path(one.path)) for one in frames)


def _is_test(path: Path) -> bool:
    return (
        path.name.startswith("test")
        or path.stem.endswith("_test")
        or "tests" in path.parts
        or path.name == "conftest.py"
    )


# ------------------------------------------------------------------ why an option does not take the loads' place


def problem(found: Eager) -> tuple[str, str] | None:
    """(obligation, reason) of the first condition that does not hold."""
    for name, check in CHECKS.items():
        why = next((why for load in found.loads if (why := check(found, load))), "")
        if why:
            return name, why
    return None


def not_whole(found: Eager, load: Load) -> str:
    """Why this kind of load is not what an option brings."""
    unlike = next((UNLIKE[kind] for kind in load.kinds if kind in UNLIKE), "")
    if unlike:
        return unlike
    names = load.path.replace("__", ".").split(".")
    if any(names.count(name) > 1 for name in names):
        return f"`{load.path}` climbs a tree, whose depth is the data's"
    if load.kind == "deferred":
        return f"the query leaves the column `{load.path}` out and each object asks for it: let it load the column"
    if load.kind == "expired":
        return "the objects expired (a commit does that) and are read again one by one: use them before, or expire_on_commit=False"
    if load.use == "iterator":
        return "`.iterator()` asks the database past what was prefetched"
    if load.use == "filtered":
        name = load.path.rpartition("__")[2]
        return f"`{name}` is filtered or ordered anew for each object, which a plain prefetch does not serve: use Prefetch(…, queryset=…, to_attr=…)"
    if {one.use for one in found.loads if one.path == load.path} <= {"count", "exists"}:
        name = load.path.rpartition("__")[2]
        return f"only the {load.use} of `{name}` is asked: annotate the query with Count or Exists"
    return ""


def no_origin(found: Eager, load: Load) -> str:
    """Why the query is not found."""
    if found.spot is not None:
        return ""
    admin = next((one.removeprefix("admin ") for one in load.features if one.startswith("admin ")), "")
    if admin:
        option = (
            f'list_select_related = ("{load.path}",)'
            if is_joined(load)
            else f'prefetch_related("{load.path}") in get_queryset'
        )
        return f"the admin makes the query of its list: {option} of {admin} would bring it along"
    return f"no line of the project makes the query of these {load.model} objects ({load.spot or 'a library does'})"


def refused(found: Eager, load: Load) -> str:
    """Why this query does not take the option."""
    features = set(load.features)
    if load.orm == "sqlalchemy":
        return _refused_by_select(load, features)
    if "combined" in features:
        return "a union, intersection or difference takes no related objects"
    if not is_joined(load):
        return _refused_beside(found, load, features)
    reasons = {
        "for update": "the join would lock the related rows as well",
        "only": "`only()` or `defer()` names the columns; those of the related table would have to be named, too",
        "distinct": "DISTINCT would compare the related columns as well",
    }
    if {"sliced", "unordered"} <= features:
        return "a slice without an order takes any rows, and with a join perhaps others"
    later = sorted(found.later - {"iterator", "aiterator", "Prefetch"})
    if later:
        return f"`.{later[0]}()` is called on this query set elsewhere, which a join could break"
    return next((why for name, why in reasons.items() if name in features), "")


def _refused_beside(found: Eager, load: Load, features: set[str]) -> str:
    if "iterator" in features or found.later & {"iterator", "aiterator"}:
        return "`.iterator()` without a chunk size takes no prefetch"
    if "only" in features or found.later & {"only", "defer"}:
        return "`only()` or `defer()` may leave out the column by which is prefetched"
    if "Prefetch" in found.later:
        return "a Prefetch is put on this query set elsewhere; the same relation cannot be named twice"
    if found.later & {"union", "intersection", "difference"}:
        return "a union, intersection or difference takes no related objects"
    if load.peers > PARAMETERS:
        return f"{load.peers:,} objects at once: more keys than one statement should hold, and all in memory"
    return ""


def _refused_by_select(load: Load, features: set[str]) -> str:
    if "iterator" in features:
        return "yield_per takes the rows in parts"
    if "alias" in features:
        return "the statement asks for an alias, which the option would have to name"
    if "other" in features:
        return "the statement is not a select() of the class"
    first = load.path.count(".") == 0
    return (
        f"`{load.path}` belongs to {load.owner}, not to {load.model}" if first and load.owner != load.model else ""
    )


def written(found: Eager, load: Load) -> str:
    """Why the rows may be others by then."""
    if load.stale:
        return f"{', '.join(load.tables)} were written between the fetch and {load.stale} of the loads"
    return ""


def unused(found: Eager, load: Load) -> str:
    """Why what is loaded might not be asked for."""
    if load.most < FEW * load.peers:
        return f"only {load.most} of {load.peers} objects ask for `{load.path}`"
    if found.spot is None:
        return ""
    fetches: dict[int, int] = {}
    used: dict[object, int] = {}
    for one in found.loads:
        if one.path == load.path:
            fetches[one.process] = max(fetches.get(one.process, 0), _fetches(one, found.spot))
            key = (one.process, one.origin, one.started, one.features)
            used[key] = max(used.get(key, 0), one.batches)
    made, asked = sum(fetches.values()), sum(used.values())
    if asked < 0.9 * made:
        return f"of {made} fetches from there only {asked} are asked for `{load.path}` afterwards"
    return ""


def _fetches(load: Load, spot: Spot) -> int:
    """How often the expression fetched several objects in that process."""
    path = str(spot.function.module.path)
    first, last = spot.node.lineno, spot.node.end_lineno or spot.node.lineno
    places = [one for step in (*load.origin, load.started) for one in step]
    return max((one.fetches for one in places if one.path == path and first <= one.line <= last), default=0)


CHECKS = {
    "read-as-a-whole": not_whole,
    "query-is-ours": no_origin,
    "query-takes-it": refused,
    "written-by-nobody": written,
    "asked-for-afterwards": unused,
}


def watched(found: Eager, program: Program) -> tuple[str, ...]:
    """``path::qualified.name`` of the functions that asked: their answers must stay."""
    names: dict[str, None] = {}
    for load in found.loads:
        for place in load.site:
            function = _function(place, program)
            if function is not None and not _is_test(Path(place.path)):
                names[f"{function.module.relative}::{function.qualname}"] = None
                break
    return tuple(names)


def _function(place: Place, program: Program) -> Function | None:
    path = Path(place.path)
    found = program.function_at(path, place.line) if path.is_relative_to(program.root) else None
    plain = found is not None and found.qualname != "<module>" and "<locals>" not in found.qualname
    return found if plain else None


def names_in(node: ast.AST) -> set[str]:
    """Identifiers of an expression."""
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
