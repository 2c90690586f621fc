"""Why an option of the query does not take the loads' place: one check for each obligation, empty if nothing speaks against it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules.eager.model import Eager, is_joined

if TYPE_CHECKING:
    from perfprof.profilers.parts.loads import Load, Place
    from perfprof.rules.eager.places import Spot

PARAMETERS = 10_000  # keys that one statement of a prefetch may hold; drivers end between 30,000 and 250,000
FEW = 0.3  # the part of the objects that must ask at least
UNLIKE = {
    "narrowed": "the related class's base manager narrows or changes what is found, which a join would not",
    "elsewhere": "the related rows come from another database, to which there is no join",
    "subclass": "the objects are not of the class that was asked for, and the relation may not be that class's",
    "unconstrained": "the database does not see to it that the related row is there: a join would lose what has none",
    "generic": "a generic relation leads to several classes, of which not all need have this relation",
}


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
    if found.anew is not None:
        return ""
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
    model = load.model.rpartition(".")[2]
    return f"no line is known that makes the query of these {model} objects: there, {_options(found)} would bring them along"


def _options(found: Eager) -> str:
    """What the query would have to be given, as source."""
    if found.orm == "sqlalchemy":
        return f"selectinload of {', '.join(found.paths)}"
    given = {"select_related": found.joined, "prefetch_related": found.beside}
    return " and ".join(f"{name}({', '.join(map(_quoted, paths))})" for name, paths in given.items() if paths)


def _quoted(path: str) -> str:
    return f'"{path}"'


def refused(found: Eager, load: Load) -> str:
    """Why this query does not take the option."""
    features = set(load.features)
    if load.orm == "sqlalchemy":
        return _refused_by_select(found, load, features)
    if "combined" in features:
        return "a union, intersection or difference takes no related objects"
    if "cache" in found.later:
        return "it is kept in a cache, where what it brings along would grow old"
    if "prefetch_related" in found.later:
        return "the relation that it starts from is prefetched elsewhere, and an option would ask past that"
    if not is_joined(load):
        return _refused_beside(found, load, features) or _refused_anew(found, load, features)
    reasons = {
        "for update": "the join would lock the related rows as well",
        "only": "`only()` or `defer()` names the columns; those of the related table would have to be named, too",
        "distinct": "DISTINCT would compare the related columns as well",
        "raw": "it has SQL of its own, whose columns a join could make ambiguous",
        "all related": "`select_related()` follows every key, and named ones would take its place",
    }
    if {"sliced", "unordered"} <= features:
        return "a slice without an order takes any rows, and with a join perhaps others"
    later = sorted(found.later - {"iterator", "aiterator", "Prefetch", "__dict__"})
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
    if "__dict__" in found.later:
        return "the code reads `__dict__`, where what is fetched beside appears"
    if found.later & {"union", "intersection", "difference"}:
        return "a union, intersection or difference takes no related objects"
    if load.peers > PARAMETERS:
        return f"{load.peers:,} objects at once: more keys than one statement should hold, and all in memory"
    return ""


def _refused_anew(found: Eager, load: Load, features: set[str]) -> str:
    """Why the query cannot tell along what is asked anew."""
    if found.anew is None or found.anew.kind == "rows":
        return ""
    wrong = features & {"annotated", "distinct", "for update"}
    if found.anew.kind == "count":
        wrong |= features & {
            "joined",
            "unordered",
            "multiplied",
        }  # rows would be multiplied, or come in another order
    return f"the query is {sorted(wrong)[0]}, and a {found.anew.kind} in it would not be the same" if wrong else ""


def _refused_by_select(found: Eager, load: Load, features: set[str]) -> str:
    if f"told {load.path}" in features:
        return f"an option of the statement says already how `{load.path}` is loaded"
    if "__dict__" in found.later:
        return "the code reads `__dict__`, where what is loaded appears"
    if "columns" in found.later:
        return "the same statement is asked for columns elsewhere, where an option has no place"
    if found.otherwise:
        return found.otherwise
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
    if found.touched:
        return f"{found.touched} may change what is loaded, in a branch that no recorded run took"
    return ""


def unused(found: Eager, load: Load) -> str:
    """Why what is loaded might not be asked for."""
    most = min(load.most, load.keys) if load.kind == "many" else load.most
    if most < FEW * load.peers:
        return f"only {most} of {load.peers} objects ask for `{load.path}`"
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
    return "" if is_joined(load) else _in_vain(found, load, found.spot)


def _in_vain(found: Eager, load: Load, spot: Spot) -> str:
    """Whether single objects from there cost more, by a query that nobody asked for, than the lists save."""
    mine = [one for one in found.loads if one.path == load.path]
    alone: dict[int, int] = {}
    for one in mine:
        alone[one.process] = max([alone.get(one.process, 0), *(place.alone for place in _near(one, spot))])
    idle = sum(alone.values()) - found.alone.get(load.path, 0)
    if idle > sum(one.count - one.batches for one in mine):
        return (
            f"{idle} single objects from there are not asked for `{load.path}`, and each would cost one query more"
        )
    return ""


def _fetches(load: Load, spot: Spot) -> int:
    """How often the expression fetched several objects in that process."""
    return max((one.fetches for one in _near(load, spot)), default=0)


def _near(load: Load, spot: Spot) -> list[Place]:
    """The recorded places that are the expression, or part of it.

    Columns tell it from what else is fetched on its lines: the rows of a relation, in a comprehension around it.
    """
    path, node = str(spot.function.module.path), spot.node
    first, last = node.lineno, node.end_lineno or node.lineno
    places = (one for step in (*load.origin, load.started) for one in step if one.path == path)
    near = [one for one in places if first <= one.line <= last]
    return _own(near, node) or near


def _own(places: list[Place], node: ast.expr) -> list[Place]:
    return [one for one in places if _within(one, node)]


def _within(place: Place, node: ast.expr) -> bool:
    """Whether what ran is the expression, or a part of it."""
    if place.column < 0:
        return False
    start, end = (place.line, place.column), (place.end_line, place.end_column)
    ends = (node.end_lineno or node.lineno, node.end_col_offset or 0)
    return (node.lineno, node.col_offset) <= start and end <= ends


CHECKS = {
    "read-as-a-whole": not_whole,
    "query-is-ours": no_origin,
    "query-takes-it": refused,
    "written-by-nobody": written,
    "asked-for-afterwards": unused,
}
