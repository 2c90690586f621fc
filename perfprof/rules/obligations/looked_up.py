"""When looking all keys up at once gives the same rows: the statement, the keys, and what becomes of the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.lookups.asked_alone import guarded_types, unguardable
from perfprof.rules.lookups.evidence import runs, standing
from perfprof.rules.lookups.shape import batch_of, declared, modes_of, mutable_values, row_kinds, row_uses, shape
from perfprof.rules.obligations.proofs import guarded, obligation, observed, proved, unproved
from perfprof.rules.reading.rows import uses
from perfprof.rules.rule import Case, Proof
from perfprof.rules.schema.defined import tells_rows_apart

if TYPE_CHECKING:
    from perfprof.rules.lookups.model import Lookup

_IMMUTABLE = frozenset(["tuple", "row"])


@obligation
def plain_look_up(case: Case) -> Proof:
    """The statement gives the rows of one key."""
    lookup: Lookup = case.suspect.reading
    where = lookup.reader.place(lookup.query.call)
    found = batch_of(case)
    limited = lookup.query.statement.complex in LIMITS
    if isinstance(found, str) and modes_of(case) and not limited:
        return unproved(found, where)
    unsure = standing(case).unsure(lookup.query.statement.table_names(), lookup.query.dialect)
    if unsure:
        return unproved(f"a view calls {unsure}(), which may do something or answer otherwise each time", where)
    if not isinstance(found, str) and found.why:
        return observed(f"{found.why}, so what it counts and where it ends is the same", where)
    if any(use.how == "order" for use in lookup.query.statement.uses):
        return proved("it gives columns of the rows with that key, in the order that it asks for", where)
    return observed("it gives columns of the rows with that key, in an order that is open before and after", where)


LIMITS = ("it has LIMIT", "it has OFFSET")


@obligation
def no_limit_per_key(case: Case) -> Proof:
    """LIMIT counts the rows of each key, as before."""
    lookup: Lookup = case.suspect.reading
    if lookup.query.statement.complex not in LIMITS:
        return proved("every row of a key is wanted, or its first one")
    found, where = batch_of(case), lookup.reader.place(lookup.query.call)
    if isinstance(found, str) and modes_of(case):
        return unproved(f"LIMIT would count the rows of all keys together: {found}", where)
    if lookup.query.dialect == "sqlite" and not _ordered_apart(case):
        return unproved(
            "its order may leave rows level, or the table's rows have no number: others could be chosen", where
        )
    return observed(
        "it is asked for each key inside the database; rows that tie in its order may change places", where
    )


def _ordered_apart(case: Case) -> bool:
    """Whether the key and the columns of the order tell rows apart, so that the first ones are the same in any plan."""
    lookup: Lookup = case.suspect.reading
    statement = lookup.query.statement
    told = [use.column.name for use in statement.uses if use.how == "order" and not use.wrapped]
    names = [table.name for table in statement.tables]
    return len(names) == 1 and tells_rows_apart(names[0], [lookup.use.column.name, *told], standing(case).best)


@obligation
def keys_compare_alike(case: Case) -> Proof:
    """Keys are equal in SQL when they are equal in Python."""
    lookup: Lookup = case.suspect.reading
    seen, where = case.watched("key"), lookup.function.place(lookup.spot)
    types = guards.readable(seen.types) if seen is not None and seen.types else ""
    if not modes_of(case):
        unlike = f"keys are {types}: whether SQL compares them as Python does is not known"
        return unproved(unlike if types else "no key was seen", where)
    problem = unguardable(case)
    if problem:
        return unproved(problem, where)
    if guarded_types(case):
        return guarded(f"every key was {types}; one of another type is asked for alone, as before", where)
    column = f"{lookup.subject.partition(' ')[0]}.{lookup.use.column.name}"
    known = f"{column} is declared {declared(case)}, for which numbers are equal when they are in Python"
    return observed(f"rows bring the place of the key that SQL found them by; {known}", where)


@obligation
def rows_keep_their_shape(case: Case) -> Proof:
    """Nobody sees that rows bring their key."""
    lookup: Lookup = case.suspect.reading
    where = lookup.reader.place(lookup.query.fetch)
    if not modes_of(case):
        return observed("it is not asked, since keys cannot be batched", where)
    if isinstance(batch_of(case), str):
        return observed("it is not asked, since the statement cannot be batched", where)
    found = shape(case)
    if found.problem:
        return unproved(found.problem, where)
    return observed(found.why, where) if row_kinds(case) else proved(found.why, where)


@obligation
def answers_not_shared(case: Case) -> Proof:
    """Nobody changes an answer that turns share."""
    lookup: Lookup = case.suspect.reading
    where = lookup.function.place(lookup.answer)
    mutable = mutable_values(case)
    if mutable and not runs(case).distinct:
        what = guards.readable(mutable)
        return unproved(
            f"rows hold values that can be changed ({what}), and turns with the same key would share them", where
        )
    if lookup.parameter:
        used = uses(lookup.answer, lookup.function, many=False)
        seen = case.watched("answer")
        if seen is not None and seen.types and set(seen.types) <= guards.FLAT.keys():
            return observed(f"answers are {guards.readable(seen.types)}, which nobody can change", where)
    else:
        used = row_uses(lookup) - {"rows"}
        if row_kinds(case) and row_kinds(case) <= (
            guards.FLAT.keys() if lookup.query.how == "value" else _IMMUTABLE
        ):
            return observed("what comes back cannot be changed", where)
    if not used & {"changed", "escape"}:
        return proved("the loop only reads what was looked up, and keeps none of it", where)
    if runs(case).distinct:
        return observed("no key came twice in any recorded loop", where)
    return unproved("what was looked up is kept or changed, and turns with the same key would share it", where)
