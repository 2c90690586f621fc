"""How a look-up is batched, decided from what was observed: the statement, and how a row tells its key and keeps its shape."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from perfprof.rules import guards
from perfprof.rules.lookups.batch import Batch, Mode
from perfprof.rules.lookups.drivers import changes_text, converts, named_by_columns
from perfprof.rules.lookups.statement import batch
from perfprof.rules.reading.definitions import declared_type, gives_numbers
from perfprof.rules.reading.rows import Use, uses
from perfprof.rules.schema.workload import definitions

if TYPE_CHECKING:
    from perfprof.rules.lookups.model import Lookup
    from perfprof.rules.rule import Case

INTEGERS = frozenset(["builtins.int", "builtins.NoneType"])
TEXTS = INTEGERS | {"builtins.str"}
# PostgreSQL's: equal in Python means one value for the driver. Text may compare by a collation, so it is not alone.
ARRAYS = {"builtins.int": "bigint", "uuid.UUID": "uuid"}
NUMBERED = frozenset(["builtins.str", "datetime.date"])
ROWS = {"builtins.tuple": "tuple", "builtins.dict": "dict", "sqlite3.Row": "row"}
_MUTABLE = frozenset(["builtins.list", "builtins.dict", "builtins.set", "builtins.bytearray"])
_BY_NAME: frozenset[Use] = frozenset(["name", "mapping", "attribute", "escape", "changed"])
_BY_POSITION: frozenset[Use] = frozenset(["index", "unpack", "sequence", "end"])


@dataclass(frozen=True, slots=True)
class Shape:
    """How a fetched row gives its key, and what of it is kept. Both are expressions of ``{row}`` and the asked ``{part}``.

    problem: why the added column of the key would be noticed, or the key not be found; empty if neither.
    """

    key: str = ""
    kept: str = "{row}"
    problem: str = ""
    why: str = ""


def mode_of(case: Case) -> Mode | None:
    """By the types of the keys; None if there is one whose comparison in SQL is not Python's."""
    lookup: Lookup = case.suspect.reading
    types = key_types(case)
    if lookup.query.dialect == "postgresql":
        (kind,) = types if len(types) == 1 else ("",)
        return "any" if kind in ARRAYS else "numbered" if kind in NUMBERED else None
    if not types or not types <= TEXTS or ("builtins.str" in types and changes_text(case.program)):
        return None
    plain = types <= INTEGERS and gives_numbers(declared(case)) and not converts(case.program)
    return "in" if plain else "values"


def declared(case: Case) -> str:
    """The type of the key's column, if the run created the table."""
    lookup: Lookup = case.suspect.reading
    owner = lookup.use.column.table
    tables = [use.name for use in lookup.query.statement.tables if owner in ("", use.alias, use.name)]
    found = (declared_type(definitions(case.executions), table, lookup.use.column.name) for table in tables)
    return next(filter(None, found), "")


def key_types(case: Case) -> frozenset[str]:
    """The types of the keys, None aside: it equals nothing in SQL."""
    return frozenset(_types(case) - {"builtins.NoneType"})


def _types(case: Case) -> set[str]:
    seen = case.watched("key")
    return set(seen.types) if seen is not None else set()


def batch_of(case: Case) -> Batch | str:
    """The statement, or why there is none."""
    mode = mode_of(case)
    if mode is None:
        return "keys are of other types than int and str"
    return batch(
        case.suspect.reading, mode, next((ARRAYS[one] for one in key_types(case) if one in ARRAYS), "bigint")
    )


def row_kinds(case: Case) -> frozenset[str]:
    """What rows were: "tuple", "dict", "row" (sqlite3.Row), or the name of another type. Empty if not seen."""
    seen = case.watched("row")
    if seen is None:
        return frozenset()
    lookup: Lookup = case.suspect.reading
    types = seen.elements or ({} if lookup.query.how == "all" else seen.types)
    return frozenset(_kind(name) for name in types if name != "builtins.NoneType")


