"""Elements that a loop over a copy takes out of the list one by one: ``for x in xs[:]: if …: xs.remove(x)``.

Each `remove` walks to the element and moves all behind it. One pass that keeps the others gives the same list: of
equal elements `remove` takes the first, and where equal elements are alike in all that the condition can ask, it takes
all of them or none. The list stays the same object.

    for y in ys: if y in xs: xs.remove(y)   ->   as many of each as ``ys`` has, counted off in one pass over ``xs``
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.containers.copies import copied_from
from perfprof.rules.findings import finding
from perfprof.rules.hoisting import watch
from perfprof.rules.reading.expressions import is_builtin, path_of
from perfprof.rules.reading.kinds import FLAT, Kind, kind
from perfprof.rules.reading.names import fresh, read_names
from perfprof.rules.repeated.invariants import environment, may_give, observed_kinds, operands
from perfprof.rules.rule import Case, Evidence, Rewrite, Suspect
from perfprof.rules.searching.indexing import at, in_style

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

ALIKE = {
    "builtins.int": "int",
    "builtins.str": "str",
    "builtins.bytes": "bytes",
}  # equal ones of one type are alike
LEAST_ELEMENTS, LEAST_REMOVED = 128, 16
MOVED, KEPT = 0.5, 12.0  # an element walked or moved by a `remove`; one tested, and kept or not, in one pass
SWAPPED = {ast.Eq: "!=", ast.NotEq: "==", ast.In: "not in", ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is"}


@dataclass(frozen=True, eq=False, slots=True)
class Removal:
    """The loop (``node``), the list's name, the element's, and the condition. kept: ``[x for x in xs if not …]``.

    bases: what `kept` reads, the list first. counted: it is what is walked, of which each takes one equal element away.
    """

    function: Function
    node: ast.For
    name: str
    element: str
    condition: ast.expr
    removes: ast.Call
    kept: ast.expr
    bases: tuple[ast.expr, ...]
    counted: bool = False

    @property
    def gives(self) -> Kind | None:
        """What the pass gives for some plain operands, if there are any for which it cannot fail."""
        return may_give(self.kept, self.bases, self.function)


def removals(function: Function) -> Iterator[Removal]:
    """All such loops of a function."""
    for loop in function.every(ast.For):
        found = _read(loop, function) or _read_counted(loop, function)
        if found is not None and not _falls_back(loop, function):
            yield found


def _read(loop: ast.For, function: Function) -> Removal | None:
    listed, parts = _copied(loop.iter, function), _removing(loop)
    if listed is None or parts is None or not isinstance(loop.target, ast.Name):
        return None
    (condition, call), element, name = parts, loop.target.id, listed.id
    if ast.unparse(call) != f"{name}.remove({element})" or name == element or name in read_names(condition):
        return None
    kept = ast.parse(f"[{element} for {element} in {name} if {_negated(condition, function)}]", mode="eval").body
    others = [one for one in operands(condition) if ast.unparse(one) != element]
    return (
        Removal(function, loop, name, element, condition, call, kept, (listed, *others)) if operands(kept) else None
    )


def _read_counted(loop: ast.For, function: Function) -> Removal | None:
    """``for y in ys: if y in xs: xs.remove(y)``, or the same by ``try`` and ``except ValueError: pass``."""
    parts = _removing(loop) or _trying(loop)
    walks = path_of(loop.iter)
    if parts is None or not isinstance(loop.target, ast.Name) or walks is None:
        return None
    (condition, call), element = parts, loop.target.id
    listed = call.func.value if isinstance(call.func, ast.Attribute) else None
    if not isinstance(listed, ast.Name) or ast.unparse(call) != f"{listed.id}.remove({element})":
        return None
    name, walked = listed.id, ast.unparse(loop.iter)
    if condition is not call and ast.unparse(condition) != f"{element} in {name}":
        return None
    if name == element or {name, element} & {*walks}:
        return None
    kept = ast.parse(f"[{element} for {element} in {name} if {element} not in {walked}]", mode="eval").body
    return Removal(function, loop, name, element, condition, call, kept, (listed, loop.iter), counted=True)


def _trying(loop: ast.For) -> tuple[ast.expr, ast.Call] | None:
    """The call, twice, if the loop does nothing but try it."""
    one = loop.body[0]
    if len(loop.body) != 1 or loop.orelse or not isinstance(one, ast.Try) or one.orelse or one.finalbody:
        return None
    passes = [ast.unparse(each) for each in one.handlers] == ["except ValueError:\n    pass"]
    call = one.body[0].value if len(one.body) == 1 and isinstance(one.body[0], ast.Expr) else None
    return (call, call) if passes and isinstance(call, ast.Call) else None


def _removing(loop: ast.For) -> tuple[ast.expr, ast.Call] | None:
    """The condition and the call, if the loop does nothing but call something under a condition."""
    test = loop.body[0]
    if len(loop.body) != 1 or loop.orelse or not isinstance(test, ast.If) or test.orelse or len(test.body) != 1:
        return None
    call = test.body[0].value if isinstance(test.body[0], ast.Expr) else None
    return (test.test, call) if isinstance(call, ast.Call) else None


def _copied(iterated: ast.expr, function: Function) -> ast.Name | None:
    """``xs`` of ``xs[:]``, ``xs.copy()``, ``list(xs)`` and ``tuple(xs)``."""
    one = copied_from(iterated)
    maker = iterated.func.id if isinstance(iterated, ast.Call) and isinstance(iterated.func, ast.Name) else "list"
    copies = maker in {"list", "tuple"} and is_builtin(maker, function)
    return one if copies and isinstance(one, ast.Name) else None


def _falls_back(loop: ast.For, function: Function) -> bool:
    """Whether it is what a rewrite left for other types."""
    above = function.parents.get(loop)
    return isinstance(above, ast.If) and above.orelse == [loop] and "map(type" in ast.unparse(above.test)


def _negated(test: ast.expr, function: Function) -> str:
    """The condition under which an element stays. Of plain data, these comparisons are exact opposites."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return function.text(test.operand)
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in SWAPPED:
        sides = function.text(test.left), function.text(test.comparators[0])
        return f"{sides[0]} {SWAPPED[type(test.ops[0])]} {sides[1]}"
    text = function.text(test)
    return f"not {text}" if isinstance(test, (ast.Name, ast.Call, ast.Attribute)) else f"not ({text})"


