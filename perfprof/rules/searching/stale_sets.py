"""A set that must not be asked any more: where the list is asked instead, ``==`` of others may change the list.

A value that the set does not take is compared with the list's elements, by code of its own class. Where the list can be
reached from outside, that code may change it, and the set would tell of a list that is no more. So either all that is
looked for is tested before the loop, and nothing falls back in it; or what falls back gives the set up:

    if word in (words_set if type(word) is str else (words_set := words)):
    if word in (words_set if words_set and type(word) is str else words_set.clear() or self.words):
"""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.hoisting import region_of_loop
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.stability import stability
from perfprof.rules.searching.iterators import is_plainly_walked
from perfprof.rules.searching.own_elements import drawn_from

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.scans import Loop, Scan
    from perfprof.rules.rule import Case
    from perfprof.rules.searching.key_sets import KeySet
    from perfprof.rules.searching.membership import Membership

_WHOLE = frozenset("sum min max list set dict sorted tuple frozenset".split())  # walk a generator to its end
_LEAVES = (ast.Break, ast.Return, ast.Yield, ast.YieldFrom, ast.Await)


def is_left(case: Case, found: Membership, keys: KeySet) -> bool:
    """Whether what is looked for may run code of others that reaches the list, so that the set must be given up."""
    scans, function = (found.scan, *found.twins), found.function
    if found.stable and all(one.private for one in found.stable):
        return False
    seen = case.watched("base0")
    kept = found.inlined is None and set(seen.types if seen is not None else ()) == {"builtins.tuple"}
    if kept and is_own_name(found):  # nobody changes a tuple, and nobody else binds its name
        return False
    return found.inlined is not None or not all(
        keys.surely_holds(one.probe, function) for one in scans if one.probe
    )


def is_own_name(found: Membership) -> bool:
    """Whether the list has a name that only the function itself binds."""
    subject, names = found.scan.subject, found.function.names
    own = isinstance(subject, ast.Name) and names.is_local(subject.id) and subject.id not in names.captured
    return own and not names.dynamic and found.function.qualname != "<module>"


def may_be_bound_anew(found: Membership) -> bool:
    """Whether a function may give the list's name another list: then it is read each time."""
    subject, function = found.scan.subject, found.function
    if not isinstance(subject, ast.Name) or is_own_name(found):
        return not isinstance(subject, ast.Name)
    shared = (one for one in ast.walk(function.module.tree) if isinstance(one, (ast.Global, ast.Nonlocal)))
    return any(subject.id in one.names for one in shared)


def is_bound_by(found: Membership) -> bool:
    """Whether the very test can give the set's name the list: it is no name that others bind, and there is room."""
    return is_own_name(found) and can_bind_all(found)


def can_bind_all(found: Membership) -> bool:
    """Whether each test of the list may bind a name of the function."""
    return all(can_bind(one.node, found.function) for one in (found.scan, *found.twins))


def can_bind(node: ast.AST, function: Function) -> bool:
    """Whether an expression may bind a name of the function: not in a lambda, a class, or what a comprehension walks."""
    above = function.parents.get(node)
    while above is not None and node is not function.node:
        walked = isinstance(above, ast.comprehension) and above.iter is node
        if walked or isinstance(above, (ast.Lambda, ast.ClassDef)):
            return False
        node, above = above, function.parents.get(above)
    return node is function.node and not isinstance(node, (ast.Lambda, ast.ClassDef))


def left(keys: KeySet, missing: bool) -> str:
    """The list for a value that falls back, which leaves no set behind."""
    return f"{keys.name}.clear() or {keys.listed}" if missing else f"({keys.name} := {keys.listed})"


def probe_types(case: Case, keys: KeySet) -> tuple[str, ...]:
    """The types that a guard lets through: those of the set, and those of what was looked for, where hashes tell them apart."""
    seen = case.watched("probe") or case.watched("each")
    kinds = (seen.types if case.watched("probe") else seen.elements) if seen is not None else ()
    more = {one for one in kinds if one in guards.FLAT}
    if keys.by_identity:
        more &= {guards.NONE}
    both = {*keys.types, *more}
    mixed = "builtins.bytes" in both and both != {
        "builtins.bytes"
    }  # ``python -bb`` makes an error of comparing them
    return keys.types if mixed or guards.key_types(both, library=True) is None else tuple(sorted(both))


def tests_of_all(case: Case, found: Membership, keys: KeySet) -> list[str] | None:
    """Tests before the loop that whatever is looked for in it may be in the set; None if there are none."""
    seen = case.watched("probe") or case.watched("each")
    kinds = set(seen.types if case.watched("probe") else seen.elements) if seen is not None else set()
    fits = kinds <= set(keys.probed) or (keys.by_identity and all(map(guards.is_own, kinds - {guards.NONE})))
    if not fits or found.inlined is not None:
        return None
    tests = []
    for scan in (found.scan, *found.twins):
        if scan.probe is not None and keys.surely_holds(scan.probe, found.function):
            continue
        walked = _walked_whole(case, scan, found)
        if walked is None:
            return None
        tests.append(replace(keys, listed=walked.id, types=keys.probed, known=False).holds_all())
    return list(dict.fromkeys(tests))


def _walked_whole(case: Case, scan: Scan, found: Membership) -> ast.Name | None:
    """The collection whose elements are looked for, if the loop walks all of it, and it stays."""
    walked, loop = drawn_from(scan, found), found.hoist
    if walked is None or not _ends(loop, found.function) or not is_plainly_walked(case, found, walked):
        return None
    stays = stability(walked, region_of_loop(loop), found.function, case.program)
    return walked if not (stays.problem or stays.apart or stays.watch) else None


def _ends(loop: Loop, function: Function) -> bool:
    """Whether a loop comes to its end unless something fails."""
    if loop.call is not None:
        return False
    if loop.holder is None:
        return not any(isinstance(one, _LEAVES) for one in ast.walk(loop.node))
    if not isinstance(loop.holder, ast.GeneratorExp):
        return True
    eats = function.parents.get(loop.holder)
    callee = eats.func if isinstance(eats, ast.Call) and loop.holder in eats.args else None
    if isinstance(callee, ast.Attribute):
        return callee.attr == "join"
    return isinstance(callee, ast.Name) and callee.id in _WHOLE and is_builtin(callee.id, function)