def mutable_values(case: Case) -> frozenset[str]:
    """Types of values in the rows that were seen, where code that gets hold of one may change it: arrays, JSON."""
    seen = case.watched("row")
    names = [] if seen is None else [*seen.types, *seen.elements]
    inside = (name.partition("[")[2].rstrip("]").split(",") for name in names if name.startswith(guards.TUPLE))
    values = {value for one in inside for value in one}
    return frozenset(value for value in values if value.partition("[")[0] in _MUTABLE)


def _kind(name: str) -> str:
    name = name.partition("[")[0]
    return "row" if name.startswith("asyncpg.") and name.endswith(".Record") else ROWS.get(name, name)


def row_uses(lookup: Lookup) -> frozenset[Use]:
    """How the code that fetches a row uses it."""
    return uses(lookup.query.fetch, lookup.reader, many=lookup.query.how in ("all", "each"))


def shape(case: Case) -> Shape:
    """How rows of the batch are told apart, and given on as they were."""
    found = batch_of(case)
    if isinstance(found, str):
        return Shape(problem=found)
    lookup: Lookup = case.suspect.reading
    if lookup.query.how == "value":
        return _first_column(found)
    kinds, used = row_kinds(case), row_uses(lookup)
    access = _access(kinds, used, found)
    if not access:
        return Shape(problem="how rows give their columns was not observed")
    if "dict" in kinds and not named_by_columns(case.program):
        return Shape(
            problem="the project makes rows of its own, which may not name their columns as the statement does"
        )
    if _renamed(lookup, found) and kinds - {"tuple"} and ("dict" in kinds or used & _BY_NAME):
        return Shape(problem="its value has no name of its own, and would have another one in a row")
    if found.extra:
        kept = _with_extra(kinds, used, access, found)
        return replace(kept, key=f"{{part}}[{kept.key}]") if found.mode == "numbered" else kept
    key = f"{{row}}[{found.column!r}]" if access == "name" else f"{{row}}[{found.position}]"
    return Shape(key, why="the key is among the columns of the row, which stays as it is")


def _renamed(lookup: Lookup, found: Batch) -> bool:
    """SQLite calls a column that has no alias by the text of its expression, which becomes a subquery."""
    bare = not all(lookup.query.statement.selected)
    return found.always and lookup.query.dialect == "sqlite" and bare


def _first_column(found: Batch) -> Shape:
    """``fetchval`` gives no rows; the batch does."""
    if not found.extra and found.position < 0:
        return Shape(problem="`*` does not tell where the key stands")
    key = "{row}[-1]" if found.extra else f"{{row}}[{found.position}]"
    key = f"{{part}}[{key}]" if found.mode == "numbered" else key
    return Shape(key, "{row}[0]", why="only the first column of a row is kept")


def _with_extra(kinds: frozenset[str], used: frozenset[Use], access: str, found: Batch) -> Shape:
    """The key is one more column at the end: not noticed, cut off, or taken out."""
    noticed = sorted(used - {"name", "index", "rows"})
    if not noticed:
        key = f"{{row}}[{found.column!r}]" if access == "name" else "{row}[-1]"
        return Shape(key, why="rows are only read by column, so one more at the end is not noticed")
    sliced = access == "position" and used <= _BY_POSITION and kinds <= {"tuple", "row"}
    if kinds == {"tuple"} or sliced:
        return Shape("{row}[-1]", "{row}[:-1]", why="the key's column is cut off again")
    if kinds == {"dict"}:
        return Shape(f"{{row}}.pop({found.column!r})", why="the key's column is taken out again")
    return Shape(problem=f"the row is used as a whole ({', '.join(noticed)}), and it has one more column now")


def _access(kinds: frozenset[str], used: frozenset[Use], found: Batch) -> Literal["name", "position", ""]:
    """By name or by position, as the rows allow and the code prefers."""
    if not kinds <= {"row", "dict", "tuple"}:
        return ""
    can_name, can_place = "tuple" not in kinds, "dict" not in kinds and (found.extra or found.position >= 0)
    if can_place and (kinds == {"tuple"} or _BY_POSITION & used):
        return "position"
    return "name" if can_name and (kinds or {"name", "mapping"} & used) else ""
