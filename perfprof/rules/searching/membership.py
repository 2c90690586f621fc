"""Membership: ``x in xs`` that a loop asks of the same list again and again, understood and rewritten.

Two shapes. The list stays: a set of its elements, made before the loop, answers. The list grows in the loop (``if x
not in seen: seen.append(x)``): a set beside it takes what is appended. Either way the list itself stays in use for
whatever is not of the exact types that the guard names.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.profilers.observations import Seen, Watch
from perfprof.rules import guards
from perfprof.rules.findings import finding
from perfprof.rules.hoisting import identities, watch
from perfprof.rules.reading.appends import Append
from perfprof.rules.reading.callees import standard
from perfprof.rules.reading.counted import Counted
from perfprof.rules.reading.expressions import path_of
from perfprof.rules.reading.handed import is_handed
from perfprof.rules.reading.names import fresh
from perfprof.rules.reading.parts import Part
from perfprof.rules.reading.reached import made_above, type_at, was_read
from perfprof.rules.reading.scans import Loop, Scan
from perfprof.rules.reading.stability import Stability
from perfprof.rules.rule import Suspect
from perfprof.rules.searching.indexing import in_style
from perfprof.rules.searching.iterators import unknown_iterables
from perfprof.rules.searching.row_tests import quiet_text, quietly

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.searching.inlined import Inlined


@dataclass(frozen=True, eq=False, slots=True)
class Membership:
    """A membership test in a loop. appends: where the list grows meanwhile, empty if it stays.

    twins: other scans that the same rewrite answers, because they ask the same list in the same loop.
    inlined: the call that asks, where it stands in another function. counted: the count that asks.
    part: which of the list's elements are asked, if not all. tests: where a dict answers, tests that go with its calls.
    asides: statements that may change the list, before which the set is given up.
    """

    function: Function
    scan: Scan
    hoist: Loop
    bases: tuple[ast.expr, ...]
    stable: tuple[Stability, ...]
    appends: tuple[Append, ...] = ()
    twins: tuple[Scan, ...] = ()
    inlined: Inlined | None = None
    counted: Counted | None = None
    part: Part | None = None
    tests: tuple[Scan, ...] = ()
    asides: tuple[ast.stmt, ...] = ()

    @property
    def is_bound_anew(self) -> bool:
        """Whether it only grows by giving its name something longer, as a tuple does."""
        return all(isinstance(one.node, (ast.Assign, ast.AugAssign)) for one in self.appends)

    @property
    def helper(self) -> Function | None:
        """The function in which the test stands, if it is another one."""
        return None if self.inlined is None else self.inlined.callee.target

    @property
    def placed(self) -> tuple[ast.expr, ast.expr | None, Function]:
        """What is asked and for what, as it stands in the source, and the function in which it does."""
        compare = self.inlined.answer if self.inlined is not None else None
        if self.helper is None or not isinstance(compare, ast.Compare):
            return self.scan.subject, self.scan.probe, self.function
        return compare.comparators[0], compare.left, self.helper


def suspect(rule: str, found: Membership, message: str = "") -> Suspect:
    """The finding, and what a run must tell about it."""
    function = found.function
    grows = " while it grows" if found.appends else ""
    message = message or f"asks the list `{function.text(found.scan.subject)}` in each turn{grows}"
    what = finding(rule, function, found.scan.node, function.text(found.scan.subject), message)
    return Suspect(what, found, tuple(_watches(found, what.id)), function)


def _watches(found: Membership, prefix: str) -> Iterator[Watch]:
    subject, probe, holder = found.placed
    yield watch(f"{prefix}:entry", found.hoist.statement, found.function, "entry")
    yield watch(f"{prefix}:base0", subject, holder, "collection")
    for number, twin in enumerate((*found.twins, *found.tests)):
        yield watch(f"{prefix}:twin{number}", twin.subject, found.function, "value")
    each = found.scan.around[-1].iterable
    if is_handed(found.scan.node) and each is not None:  # what is asked for stands nowhere, the list is named once
        yield watch(f"{prefix}:each", each, found.function, "collection")
    elif probe is not None:
        yield watch(f"{prefix}:probe", probe, holder, "types")
    yield from identities(prefix, found.bases, found.stable, found.function, ((subject, *found.bases[1:]), holder))
    for name, iterable, _ in unknown_iterables(found):
        yield watch(f"{prefix}:{name}", iterable, found.function, "value")


def list_tests(found: Membership, seen: Seen | None, listed: str, there: bool = False) -> list[str]:
    """What must hold before the loop: it is a plain list, where that is not known, and none of what the loop changes.

    there: whether it can be read without a thought.
    """
    kinds = set(seen.types) if seen is not None else set()
    if found.appends and not (kinds == {"builtins.tuple"} and found.is_bound_anew):
        kinds = {"builtins.list"}
    kind_here = type_at(found.scan.subject, found.hoist.statement, found.function)
    there = there or was_read(found.scan.subject, found.hoist.statement, found.function)
    subject = in_style(listed if there else quietly(found.scan.subject), found.function)
    kind = None if kind_here is not None else guards.is_collection(subject, kinds or {"builtins.list"})
    pairs = zip(found.bases, found.stable, strict=False)  # a growing list's holder is none of them
    others = [
        f"{found.function.text(one)} is not {quiet_text(other)}" for one, kept in pairs for other in kept.apart
    ]
    if found.appends and kind_here == "list" and starts_empty(found):
        others = []  # it was made a moment ago, and nobody else has it
    held = [f"type({quietly(one)}) is dict" for one in found.bases[1:]]
    return [*held, *([kind] if kind else []), *others]


def starts_empty(found: Membership) -> bool:
    """Whether what grows is a name's own empty list or tuple when the loop begins: nobody has read the name since."""
    made = made_above(found.scan.subject, found.hoist.statement, found.function)
    return made is not None and _makes_empty(made, found)


def _makes_empty(value: ast.expr, found: Membership) -> bool:
    """``[]``, ``()``, and of what is only asked ``deque()`` without a greatest length, which would drop elements."""
    if isinstance(value, (ast.List, ast.Tuple)):
        return not value.elts
    return found.scan.kind == "membership" and _is_new_deque(value, found.function)


def _is_new_deque(value: ast.expr, function: Function) -> bool:
    """``deque()``, of ``collections`` for sure."""
    path = path_of(value.func) if isinstance(value, ast.Call) and not value.args and not value.keywords else None
    if path is None or path[0] in function.module.rebound or function.hides(path[0]):
        return False
    return standard(value.func, function) == "collections.deque"  # type: ignore[attr-defined]  # it is a call


def name_for(probe: ast.expr, taken: frozenset[str]) -> str:
    """A name for what is looked for: the attribute or item that it is read from, else with its owner's name."""
    word, owner = "wanted", ""
    if isinstance(probe, ast.Attribute):
        word, owner = probe.attr.lstrip("_") or word, getattr(probe.value, "id", "")
    elif isinstance(probe, ast.Subscript) and isinstance(probe.slice, ast.Constant):
        value = probe.slice.value
        if isinstance(value, str) and value.isidentifier():
            word, owner = value, getattr(probe.value, "id", "")
    return fresh(f"{owner}_{word}" if owner and word in taken else word, taken)
