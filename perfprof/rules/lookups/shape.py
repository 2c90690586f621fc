"""How a look-up is batched, decided from what was observed: the statement, and how a row tells its key and keeps its shape."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from perfprof.rules import guards
from perfprof.rules.lookups.batch import Batch, Mode
from perfprof.rules.lookups.drivers import converts, named_by_columns
from perfprof.rules.lookups.evidence import standing
from perfprof.rules.lookups.statement import batch
from perfprof.rules.reading.definitions import declared_type, gives_numbers
from perfprof.rules.reading.rows import Use, uses

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
_READ = frozenset(ROWS.values())
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


def modes_of(case: Case) -> tuple[Mode, ...]:
    """By the types of the keys, the better one first; none if there is one whose comparison in SQL is not known."""
    lookup: Lookup = case.suspect.reading
    types = key_types(case)
    if lookup.query.dialect == "postgresql":
        (kind,) = types if len(types) == 1 else ("",)
        return ("any",) if kind in ARRAYS else ("numbered",) if kind in NUMBERED else ()
    if not types or not types <= TEXTS:
        return ()
    alike = types <= INTEGERS and holds_numbers(case) and not converts(case.program)
    return ("numbered", "in") if alike else ("numbered",)


def holds_numbers(case: Case) -> bool:
    """Whether SQLite turns whatever the column is compared with into a number, if it looks like one."""
    return gives_numbers(declared(case))


def declared(case: Case) -> str:
    """The type of the key's column, if the table's definition is known."""
    lookup: Lookup = case.suspect.reading
    owner = lookup.use.column.table
    tables = [use.name for use in lookup.query.statement.tables if owner in ("", use.alias, use.name)]
    known = standing(case).best
    found = (declared_type(known, table, lookup.use.column.name) for table in tables)
    return next(filter(None, found), "")


def key_types(case: Case) -> frozenset[str]:
    """The types of the keys, None aside: it equals nothing in SQL."""
    return types_with_none(case) - {"builtins.NoneType"}


def types_with_none(case: Case) -> frozenset[str]:
    """The types of what was seen as keys."""
    seen = case.watched("key")
    return frozenset(seen.types) if seen is not None else frozenset()


def batch_of(case: Case) -> Batch | str:
    """The statement, or why there is none: the first one whose rows can be given on as they were, if there is one."""
    array = next((ARRAYS[one] for one in key_types(case) if one in ARRAYS), "bigint")
    found = [batch(case.suspect.reading, mode, array) for mode in modes_of(case)]
    fit = (one for one in found if not isinstance(one, str) and not _shape(case, one).problem)
    return next(fit, found[0] if found else "keys are of other types than int and str")


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
    return Shape(problem=found) if isinstance(found, str) else _shape(case, found)


def _shape(case: Case, found: Batch) -> Shape:
    lookup: Lookup = case.suspect.reading
    if lookup.query.how == "value":
        return _first_column(found)
    kinds, used = row_kinds(case), row_uses(lookup)
    access = _access(kinds, used, lookup, found)
    problem = "" if access else "how rows give their columns was not observed"
    problem = problem or _misnamed(case, found)
    if problem:
        return Shape(problem=problem)
    if found.extra:
        kept = _with_extra(kinds, used, access, found)
        return replace(kept, key=f"{{part}}[{kept.key}]") if found.mode == "numbered" else kept
    key = f"{{row}}[{found.column!r}]" if access == "name" else f"{{row}}[{found.position}]"
    return Shape(key, why="the key is among the columns of the row, which stays as it is")


def _misnamed(case: Case, found: Batch) -> str:
    """Why names of columns would not be what they were.

    SQLite calls a column that has no alias by the text of its expression, which becomes a subquery.
    """
    lookup: Lookup = case.suspect.reading
    kinds = row_kinds(case)
    if "dict" in kinds and not named_by_columns(case.program):
        return "the project makes rows of its own, which may not name their columns as the statement does"
    bare = found.always and lookup.query.dialect == "sqlite" and not all(lookup.query.statement.selected)
    named = "dict" in kinds or (kinds - {"tuple"} and row_uses(lookup) & _BY_NAME)
    return "its value has no name of its own, and would have another one in a row" if bare and named else ""


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


def _access(
    kinds: frozenset[str], used: frozenset[Use], lookup: Lookup, found: Batch
) -> Literal["name", "position", ""]:
    """By name or by position, as the rows allow and the code prefers."""
    if not kinds <= _READ:
        return ""
    star = found.extra and "*" in lookup.query.statement.selected  # which may give a column of the key's name
    placed = bool(kinds) if star else kinds == {"tuple"} or bool(_BY_POSITION & used)
    if placed and "dict" not in kinds and (found.extra or found.position >= 0):
        return "position"
    return "name" if not star and _by_name(kinds, used) else ""


def _by_name(kinds: frozenset[str], used: frozenset[Use]) -> bool:
    return "tuple" not in kinds and bool(kinds or {"name", "mapping"} & used)
