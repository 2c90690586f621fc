"""Keys that a function lists anew each time, only to be asked: ``if name in team.names(): …``.

    def names(self):
        return [member.name for member in self.members]

A set of the keys, made before the loop, answers instead; whatever a guard does not know asks the call as before.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from perfprof.rules import guards
from perfprof.rules.imported import with_imports
from perfprof.rules.reading.callees import is_generator
from perfprof.rules.reading.expressions import is_builtin, reads_only
from perfprof.rules.reading.names import bound_names, fresh
from perfprof.rules.reading.receivers import Callee, callee_at
from perfprof.rules.reading.repeats import all_scans
from perfprof.rules.reading.searches import Search
from perfprof.rules.reading.selection import asked_for, substituted
from perfprof.rules.rule import Rewrite
from perfprof.rules.searching.indexing import (
    all_conditions,
    at,
    collection_name,
    fitted,
    in_style,
    key_name,
    only_where,
    wanted_key,
    wanted_tests,
    whole,
)
from perfprof.rules.searching.inlining import Place, given_to, in_class_body, may_be_own, means_the_same, narrowed
from perfprof.rules.searching.membership_calls import callee_of
from perfprof.rules.searching.row_names import bare, element, names_apart, substituted_target
from perfprof.rules.searching.row_tests import key_types

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program
    from perfprof.rules.reading.scans import Scan
    from perfprof.rules.rule import Case
    from perfprof.rules.searching.narrowing import Narrowing

MAKERS = frozenset({"list", "tuple", "set", "frozenset"})
WANTED = "perfprof_wanted"


def listed_keys(function: Function, program: Program) -> tuple[Narrowing, ...]:
    """Every test that a loop repeats of what a function of the project lists; only a run tells how long that is."""
    found = function.memo.get("listed keys")
    if found is None:
        found = function.memo["listed keys"] = tuple(_each(function, program)) if not program.alone else ()
    return cast("tuple[Narrowing, ...]", found)


def _each(function: Function, program: Program) -> Iterator[Narrowing]:
    for scan in all_scans(function):
        if scan.kind != "membership" or not scan.around or scan.node not in function.parents:
            continue
        callee = _callee(scan, function, program)
        if callee is None or callee.target is function or in_class_body(scan.node, function):
            continue
        yield from _asked(scan, callee, function, program)


def _callee(scan: Scan, function: Function, program: Program) -> Callee | None:
    """The function, method or property that lists what is asked."""
    asked = scan.subject
    if isinstance(asked, ast.Call):
        own = may_be_own(replace(scan, subject=asked.func), program)
        found = callee_of(asked, function, program) if own else None
        return found if found is not None and found.kind != "property" else None
    if not isinstance(asked, ast.Attribute) or asked.attr not in program.properties:
        return None
    found = callee_at(asked, function, program)
    return found if found is not None and found.kind == "property" else None


def _asked(scan: Scan, callee: Callee, function: Function, program: Program) -> Iterator[Narrowing]:
    compare, given = scan.node, given_to(scan.subject, callee, function)
    keys = _listed(callee.target)
    if keys is None or given is None or not isinstance(compare, ast.Compare):
        return
    inside = next((one for one in all_scans(callee.target) if one.own is not None and one.own.holder is keys), None)
    chosen = asked_for(inside, callee.target, ast.Name(WANTED, ast.Load())) if inside is not None else None
    if inside is None or chosen is None or chosen.problem or not reads_only(compare.left, function):
        return
    part = keys.generators[0]
    if not means_the_same(keys, frozenset(bound_names(part.target)), callee, given, function):
        return
    search = Search(inside, chosen, ast.ListComp(keys.elt, keys.generators), part.iter)
    place = Place(callee, search, {**given, WANTED: compare.left}, function, program)
    for one in narrowed(scan.subject, scan, place):
        assert one.inlined is not None
        yield replace(one, outer=compare.left, inlined=replace(one.inlined, node=compare, asked=True))


def _listed(target: Function) -> ast.ListComp | ast.SetComp | ast.GeneratorExp | None:
    """The comprehension that is all that a function gives, one key for each row."""
    if isinstance(target.node, (ast.AsyncFunctionDef, ast.Module)) or target.names.bindings or is_generator(target):
        return None
    body = target.body[1:] if ast.get_docstring(target.node) is not None else target.body
    keys = body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None
    if isinstance(keys, ast.Call) and isinstance(keys.func, ast.Name) and keys.func.id in MAKERS:
        alone = len(keys.args) == 1 and not keys.keywords and is_builtin(keys.func.id, target)
        keys = keys.args[0] if alone else None
    if not isinstance(keys, (ast.ListComp, ast.SetComp, ast.GeneratorExp)) or len(keys.generators) > 1:
        return None
    lazy = isinstance(keys, ast.GeneratorExp) and body[0].value is keys  # type: ignore[attr-defined]
    return None if lazy or keys.generators[0].ifs or not reads_only(keys.elt, target) else keys


def build_keys(case: Case) -> Rewrite:
    """The keys of all rows in a set before the loop, and the set in the place of the list that is made to be asked."""
    found: Narrowing = case.suspect.reading
    taken, function, inlined = found.function.visible | case.taken, found.function, found.inlined
    assert inlined is not None
    assert isinstance(inlined.node, ast.Compare)
    new = names_apart(found, taken)
    row, inner = element(substituted_target(found.target, new)), substituted(found.inner, new)
    name = fresh(f"{collection_name(found.bases[0])}_{key_name(inner)}_set", taken)
    walked, key, types = whole(found), in_style(ast.unparse(inner), function), key_types(case)
    fill = f"{name} = {{{key} for {bare(row)} in {walked}}}"
    tests = all_conditions(case, found, row, new)
    before = only_where(tests, types, f"{name} = set()", fill) if tests else fill
    word = "in" if isinstance(inlined.node.ops[0], ast.In) else "not in"
    known = guards.joined([name, *wanted_tests(found, types)])
    asked = f"({wanted_key(found)} {word} {name} if {known} else {function.text(inlined.node)})"
    return with_imports(
        Rewrite(
            edits=(
                at("before", found.hoist.statement, before),
                at("replace", inlined.node, fitted(asked, inlined.node, function)),
            ),
            why=f"one look-up in a set of the keys of {walked} instead of a list of them for each test",
            memory=f"one set of the keys of {walked} while the function runs",
        ),
        function,
    )
