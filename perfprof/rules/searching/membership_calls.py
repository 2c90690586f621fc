"""Membership through a call: a function that does nothing but ``return word in words``, called in a loop.

    if not vocabulary.knows(word):     if not (word in words_set if words_set and type(word) is str else vocabulary.knows(word)):

The set is made before the loop, of the list that the call would ask; whatever a guard does not know goes through the call.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfprof.rules.hoisting import outermost
from perfprof.rules.reading.callees import is_generator
from perfprof.rules.reading.expressions import path_of, reads_only
from perfprof.rules.reading.leaves import leaves
from perfprof.rules.reading.names import bound_names, read_names
from perfprof.rules.reading.receivers import Callee, callee_at
from perfprof.rules.reading.repeats import all_scans, has_room
from perfprof.rules.reading.resolution import resolve
from perfprof.rules.reading.selection import substituted
from perfprof.rules.searching.inlined import Inlined
from perfprof.rules.searching.inlining import given_to, in_class_body, may_be_own, means_the_same, tested, unplaced
from perfprof.rules.searching.membership import Membership

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program
    from perfprof.rules.reading.scans import Scan


@dataclass(frozen=True, eq=False, slots=True)
class Asks:
    """``probe in subject``, which is all that a function answers."""

    compare: ast.Compare
    subject: ast.expr
    probe: ast.expr

    @property
    def negated(self) -> bool:
        """``not in``."""
        return isinstance(self.compare.ops[0], ast.NotIn)


def membership_calls(function: Function, program: Program) -> Iterator[Membership]:
    """Calls in loops of functions that only ask a list; only a run tells that it is one."""
    for scan in all_scans(function) if not program.alone else ():
        call = scan.node
        if scan.kind == "call" and scan.around and isinstance(call, ast.Call) and may_be_own(scan, program):
            callee = callee_of(call, function, program)
            asks = asks_of(callee.target) if callee is not None and callee.target is not function else None
            if callee is not None and asks is not None and not in_class_body(call, function):
                yield from asked_through(scan, callee, asks, function, program)


def callee_of(call: ast.Call, function: Function, program: Program) -> Callee | None:
    """What is called, also of another module of the project."""
    found = callee_at(call.func, function, program)
    target = resolve(call.func, function, program) if found is None else None
    return found if target is None or target.owner is not None else Callee(target, "function")


def asks_of(target: Function) -> Asks | None:
    """What a function asks, if that is all it does."""
    found = target.memo.get("asks")
    if found is None:
        found = target.memo["asks"] = (_asks(target),)
    return found[0]  # type: ignore[index,no-any-return]  # the memo holds what was put there


def _asks(target: Function) -> Asks | None:
    if isinstance(target.node, (ast.AsyncFunctionDef, ast.Module)) or target.names.bindings or is_generator(target):
        return None
    body = target.body[1:] if ast.get_docstring(target.node) is not None else target.body
    compare = _only_test(body)
    if not isinstance(compare, ast.Compare) or len(compare.ops) != 1:
        return None
    subject, probe = compare.comparators[0], compare.left
    asked = isinstance(compare.ops[0], (ast.In, ast.NotIn)) and path_of(subject) is not None
    return Asks(compare, subject, probe) if asked and reads_only(probe, target) else None


def _only_test(body: list[ast.stmt]) -> ast.expr | None:
    """``return test``, or ``if test: return True`` and then ``return False``."""
    if len(body) == 1 and isinstance(body[0], ast.Return):
        return body[0].value
    if len(body) != 2 or not isinstance(body[0], ast.If) or body[0].orelse or len(body[0].body) != 1:
        return None
    plainly = _returns(body[0].body[0], True) and _returns(body[1], False)
    return body[0].test if plainly else None


def _returns(statement: ast.stmt, truth: bool) -> bool:
    value = statement.value if isinstance(statement, ast.Return) else None
    return isinstance(value, ast.Constant) and value.value is truth


def asked_through(
    scan: Scan, callee: Callee, asks: Asks, function: Function, program: Program
) -> Iterator[Membership]:
    """The test in the caller's terms, if something that is made of the list has a place before the loop."""
    call = scan.node
    if not isinstance(call, ast.Call):
        return
    given = given_to(call, callee, function)
    if given is None or not means_the_same(asks.compare, frozenset(), callee, given, function):
        return
    subject = unplaced(substituted(asks.subject, given), call)
    probe = unplaced(substituted(asks.probe, given), call)
    changing = {name for loop in scan.around if loop.target for name in bound_names(loop.target)}
    room = isinstance(probe, ast.Name) or has_room(replace(scan, probe=call), function)
    if path_of(subject) is None or not room or not _read_twice(probe) or not read_names(probe) & changing:
        return
    loop, stable = outermost([subject], scan, function, program, [call])
    tests = tested(callee, function, program, loop.node) if loop is not None else None
    if loop is None or tests is None:
        return
    inlined = Inlined(callee, call, asks.compare, False, (call,), *tests)
    asked = replace(scan, subject=subject, probe=probe)
    yield Membership(function, asked, loop, (subject,), stable, inlined=inlined)


def _read_twice(probe: ast.expr) -> bool:
    """What may be read for the guard: names, what cannot fail of them, or an item of one, of exactly a dict."""
    if isinstance(probe, ast.Subscript) and isinstance(probe.slice, ast.Constant):
        return isinstance(probe.value, ast.Name)
    parts = leaves(probe)
    return parts is not None and all(isinstance(one, ast.Name) and kind != "number" for one, kind in parts)
