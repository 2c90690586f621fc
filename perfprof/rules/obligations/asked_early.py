"""When all keys of a look-up can be read before the loop: turns that skip it, and walks that end late or do more."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.lookups.asked_alone import fetched
from perfprof.rules.lookups.batch import Batch
from perfprof.rules.lookups.drivers import computed
from perfprof.rules.lookups.model import derived
from perfprof.rules.lookups.shape import batch_of
from perfprof.rules.obligations.proofs import obligation, observed, proved, unproved
from perfprof.rules.reading.deeds import deeds
from perfprof.rules.reading.expressions import path_of
from perfprof.rules.reading.instances import callee_of
from perfprof.rules.reading.selection import substituted
from perfprof.rules.reading.turns import before_statement, surely
from perfprof.rules.rule import Case, Proof

if TYPE_CHECKING:
    from perfprof.rules.lookups.model import Lookup

_HELD = frozenset(f"builtins.{name}" for name in "list tuple dict set frozenset range str".split())
_HELD |= {f"builtins.dict_{part}" for part in ("keys", "values", "items")}
_LAZY = frozenset(["builtins.generator", "builtins.map", "builtins.filter"])
_TOTAL = frozenset(["str", "repr", "bool"])
_ALIKE = frozenset(["sqlite3.Row", "asyncpg.protocol.record.Record"])


@obligation
def keys_known_before(case: Case) -> Proof:
    """Every key can be read before the loop, also where a turn would not ask for it."""
    lookup: Lookup = case.suspect.reading
    function = lookup.function
    between = before_statement(lookup.loop, function.parents)
    if between is not None:
        return unproved(
            "what it walks is not always walked, or not known before the statement", function.place(between)
        )
    attribute = computed({one.attr for one in ast.walk(lookup.key) if isinstance(one, ast.Attribute)}, case.program)
    if attribute:
        return unproved(
            f"`.{attribute}` is computed when it is read, and would be twice", function.place(lookup.spot)
        )
    own = derived(lookup.loop, function)
    sure = {ast.dump(substituted(one, own)) for one in surely(lookup.loop)}
    asked = ast.dump(substituted(lookup.call, own)) in sure
    if lookup.parameter and not (asked and not leaves_writes(case)) and _fails(case, lookup):
        why = "the helper may fail for a key that a turn skips, or after what earlier turns wrote"
        return unproved(why, lookup.reader.place(lookup.query.call))
    unsure = next((one for one in _needing(lookup.key) if not _safe(one, sure, case)), None)
    if unsure is not None:
        why = f"a turn may skip `{ast.unparse(unsure)}`, which need not be there for all"
        return unproved(why, function.place(lookup.spot))
    if asked:
        return proved("every turn asks for its key")
    return observed("turns that do not ask have such a key as well", function.place(lookup.spot))


def leaves_writes(case: Case) -> bool:
    """Whether a turn leaves something in a database, which an error of a later one does not take back."""
    lookup: Lookup = case.suspect.reading
    return any(one.kind in ("writes", "commits") for one in deeds(lookup.region, lookup.function, case.program))


def _needing(key: ast.expr) -> Iterator[ast.expr]:
    """The parts of a key that may fail."""
    kinds = (ast.Attribute, ast.Subscript, ast.Call, ast.BinOp, ast.UnaryOp, ast.Compare)
    for node in ast.walk(key):
        if isinstance(node, kinds) and not _total(node):
            yield node


def _total(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _TOTAL


def _safe(part: ast.expr, sure: set[str], case: Case) -> bool:
    """Evaluated in each turn anyway, or a column of rows that are all of one query."""
    lookup: Lookup = case.suspect.reading
    if ast.dump(part) in sure:
        return True
    target, value = lookup.loop.target, getattr(part, "value", None)
    if not isinstance(target, ast.Name) or not isinstance(value, ast.Name) or value.id != target.id:
        return False
    if isinstance(part, ast.Attribute):
        return any(said.startswith(f"Attribute(value={ast.dump(value)},") for said in sure)
    return isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Constant) and _rows_of_a_query(case)


def _rows_of_a_query(case: Case) -> bool:
    """Rows of one statement all have the same columns."""
    lookup: Lookup = case.suspect.reading
    seen = case.watched("walked")
    if seen is not None and seen.elements and seen.elements.keys() <= _ALIKE:
        return True
    return fetched(lookup)


def _fails(case: Case, lookup: Lookup) -> bool:
    """Whether what a helper makes of the rows may fail where there are none, or of another kind."""
    found = batch_of(case)
    helper = lookup.reader
    place = next(
        n for n, one in enumerate(helper.body) if any(node is lookup.query.fetch for node in ast.walk(one))
    )
    tail, own = helper.body[place:], set(ast.walk(lookup.query.fetch))
    nodes = [node for one in tail for node in ast.walk(one) if node not in own]
    tests = any(isinstance(node, (ast.If, ast.IfExp, ast.BoolOp)) for node in nodes)
    tests = tests or (isinstance(found, Batch) and found.always)
    for node in nodes:
        item = isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and tests
        if isinstance(node, (ast.Call, ast.Attribute, ast.BinOp, ast.Subscript)) and not item:
            return True
    return False


def walked_ahead(case: Case) -> Proof:
    """Whether what is walked has an end, and walking it does nothing else."""
    lookup: Lookup = case.suspect.reading
    iterable = lookup.loop.iterable
    assert iterable is not None
    where, seen = lookup.function.place(iterable), case.watched("walked")
    types = {name.partition("[")[0] for name in seen.types} if seen is not None else set()
    if types <= _HELD and path_of(iterable) is not None:
        return proved("the loop does not change what it walks, and it is held already")
    if types & _LAZY and not _only_gives(case, iterable):
        return unproved("it is made while it is walked, and that may do something between the turns", where)
    if types <= _HELD or fetched(lookup) or all(name.rpartition(".")[2].endswith("Cursor") for name in types):
        return observed("it is made, and ends, before the first turn", where)
    if _leaves(lookup):
        return unproved("the loop may stop early, and what it walks may have no end", where)
    return observed("every recorded loop walked it to its end", where)


def _only_gives(case: Case, iterable: ast.expr) -> bool:
    """A generator that does nothing but give: its own code is known."""
    lookup: Lookup = case.suspect.reading
    if isinstance(iterable, ast.GeneratorExp):
        return not list(deeds([iterable], lookup.function, case.program))
    made = callee_of(iterable.func, lookup.function, case.program) if isinstance(iterable, ast.Call) else None
    return made is not None and all(one.kind == "suspends" for one in deeds(made.body, made, case.program))


def _leaves(lookup: Lookup) -> bool:
    node = lookup.loop.node
    ways = (ast.Return, ast.Raise, ast.Break)
    return isinstance(node, ast.For) and any(isinstance(one, ways) for part in node.body for one in ast.walk(part))
