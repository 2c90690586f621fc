"""Obligations about the collection: it stays what it is, can be walked again, and is there before the loop."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.hoisting import left_out, there_before
from perfprof.rules.obligations.proofs import guarded, obligation, observed, proved, unproved
from perfprof.rules.reading.expressions import is_builtin, root_name
from perfprof.rules.reading.metaclasses import unhashable_maker
from perfprof.rules.reading.reached import type_at
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.rule import Case, Proof
from perfprof.rules.searching.asked_set import MANY_CALLS
from perfprof.rules.searching.iterators import PLAIN, counts_turns, hidden, unknown_iterables
from perfprof.rules.searching.membership import Membership, starts_empty
from perfprof.rules.searching.narrowing import VIEWS, Narrowing
from perfprof.rules.searching.row_tests import unsure_leaf

if TYPE_CHECKING:
    pass

# Their turns may run what they were made of.
RUNS_CODE = frozenset(
    "builtins." + name
    for name in "generator async_generator coroutine map filter zip enumerate reversed callable_iterator".split()
)
PLAIN_ITERATORS = (
    "builtins.",
    "collections.",
    "_io.",
    "io.",
    "_csv.",
    "csv.",
    "sqlite3.",
    "dict_",
    "_collections",
    "_sqlite3",
)


@obligation
def collection_unchanged(case: Case) -> Proof:
    """The collection stays the same while the loop runs."""
    found = case.suspect.reading
    for number, stable in enumerate(found.stable):
        if stable.inside and _is_a_tuple(case):
            return guarded(f"a test of its exact type: a tuple never changes, whatever is called ({stable.where})")
        if stable.problem:
            return unproved(_of_which(stable.problem, number, case), stable.where)
    for number, base in enumerate(found.bases):
        held = case.watched(f"held{number}")
        if held is not None and held.reads.get("computed"):
            why = f"`{ast.unparse(base)}` is computed (a property or `__getattr__`), perhaps anew in each turn"
            return unproved(why, found.function.place(base))
    for number, base in enumerate(one for stable in found.stable for one in stable.watch):
        seen = case.watched(f"same{number}")
        if seen is None or seen.reads.get("same", 1):
            why = f"`{ast.unparse(base)}` is changed in the loop and may be the collection itself"
            return unproved(why, found.function.place(base))
    if any(stable.watch for stable in found.stable):
        return observed("what the loop changes was never the collection itself in the recorded runs")
    return _of_what_is_read(case)


def _of_which(problem: str, number: int, case: Case) -> str:
    """The problem, in words that name what may change if it is not the collection: what a row's key is read by."""
    found = case.suspect.reading
    also = getattr(found, "also", ())[max(number - len(found.bases), 0) :] if number >= len(found.bases) else ()
    text = (
        f"`{found.function.text(also[0])}`, by which keys are read and which nothing shows to be plain"
        if also
        else ""
    )
    return problem.replace(" may change it:", f" may change {text}:") if text else problem


def _of_what_is_read(case: Case) -> Proof:
    """Where nothing changes it: whether it is itself by its name alone, by a test, or by what runs showed."""
    found = case.suspect.reading
    properties = case.program.properties
    computed = [one for one in found.bases if isinstance(one, ast.Attribute) and one.attr in properties]
    if computed:
        why = f"`{ast.unparse(computed[0])}` was stored in every recorded run; a class has a property of that name"
        return observed(why, found.function.place(computed[0]))
    others = sorted({other for stable in found.stable for other in stable.apart})
    asides = getattr(found, "asides", ())
    if asides:
        where = found.function.place(asides[0])
        return guarded(
            "the set is given up before what may change the list; from there on the list is asked", where
        )
    if others:
        return guarded(f"a test makes sure that it is not {' or '.join(f'`{one}`' for one in others)}")
    return proved("nothing that runs in the loop can change it")


