"""When the loop around a look-up allows to ask before it begins: what the turns bind, change and catch."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.lookups.evidence import runs
from perfprof.rules.lookups.failing import may_fail
from perfprof.rules.obligations.asked_early import keys_known_before, leaves_writes, walked_ahead
from perfprof.rules.obligations.loop_writes import loop_writes_nothing_it_reads
from perfprof.rules.obligations.proofs import obligation, observed, proved, unproved
from perfprof.rules.reading.effects import hazards
from perfprof.rules.reading.expressions import path_of
from perfprof.rules.reading.hazards import Hazard
from perfprof.rules.reading.names import read_names
from perfprof.rules.rule import Case, Proof

if TYPE_CHECKING:
    from perfprof.rules.lookups.model import Lookup


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
    """No turn catches an error of its own query, and none is caught behind the loop with what earlier turns did."""
    lookup: Lookup = case.suspect.reading
    catching = list(_catching(lookup.call, lookup))
    inside = next((one for one in catching if lookup.loop.statement in _above(one, lookup)), None)
    if inside is not None:
        why = "an error of one key is caught in its turn; it would be an error of all keys"
        return unproved(why, lookup.function.place(inside))
    fails = may_fail(case) if catching or leaves_writes(case) else ""
    if fails:
        why = f"{fails} may fail for one key, after earlier turns have left something; all keys are asked before the first"
        return unproved(why, lookup.reader.place(lookup.query.call))
    return proved("an error of the statement ends the loop as before")


def _above(node: ast.AST, lookup: Lookup) -> Iterator[ast.AST]:
    """What stands around a node in the loop's function, from the inside out."""
    above = lookup.function.parents.get(node)
    while above is not None:
        yield above
        above = lookup.function.parents.get(above)


def _catching(node: ast.AST, lookup: Lookup) -> Iterator[ast.AST]:
    """Whatever may go on after an error: ``try`` with handlers, ``with suppress(…)``."""
    for one in _above(node, lookup):
        suppresses = isinstance(one, (ast.With, ast.AsyncWith)) and any(
            "suppress" in ast.unparse(item.context_expr) or "raises" in ast.unparse(item.context_expr)
            for item in one.items
        )
        if suppresses or (isinstance(one, ast.Try) and (one.handlers or _returns(one.finalbody))):
            yield one


def _returns(block: list[ast.stmt]) -> bool:
    return any(isinstance(one, (ast.Return, ast.Break, ast.Continue)) for top in block for one in ast.walk(top))


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