def suspect(rule: str, found: Removal) -> Suspect:
    """The finding, and what a run must tell about the list and what the condition reads."""
    message = f"takes elements out of `{found.name}` one by one, each of which moves all behind it"
    what = finding(rule, found.function, found.node, found.name, message)
    watches = [
        watch(f"{what.id}:entry", found.node, found.function, "entry"),
        watch(f"{what.id}:removed", found.removes, found.function, "value"),
        *(watch(f"{what.id}:base{n}", one, found.function, "collection") for n, one in enumerate(found.bases)),
    ]
    return Suspect(what, found, tuple(watches), found.function)


def worth_one_pass(case: Case) -> Evidence:
    """At least 16 elements taken an entry out of at least 128."""
    found: Removal = case.suspect.reading
    entry, removed, listed = case.watched("entry"), case.watched("removed"), case.watched("base0")
    if entry is None or removed is None or listed is None or not entry.count or not listed.count:
        return Evidence(False, "the loop did not run")
    times, size = removed.count / entry.count, listed.mean_length
    walked = case.watched("base1") if found.counted else None
    times = walked.mean_length if walked is not None else times  # each is looked for, whether it is there or not
    numbers = {"entries": entry.count, "removed": round(times, 1), "elements": round(size, 1)}
    reason = f"{times:,.0f} taken out of {size:,.0f} elements an entry"
    if times < LEAST_REMOVED or size < LEAST_ELEMENTS:
        return Evidence(False, f"too small: {reason} (pays from {LEAST_REMOVED} of {LEAST_ELEMENTS})", numbers)
    gain = (times * size * MOVED + size) / ((size + times * found.counted) * KEPT)
    return Evidence(gain >= 1.3, reason, numbers, gain)


def keep_the_others(case: Case) -> Rewrite:
    """One pass that keeps the others, under a test of the exact types; else the loop as it was."""
    found: Removal = case.suspect.reading
    new = _counted_off(case, found) if found.counted else f"{found.name}[:] = {ast.unparse(found.kept)}"
    kept = in_style(new, found.function).replace("\n", "\n    ")
    was = in_style(ast.unparse(found.node), found.function).replace("\n", "\n    ")
    test = in_style(guards.joined(_tests(case, found)), found.function)
    return Rewrite(
        edits=(at("statement", found.node, f"if {test}:\n    {kept}\nelse:\n    {was}"),),
        why=f"one pass over {found.name} instead of one for each element that is taken out",
        memory=f"a second list of what stays in {found.name}, for a moment",
    )


def _counted_off(case: Case, found: Removal) -> str:
    """Of each value as many as are walked are left out, the first ones first."""
    taken = found.function.visible | case.taken
    left, kept, one = (fresh(word, taken) for word in ("to_remove", f"{found.name}_kept", "each"))
    lines = [
        f"{left} = {{}}  # how many of each",
        f"for {found.element} in {ast.unparse(found.bases[1])}:",
        f"    {left}[{found.element}] = {left}.get({found.element}, 0) + 1",
        f"{kept} = []",
        f"for {one} in {found.name}:",
        f"    if {left}.get({one}):",
        f"        {left}[{one}] -= 1",
        "    else:",
        f"        {kept}.append({one})",
        f"{found.name}[:] = {kept}",
    ]
    return "\n".join(lines)


def _tests(case: Case, found: Removal) -> list[str]:
    """What must hold: the list is one of elements of one exact type, and what the condition reads is plain."""
    seen = case.watched("base0")
    types = guards.key_types(seen.elements if seen is not None else ()) or ("builtins.str",)
    tests = [f"type({found.name}) is list", guards.all_keys(found.name, types)]
    for number, (base, one) in enumerate(zip(found.bases[1:], (observed_kinds(case) or ())[1:], strict=False), 1):
        text, told = ast.unparse(base), case.watched(f"base{number}")
        assert told is not None
        if one.name in FLAT:
            tests.append(guards.is_key(text, tuple(sorted(told.types))))
            continue
        elements = guards.key_types(told.elements) or ()
        tests += [f"{text} is not {found.name}", guards.exactly(text, [one.name]), guards.all_keys(text, elements)]
    return tests


def quiet(case: Case) -> bool:
    """Whether the pass cannot fail and has no effects, for operands of the types that were seen."""
    found: Removal = case.suspect.reading
    kinds = observed_kinds(case)
    if kinds is None:
        return found.gives is not None and case.watched("base0") is None
    return kind(found.kept, environment(found.bases, kinds), found.function) is not None
