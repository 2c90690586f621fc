"""Membership: ``x in xs`` that a loop asks of the same list again and again, understood and rewritten.

Two shapes. The list stays: a set of its elements, made before the loop, answers. The list grows in the loop (``if x
not in seen: seen.append(x)``): a set beside it takes what is appended. Either way the list itself stays in use for
whatever is not of the exact types that the guard names.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfprof.profilers.observations import Seen, Watch
from perfprof.rules import guards
from perfprof.rules.findings import finding
from perfprof.rules.hoisting import identities, watch
from perfprof.rules.imported import with_imports
from perfprof.rules.indexing import at, collection_name, fitted, in_style
from perfprof.rules.iterators import plain_tests, unknown_iterables
from perfprof.rules.reading.expressions import builtin_type, path_of
from perfprof.rules.reading.names import fresh, read_names
from perfprof.rules.reading.scans import Loop, Scan
from perfprof.rules.reading.stability import Stability
from perfprof.rules.row_tests import made_of, quiet_text, quietly
from perfprof.rules.rule import Case, Edit, Rewrite, Suspect

if TYPE_CHECKING:
    from perfprof.rules.inlined import Inlined
    from perfprof.rules.reading.program import Function


@dataclass(frozen=True, eq=False, slots=True)
class Membership:
    """A membership test in a loop. appends: the statements by which the list grows meanwhile, empty if it stays.

    twins: other scans that the same rewrite answers, because they ask the same list in the same loop.
    inlined: the call that asks, where it stands in another function.
    """

    function: Function
    scan: Scan
    hoist: Loop
    bases: tuple[ast.expr, ...]
    stable: tuple[Stability, ...]
    appends: tuple[ast.Expr, ...] = ()
    twins: tuple[Scan, ...] = ()
    inlined: Inlined | None = None

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
    for number, twin in enumerate(found.twins):
        yield watch(f"{prefix}:twin{number}", twin.subject, found.function, "value")
    if probe is not None:
        yield watch(f"{prefix}:probe", probe, holder, "types")
    yield from identities(prefix, found.bases, found.stable, found.function, ((subject, *found.bases[1:]), holder))
    for name, iterable, _ in unknown_iterables(found):
        yield watch(f"{prefix}:{name}", iterable, found.function, "value")


def build_set(case: Case) -> Rewrite:
    """A set before the loop, and the test asks it; with appends, the set grows beside the list."""
    found: Membership = case.suspect.reading
    function = found.function
    taken = function.visible | case.taken
    name = fresh(f"{collection_name(found.scan.subject)}_set", taken)
    seen = case.watched("base0")
    types = guards.key_types(seen.elements if seen is not None else (), library=True) or ("builtins.str",)
    listed = function.text(found.scan.subject)
    tests = list_tests(found, seen, listed)
    whole = there = ""
    if found.appends:
        there = f"{name} is not None" if tests else ""
        before = _beside(found, name, types, listed, guards.joined(tests))
        whole = f"len({name}) == len({listed})"
    else:
        tests += [*plain_tests(case, found), guards.all_keys(listed, types)]
        if found.inlined is not None:
            tests = [*found.inlined.before, *tests]
        # perhaps it is missing: then only the loop's own test reads it
        missing = found.inlined is not None or not isinstance(found.scan.subject, ast.Name)
        there = name if missing else ""
        before = f"{name} = set({listed}) if {guards.joined(tests)} else {'()' if missing else listed}"
    if found.inlined is not None:
        made = at("before", found.hoist.statement, before)
        return _rewritten([made, _in_its_place(found, name, types, taken)], listed, function)
    edits = [at("before", found.hoist.statement, before)]
    taken |= {name}
    for scan in (found.scan, *found.twins):
        asked, once = answer(replace(found, scan=scan), name, types, (there, whole), taken)
        edits += [at("replace", scan.subject, fitted(asked, scan.subject, function)), *once]
        taken |= {word for edit in once for word in read_names(ast.parse(edit.source, mode="eval"))}
    for statement in found.appends:
        assert isinstance(statement.value, ast.Call)
        added = statement.value.args[0]  # to read an attribute or an item once more may give something else
        value = function.text(added) if isinstance(added, ast.Name) else f"{listed}[-1]"
        test = guards.joined([there, guards.is_key(value, types)])
        edits.append(at("after", statement, f"if {test}:\n    {name}.add({value})"))
    return _rewritten(edits, listed, function)


def _in_its_place(found: Membership, name: str, types: tuple[str, ...], taken: frozenset[str]) -> Edit:
    """What stands in the place of a call that asks: the set, or the call for what the guard does not know."""
    probe, inlined, function = found.scan.probe, found.inlined, found.function
    assert probe is not None
    assert inlined is not None
    wanted = function.text(probe)
    tests = [name, guards.is_key(wanted, types)]
    if isinstance(probe, ast.Subscript) and isinstance(probe.slice, ast.Constant):
        given, wanted = wanted, name_for(probe, taken | {name})
        test = guards.is_key(wanted, types).replace(f"type({wanted})", f"type({wanted} := {given})", 1)
        tests = [name, f"type({function.text(probe.value)}) is dict", test]
    elif not isinstance(probe, ast.Name):
        tests = [name, *made_of(probe, types)]
    word = "not in" if isinstance(inlined.answer.ops[0], ast.NotIn) else "in"  # type: ignore[attr-defined]
    new = f"({wanted} {word} {name} if {guards.joined(tests)} else {function.text(inlined.node)})"
    return at("replace", inlined.node, fitted(new, inlined.node, function))


def _rewritten(edits: Sequence[Edit], listed: str, function: Function) -> Rewrite:
    rewrite = Rewrite(
        edits=tuple(edits),
        why=f"one hash look-up in a set instead of a walk over {listed} for each test",
        memory=f"one set of the elements of {listed} while the function runs",
    )
    return with_imports(rewrite, function)


def list_tests(found: Membership, seen: Seen | None, listed: str) -> list[str]:
    """What must hold before the loop: it is a plain list, where that is not known, and none of what the loop changes."""
    kinds = {"builtins.list"} if found.appends or seen is None else set(seen.types) or {"builtins.list"}
    known = builtin_type(found.scan.subject, found.function) is not None
    subject = in_style(quietly(found.scan.subject), found.function)
    kind = None if known else guards.is_collection(subject, kinds)
    pairs = zip(found.bases, found.stable, strict=False)  # a growing list's holder is none of them
    others = [
        f"{found.function.text(one)} is not {quiet_text(other)}" for one, kept in pairs for other in kept.apart
    ]
    held = [f"type({quietly(one)}) is dict" for one in found.bases[1:]]
    return [*held, *([kind] if kind else []), *others]


def _beside(found: Membership, name: str, types: tuple[str, ...], listed: str, test: str) -> str:
    """The set beside a growing list, as it is when the loop begins; None where the test fails, which may be empty."""
    if not test and _starts_empty(found):
        return f"{name} = set()"
    item = fresh("item", found.function.visible)
    made = f"{{{item} for {item} in {listed} if {guards.is_key(item, types)}}}"
    return f"{name} = {made} if {test} else None" if test else f"{name} = {made}"


def _starts_empty(found: Membership) -> bool:
    names = found.function.names
    path = path_of(found.scan.subject) or ()
    values = names.values(path[0]) if len(path) == 1 else None
    if values is None or len(values) != 1 or not isinstance(values[0], ast.List) or values[0].elts:
        return False
    return not any(use.lineno < found.hoist.statement.lineno for use in names.loads.get(path[0], ()))


def answer(
    found: Membership, name: str, types: tuple[str, ...], around: tuple[str, str], taken: frozenset[str]
) -> tuple[str, list[Edit]]:
    """What is asked: the set if the probe is of the guarded types, else the list.

    around: what else is tested before the probe (the set is there) and after it (the set is complete), or empty.

    A probe that is more than a name is read once, into a name of its own.
    """
    probe = found.scan.probe
    assert probe is not None
    wanted, listed = found.function.text(probe), found.function.text(found.scan.subject)
    once: list[Edit] = []
    if not isinstance(probe, (ast.Name, ast.Constant)):
        kept = name_for(probe, taken)
        value = f"({wanted})" if isinstance(probe, (ast.NamedExpr, ast.Yield, ast.YieldFrom)) else wanted
        once = [at("replace", probe, f"({kept} := {value})")]
        wanted = kept
    test = guards.joined([around[0], guards.is_key(wanted, types), around[1]])
    return in_style(f"({name} if {test} else {listed})", found.function), once


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