def _is_a_tuple(case: Case) -> bool:
    """Whether a set is made of what was a tuple in every run, so that the rewrite asks for exactly that type."""
    found, seen = case.suspect.reading, case.watched("base0")
    if not isinstance(found, Membership) or len(found.stable) > 1 or found.appends:
        return False
    if type_at(found.bases[0], found.hoist.statement, found.function) == "list":  # then no test is written
        return False
    return seen is not None and set(seen.types) == {"builtins.tuple"}


@obligation
def loops_run_no_code(case: Case) -> Proof:
    """The loops around it walk plain containers."""
    found = case.suspect.reading
    if hidden(found):
        return proved("nobody outside of the function can reach the collection, whatever the loops run")
    guarded_ones: list[str] = []
    watched: list[str] = []
    for name, one, named in unknown_iterables(found):
        seen, text = case.watched(name), f"`{found.function.text(one)}`"
        if seen is not None and seen.types and not all(_plain_iterator(kind) for kind in seen.types):
            why = f"{text} was a {guards.readable(seen.types)}, whose code runs in each turn"
            return unproved(why, found.function.place(one))
        testable = named and not getattr(found, "appends", ()) and (seen is None or set(seen.types) <= set(PLAIN))
        (guarded_ones if testable else watched).append(text)
    if watched:
        return observed(f"{', '.join(watched)} was a plain container in every recorded run")
    if guarded_ones:
        return guarded(f"a test of the exact type of {', '.join(guarded_ones)}: a generator is walked as before")
    return proved("the loops around it count, or walk what was made here")


def _plain_iterator(name: str) -> bool:
    return name.startswith(PLAIN_ITERATORS) and name not in RUNS_CODE


@obligation
def walked_again(case: Case) -> Proof:
    """The collection can be walked again and again."""
    found: Narrowing = case.suspect.reading
    unlike = _rows_unlike(case)
    if unlike:
        return unproved(unlike, found.function.place(found.walked))
    unsure = unsure_leaf(case, found)
    if unsure is not None:
        why = f"`{ast.unparse(unsure)}` may fail for a row that the loop does not reach"
        return unproved(why, found.function.place(found.walked))
    if found.unpacked is None and all(
        builtin_type(base, found.function) in {"list", "tuple"} for base in found.bases
    ):
        return proved("it is a list or a tuple, which can be walked any number of times")
    for number, base in enumerate(found.bases):
        seen = case.watched(f"base{number}")
        types = set(seen.types) if seen is not None else set()
        fails = number == 0 and _fails_for_some(found, types)  # the others hold it
        if types and (fails or guards.is_collection("it", types, guards.ROWS) is None):
            why = f"`{found.function.text(base)}` was a {guards.readable(types)}"
            return unproved(why, found.function.place(base))
    rows = f"; each row must be a tuple of {found.unpacked}" if found.unpacked else ""
    return guarded(f"a test of its exact type: a generator or an own class is walked as before{rows}")


def _fails_for_some(found: Narrowing, types: set[str]) -> bool:
    """Whether walking it so fails for objects of some of these types: ``.items()`` of lists, parts and positions of dicts."""
    walked = found.walked
    dicts = {one for one in types if one.lower().endswith(("dict", "counter"))}
    if isinstance(walked, ast.Call) and isinstance(walked.func, ast.Attribute) and walked.func.attr in VIEWS:
        return dicts != types
    counted = isinstance(walked, ast.Call) and isinstance(walked.func, ast.Name) and walked.func.id == "range"
    return bool(dicts) and (counted or found.stretch is not None or isinstance(walked, ast.Subscript))


def _rows_unlike(case: Case) -> str:
    """Why unpacking a row might fail or run code; empty if a test of the rows tells that it does not."""
    found: Narrowing = case.suspect.reading
    if found.unpacked == 0:
        return "its rows are unpacked, which may fail for one that the loop does not reach"
    seen = case.watched("base0")
    for name in seen.elements if seen is not None and found.unpacked is not None else ():
        items = name.count(",") + 1 if "[" in name else found.unpacked
        if not name.startswith("builtins.tuple") or items != found.unpacked:
            return f"its rows are unpacked, and one was a {guards.readable([name])}"
    return ""


