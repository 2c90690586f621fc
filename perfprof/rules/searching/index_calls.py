"""Positions through a call: a function that does nothing but give the place of what it is asked for, called in a loop.

    def place_of(names, wanted):                 place = (
        if wanted in names:                          names_positions.get(wanted, -1)
            return names.index(wanted)               if names_positions and type(wanted) is str
        return -1                                    else place_of(names, wanted)
                                                 )

The dict is made before the loop, of the list that the call would walk; what a guard does not know goes through the call.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from perfprof.rules import guards
from perfprof.rules.reading.callees import is_generator
from perfprof.rules.reading.expressions import is_builtin, path_of, reads_only
from perfprof.rules.reading.repeats import all_scans
from perfprof.rules.reading.searches import is_plain_default
from perfprof.rules.rule import Case, Rewrite
from perfprof.rules.searching import list_answers
from perfprof.rules.searching.asked_set import read_once
from perfprof.rules.searching.indexing import at, fitted, in_place, in_style
from perfprof.rules.searching.inlining import in_class_body, may_be_own
from perfprof.rules.searching.iterators import FEW_POSITIONS
from perfprof.rules.searching.membership import Membership
from perfprof.rules.searching.membership_calls import Asks, asked_through, callee_of
from perfprof.rules.searching.positions import first_positions

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


@dataclass(frozen=True, eq=False, slots=True)
class Places:
    """What a function gives the place of, in which list. missing: what it gives for all else; None if it fails."""

    asks: Asks
    missing: ast.expr | None


def index_calls(function: Function, program: Program) -> Iterator[Membership]:
    """Calls in loops of functions that only give a place; only a run tells that it is one in a list."""
    for scan in all_scans(function) if not program.alone else ():
        call = scan.node
        if scan.kind == "call" and scan.around and isinstance(call, ast.Call) and may_be_own(scan, program):
            callee = callee_of(call, function, program)
            places = places_of(callee.target) if callee is not None and callee.target is not function else None
            if callee is not None and places is not None and not in_class_body(call, function):
                yield from asked_through(scan, callee, places.asks, function, program)


def places_of(target: Function) -> Places | None:
    """The place that a function gives, if that is all it does."""
    found = target.memo.get("places")
    if found is None:
        found = target.memo["places"] = (_places(target),)
    return cast("tuple[Places | None]", found)[0]


def _places(target: Function) -> Places | None:
    if isinstance(target.node, (ast.AsyncFunctionDef, ast.Module)) or target.names.bindings or is_generator(target):
        return None
    body = target.body[1:] if ast.get_docstring(target.node) is not None else target.body
    test, call, missing = _tested(body) or _tried(body, target) or (None, _returned(body), None)
    asks = _asks_where(call, target)
    if asks is None or (test is not None and ast.dump(test) != ast.dump(asks.compare)):
        return None
    return Places(asks, missing) if missing is None or is_plain_default(missing) else None


def _asks_where(call: ast.expr | None, target: Function) -> Asks | None:
    """``names.index(wanted)``."""
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != "index":
        return None
    subject, wanted = call.func.value, call.args[0] if len(call.args) == 1 and not call.keywords else None
    if wanted is None or path_of(subject) is None or not reads_only(wanted, target):
        return None
    return Asks(ast.copy_location(ast.Compare(wanted, [ast.In()], [subject]), call), subject, wanted)


Branches = tuple[ast.expr | None, ast.expr | None, ast.expr | None]


def _tested(body: list[ast.stmt]) -> Branches | None:
    """(test, place, what is given else) of ``if x in xs: return xs.index(x)`` and ``return -1``, and of one expression."""
    only = body[0] if body else None
    if isinstance(only, ast.If) and len(body) <= 2:
        test, first, second = only.test, _returned(only.body), [*only.orelse, *body[1:]]
        if first is None or len(second) > 1 or (second and _returned(second) is None):
            return None
        missing = _returned(second) if second else ast.Constant(None)
    elif isinstance(only, ast.Return) and len(body) == 1 and isinstance(only.value, ast.IfExp):
        test, first, missing = only.value.test, only.value.body, only.value.orelse
    else:
        return None
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.NotIn) and len(test.ops) == 1:
        test, first, missing = ast.Compare(test.left, [ast.In()], test.comparators), missing, first
    return test, first, missing


def _tried(body: list[ast.stmt], target: Function) -> Branches | None:
    """The same of ``try: return xs.index(x)`` and ``except ValueError: return -1``."""
    only = body[0] if body else None
    if not isinstance(only, ast.Try) or only.orelse or only.finalbody or len(only.handlers) != 1 or len(body) > 2:
        return None
    handler, last = only.handlers[0], body[1:]
    caught = isinstance(handler.type, ast.Name) and handler.type.id == "ValueError" and not handler.name
    if not caught or not is_builtin("ValueError", target):
        return None
    passes = len(handler.body) == 1 and isinstance(handler.body[0], ast.Pass)
    given = last if passes else handler.body
    if (last and not passes) or (given and _returned(given) is None):
        return None
    return None, _returned(only.body), _returned(given) if given else ast.Constant(None)


def _returned(body: list[ast.stmt]) -> ast.expr | None:
    """What a block returns, if that is all it does."""
    only = body[0] if len(body) == 1 else None
    return only.value or ast.Constant(None) if isinstance(only, ast.Return) else None


def build_places(case: Case) -> Rewrite:
    """A dict of first positions before the loop, and its answer in the place of the call."""
    found: Membership = case.suspect.reading
    inlined, function = found.inlined, found.function
    assert inlined is not None
    places = places_of(inlined.callee.target)
    assert places is not None
    listed, types = function.text(found.scan.subject), list_answers.key_types(case)
    name, taken = list_answers.names(case, "positions")
    wanted, tests = read_once(found, lambda key: guards.is_key(key, types), types, taken)
    known = [name, *tests]
    if places.missing is None:
        value, known = f"{name}[{wanted}]", [*known, f"{wanted} in {name}"]
    else:
        value = f"{name}.get({wanted}, {ast.unparse(places.missing)})"
    new = in_style(f"({value} if {guards.joined(known)} else {function.text(inlined.node)})", function)
    before = guards.joined([*inlined.before, list_answers.condition(case, FEW_POSITIONS)])
    return Rewrite(
        edits=(
            at("before", found.hoist.statement, f"{name} = {first_positions(listed)} if {before} else {{}}"),
            in_place(inlined.node, fitted(new, inlined.node, function), name, function),
        ),
        why=f"one look-up in a dict of first positions instead of a walk over {listed} for each",
        memory=f"one dict entry for each element of {listed} while the function runs",
    )
