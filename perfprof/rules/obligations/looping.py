"""When the loop around a look-up allows to ask before it begins: what the turns write, bind, change and catch."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.hoisting import runs_later
from perfprof.rules.lookups.evidence import runs, standing
from perfprof.rules.obligations.asked_early import keys_known_before, walked_ahead
from perfprof.rules.obligations.proofs import obligation, observed, proved, unproved
from perfprof.rules.reading.deeds import Deed, deeds
from perfprof.rules.reading.effects import hazards
from perfprof.rules.reading.expressions import path_of
from perfprof.rules.reading.hazards import Hazard
from perfprof.rules.reading.names import read_names
from perfprof.rules.rule import Case, Proof
from perfprof.rules.schema.defined import reached

if TYPE_CHECKING:
    from perfprof.rules.lookups.model import Lookup


@obligation
def loop_writes_nothing_it_reads(case: Case) -> Proof:
    """No turn changes what a later one reads."""
    lookup: Lookup = case.suspect.reading
    known = standing(case)
    tables = reached(lookup.query.statement.table_names(), known.texts)
    later = runs_later(lookup.scan, lookup.function) or _walked_by_a_statement(lookup)
    if later is not None:
        return unproved(
            "a generator expression asks when it is walked, perhaps after a write", lookup.function.place(later)
        )
    found = [one for one in deeds(lookup.region, lookup.function, case.program) if one.node is not lookup.call]
    for deed in found:
        problem = "" if _waits(deed, lookup) else _problem(deed, tables)
        if problem:
            return unproved(problem, lookup.function.place(deed.node))
    named = ", ".join(sorted(tables))
    if not found:
        return proved(f"nothing in the loop writes to a database, so {named} stay")
    written = {one.what for one in found if one.kind == "writes"} | _recorded_writes(case)
    unknown = known.unknown({*lookup.query.statement.table_names(), *written}) if written else ""
    if unknown:
        why = f"the loop writes {', '.join(sorted(written))}; whether {unknown} has triggers or cascading keys cannot be told"
        return unproved(f"{why} (give the database with --database)", lookup.function.place(found[0].node))
    return _as_recorded(case, found[0], tables)


def _waits(deed: Deed, lookup: Lookup) -> bool:
    """``await``: what others write meanwhile is as it is with another process; what the awaited call writes is asked apart."""
    awaited = isinstance(deed.node, ast.Await) or isinstance(lookup.function.parents.get(deed.node), ast.Await)
    return deed.kind == "suspends" and (awaited or deed.node is lookup.query.apart)


def _as_recorded(case: Case, unsure: Deed, tables: frozenset[str]) -> Proof:
    """What cannot be read was seen running: which tables did it write?"""
    lookup: Lookup = case.suspect.reading
    where, written = lookup.function.place(unsure.node), _recorded_writes(case) & tables
    if written:
        return unproved(f"the recorded loop writes {', '.join(sorted(written))}", where)
    if not case.executions:
        return unproved(f"`{unsure.what or unsure.kind}` may write, and no run was recorded", where)
    return observed(f"no recorded statement of the loop writes {', '.join(sorted(tables))}", where)


def _walked_by_a_statement(lookup: Lookup) -> ast.AST | None:
    """``for x in (… for y in ys)``: the statement's body runs between two turns of the generator."""
    holder = lookup.loop.holder
    lazy = isinstance(holder, ast.GeneratorExp) and isinstance(lookup.function.parents.get(holder), ast.For)
    return holder if lazy else None


def _problem(deed: Deed, tables: frozenset[str]) -> str:
    table = deed.what.rpartition(".")[2]
    if deed.kind == "writes" and (table in tables or deed.what == "?"):
        return f"the loop writes {table}, which the statement reads"
    if deed.kind == "suspends":
        return "other code runs at `yield` or `await`, and may write"
    return "the loop rolls back, and later turns would read other rows" if deed.kind == "rolls back" else ""


def _recorded_writes(case: Case) -> frozenset[str]:
    """Tables that recorded statements below the loop's lines write."""
    from perfprof.rules.reading.statements import read

    lookup: Lookup = case.suspect.reading
    path, found = os.path.realpath(lookup.function.module.path), set()
    for execution in case.executions:
        if any(frame.path == path and frame.line in lookup.lines for frame in execution.site):
            text = execution.statement.text
            statement = read(text, "sqlite" if "sqlite" in execution.statement.driver else "postgresql")
            if statement.writes:
                found.add(statement.writes.rpartition(".")[2])
    return frozenset(found)