@obligation
def index_has_a_place(case: Case) -> Proof:
    """What is built can be built before the loop."""
    found = case.suspect.reading
    statement, function = found.hoist.statement, found.function
    line = function.module.raw_lines[statement.lineno - 1]
    above = function.module.raw_lines[statement.lineno - 2] if statement.lineno > 1 else b""
    if line[: statement.col_offset].strip() or line.lstrip().startswith(b"elif") or above.endswith(b"\\"):
        return unproved("the loop does not begin a line of its own", function.place(statement))
    others = [ast.parse(other, mode="eval").body for stable in found.stable for other in stable.apart]
    for base in (*found.bases, *getattr(found, "also", ()), *others):
        root = root_name(base) or ""
        if not there_before(root, statement, function):
            return unproved(f"`{root}` may not have a value before the loop", function.place(statement))
    other = left_out(found.hoist, found.bases, function)
    if other is not None:
        test = function.text(other.test)
        return unproved(
            f"it would be built whatever `{test}` is, and is wanted in one branch", function.place(other)
        )
    anew = _made_anew(case)
    if anew:
        return unproved(anew, function.place(statement))
    return proved("what it is made of has its value before the loop begins", function.place(statement))


def _made_anew(case: Case) -> str:
    """Why a set belongs into the caller: each of many calls is given a list, and asks it a few times; no guard can count them."""
    found, entry, listed = case.suspect.reading, case.watched("entry"), case.watched("base0")
    if (
        not isinstance(found, Membership)
        or found.appends
        or entry is None
        or listed is None
        or found.inlined is not None
    ):
        return ""
    given = isinstance(found.scan.subject, ast.Name) and found.scan.subject.id in found.function.parameters
    rounds = listed.count / max(entry.count, 1)
    within = found.hoist is not found.scan.around[0]  # in a loop that makes it anew: no caller has that list
    if not given or within or entry.count < MANY_CALLS or rounds >= MANY_CALLS or counts_turns(case, found):
        return ""
    what = f"`{found.function.text(found.scan.subject)}` is given to {entry.count:,} calls, each asks it {rounds:,.0f} times"
    return f"{what}: a set of it belongs into the caller"


@obligation
def is_a_list(case: Case) -> Proof:
    """What is asked is a list or a tuple."""
    found = case.suspect.reading
    base = found.bases[0]
    if type_at(base, found.hoist.statement, found.function) in {"list", "tuple"}:
        return proved("it is made as a list or a tuple in this function")
    if isinstance(found, Membership) and found.appends and starts_empty(found):
        return proved("it is made in this function, and only gets more elements")
    seen = case.watched("base0")
    if seen is not None and seen.types and not set(seen.types) <= set(guards.LISTS):
        why = f"`{found.function.text(base)}` was a {guards.readable(seen.types)}"
        return unproved(why, found.function.place(base))
    return guarded("a test of its exact type: anything else is asked as before")


@obligation
def builtins_are_builtin(case: Case) -> Proof:
    """`type`, `all` … mean the builtins."""
    found = case.suspect.reading
    seen = [one for key, one in case.seen.items() if key.startswith(case.suspect.finding.id)]
    named = [name for one in seen for name in (*one.types, *one.elements)]
    used = EMITTED | {"object"} if guards.SENTINEL in named or any(map(guards.is_own, named)) else EMITTED
    shadowed = sorted(one for one in used if not is_builtin(one, found.function))
    if shadowed:
        return unproved(f"`{shadowed[0]}` has another meaning in this file")
    name = unhashable_maker(case.program)
    if name is not None:
        return unproved(f"classes that `{name}` makes are equal in a way of their own, and guards compare classes")
    if found.function.names.dynamic:
        return unproved("names are reached by text (`exec`, `locals()` …)")
    return proved("no builtin that the new code uses is bound in this file")


EMITTED = frozenset(
    "type set map all getattr int str bytes bool float list tuple dict len frozenset zip range reversed enumerate".split()
)