@obligation
def same_connection(case: Case) -> Proof:
    """Every turn asks the same connection."""
    lookup: Lookup = case.suspect.reading
    receiver = lookup.query.receiver
    if isinstance(receiver, ast.Call) and not _is_cursor(receiver):
        why = f"`{lookup.reader.text(receiver)}` may give another connection in each turn"
        return unproved(why, lookup.reader.place(receiver))
    base = lookup.call.func.value if isinstance(lookup.call.func, ast.Attribute) else None
    for path in filter(None, (path_of(one) for one in (base, *_passed(lookup)) if one is not None)):
        place = _rebound(case, path)
        if place:
            return unproved(f"`{'.'.join(path)}` is bound anew in the loop", place)
    return proved("every turn asks the same connection")


def _rebound(case: Case, path: tuple[str, ...]) -> str:
    """Where the loop gives a name or an attribute of this path another value; empty if nowhere."""
    lookup: Lookup = case.suspect.reading
    for hazard in hazards(lookup.region, lookup.function, case.program):
        named = hazard.kind == "rebinds" and hazard.name == path[0] and not _makes_a_cursor(lookup, path[0])
        if named or (hazard.kind == "attribute" and hazard.name in path[1:]):
            return lookup.function.place(hazard.node)
    return ""


def _passed(lookup: Lookup) -> list[ast.expr]:
    """What the helper is given besides the key: the connection, perhaps."""
    return [one for name, one in lookup.given.items() if name != lookup.parameter]


def _is_cursor(node: ast.expr) -> bool:
    plain = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "cursor"
    return plain and path_of(node.func.value) is not None  # type: ignore[attr-defined]  # it is an Attribute here


def _makes_a_cursor(lookup: Lookup, name: str) -> bool:
    """``cur = conn.cursor()`` in the loop: before it, a cursor of the same connection is as good."""
    values = lookup.function.names.values(name)
    return bool(values) and all(_is_cursor(value) for value in values or ())


@obligation
def key_unchanged(case: Case) -> Proof:
    """Keys are the same before the loop and in its turns."""
    lookup: Lookup = case.suspect.reading
    key = _Key.of(lookup)
    unsure = ""
    for hazard in hazards(lookup.region[1:] or lookup.region, lookup.function, case.program):
        where, problem = lookup.function.place(hazard.node), key.changed_by(hazard)
        if problem:
            return unproved(problem, where)
        if hazard.kind == "unknown" and isinstance(hazard.node, ast.Call) and _is_given(hazard.node, key.names):
            unsure = unsure or where
    if unsure:
        return observed("a call that cannot be read is given what the key is read from", unsure)
    return proved("nothing in the loop changes what the key is read from")


@dataclass(frozen=True, slots=True)
class _Key:
    """What a key is read from. private: a comprehension binds its names for itself."""

    names: frozenset[str]
    attributes: frozenset[str]
    items: bool
    private: bool

    @classmethod
    def of(cls, lookup: Lookup) -> _Key:
        nodes = list(ast.walk(lookup.key))
        return cls(
            frozenset(read_names(lookup.key)),
            frozenset(node.attr for node in nodes if isinstance(node, ast.Attribute)),
            any(isinstance(node, ast.Subscript) for node in nodes),
            lookup.loop.holder is not None,
        )

    def changed_by(self, hazard: Hazard) -> str:
        """Why a hazard changes the key; empty if it does not."""
        if hazard.kind == "rebinds":
            bound = hazard.name in self.names and not self.private
            return f"`{hazard.name}` is bound anew in the loop" if bound else ""
        if hazard.kind == "attribute":
            stored = bool(self.attributes) and hazard.name in self.attributes | {"*"}
            return f"`.{hazard.name}`, of which the key is made, is stored in the loop" if stored else ""
        read = hazard.kind == "mutates" and self.items and self._holds(hazard.base)
        return "what the key is read from is changed in the loop" if read else ""

    def _holds(self, base: ast.expr | None) -> bool:
        return base is not None and bool(read_names(base) & self.names)


def _is_given(call: ast.Call, names: frozenset[str]) -> bool:
    """Whether an object that the key is read from is handed over as a whole."""
    given = [*call.args, *(word.value for word in call.keywords)]
    return any(isinstance(one, ast.Name) and one.id in names for one in given)


@obligation
def loop_runs_through(case: Case) -> Proof:
    """The loop looks most keys up."""
    lookup: Lookup = case.suspect.reading
    node = lookup.loop.node
    body = node.body if isinstance(node, ast.For) else []
    leaves = next((one for statement in body for one in _leaving(statement)), None)
    if leaves is None:
        return proved("the loop never stops early")
    walked, seen = case.watched("walked"), runs(case)
    where = lookup.function.place(leaves)
    if walked is not None and walked.count and seen.total * 2 >= walked.total_length:
        return observed("it may stop early, but looked up most keys in the recorded runs", where)
    return unproved("it stops early, so most keys would be looked up in vain", where)


def _leaving(statement: ast.stmt, inner: bool = False) -> Iterator[ast.stmt]:
    """``return`` anywhere, and ``break`` of this loop."""
    if isinstance(statement, (ast.Return, ast.Raise)) or (isinstance(statement, ast.Break) and not inner):
        yield statement
    deeper = inner or isinstance(statement, (ast.For, ast.While))
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.stmt) and not isinstance(child, (ast.FunctionDef, ast.ClassDef)):
            yield from _leaving(child, deeper)


@obligation
def errors_not_caught(case: Case) -> Proof:
    """No turn catches an error of its own query."""
    lookup: Lookup = case.suspect.reading
    node = lookup.function.parents.get(lookup.call)
    while node is not None and node is not lookup.loop.statement:
        if isinstance(node, ast.Try) and node.handlers:
            why = "an error of one key is caught in its turn; it would be an error of all keys"
            return unproved(why, lookup.function.place(node))
        node = lookup.function.parents.get(node)
    return proved("an error of the statement ends the loop as before")


@obligation
def walked_unchanged(case: Case) -> Proof:
    """The loop does not change what it walks, which has an end and does nothing else."""
    lookup: Lookup = case.suspect.reading
    iterable = lookup.loop.iterable
    path = path_of(iterable) if iterable is not None else None
    for hazard in hazards(lookup.region, lookup.function, case.program) if path is not None else ():
        where = lookup.function.place(hazard.node)
        if hazard.kind == "mutates" and hazard.base is not None and path_of(hazard.base) == path:
            return unproved(f"`{'.'.join(path or ())}` is changed while it is walked", where)
    return walked_ahead(case)


@obligation
def helper_only_reads(case: Case) -> Proof:
    """A helper does nothing but look up."""
    lookup: Lookup = case.suspect.reading
    if not lookup.parameter:
        return proved("there is no helper")
    problem = _tail_problem(case, lookup)
    if problem:
        return unproved(problem, lookup.reader.place(lookup.reader.node))
    why = f"`{lookup.reader.qualname}` only makes its answer of the rows; recorded calls went there"
    return observed(why, lookup.reader.place(lookup.reader.node))


_BLOCKS = (ast.For, ast.AsyncFor, ast.While, ast.Try, ast.With, ast.AsyncWith)
_MORE = (*_BLOCKS, ast.Raise, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def _tail_problem(case: Case, lookup: Lookup) -> str:
    helper = lookup.reader
    for node in (one for statement in helper.body for one in ast.walk(statement)):
        if isinstance(node, _MORE):
            return f"`{helper.qualname}` is more than one query and its answer"
    if not isinstance(helper.body[-1], ast.Return):
        return f"`{helper.qualname}` does not end with its answer"
    for hazard in hazards(helper.body, helper, case.program):
        call = hazard.node
        call = call.value if isinstance(call, ast.Await) else call
        if hazard.kind == "rebinds" or (isinstance(call, ast.Call) and _belongs(call, lookup)):
            continue
        return f"`{helper.qualname}` does something else at {helper.place(hazard.node)}"
    return ""


def _belongs(call: ast.Call, lookup: Lookup) -> bool:
    """The query itself: making a cursor, executing, fetching."""
    fetch = lookup.query.fetch.value if isinstance(lookup.query.fetch, ast.Await) else lookup.query.fetch
    return call is lookup.query.call or call is fetch or _is_cursor(call)


BEFORE_THE_LOOP = (
    loop_writes_nothing_it_reads,
    same_connection,
    key_unchanged,
    keys_known_before,
    loop_runs_through,
    errors_not_caught,
    walked_unchanged,
    helper_only_reads,
)
