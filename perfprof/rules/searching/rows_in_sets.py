"""Rows that are looked for themselves in a frozenset: what it has in common with a set of the wanted one alone.

for state in current:                              for state in current_set & {wanted}:
    if state == wanted:                                if state == wanted:

There is no index to fill. What is met is the wanted key and not its equal in the frozenset, so nothing but the test may
read it.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.imported import with_imports
from perfprof.rules.reading.expressions import path_of
from perfprof.rules.reading.names import fresh
from perfprof.rules.rule import Case, Rewrite
from perfprof.rules.searching.indexing import (
    at,
    build_index,
    collection_name,
    conditions,
    fitted,
    in_style,
    wanted_tests,
)
from perfprof.rules.searching.row_tests import key_types

if TYPE_CHECKING:
    from perfprof.rules.searching.narrowing import Narrowing

FEW = 8  # elements, which are walked as fast


def build_rows(case: Case) -> Rewrite:
    """The rows that can match in the place of the collection: by a set, where it is one, else by an index."""
    found: Narrowing = case.suspect.reading
    return _build_set(case, found) if _is_asked_for_rows(case, found) else build_index(case)


def _build_set(case: Case, found: Narrowing) -> Rewrite:
    function, walked = found.function, found.function.text(found.walked)
    name = fresh(f"{collection_name(found.walked)}_set", function.visible | case.taken)
    types, wanted = key_types(case), in_style(ast.unparse(found.outer), function)
    tests = [f"len({walked}) > {FEW}", guards.all_keys(walked, types)]
    before = f"{name} = {walked} if {guards.joined([*conditions(case, found), *tests])} else ()"
    asked = guards.joined([name, *wanted_tests(found, types)])
    rows = f"{name} & {{{wanted}}} if {asked} else {walked}"
    rewrite = Rewrite(
        edits=(
            at("before", found.hoist.statement, in_style(before, function)),
            at("replace", found.walked, fitted(rows, found.walked, function)),
        ),
        why=f"each turn asks {walked} for the one that can be equal instead of walking it; the test itself stays",
        memory="nothing",
    )
    return with_imports(rewrite, function)


def _is_asked_for_rows(case: Case, found: Narrowing) -> bool:
    """Whether a frozenset is walked for its elements themselves, which nothing but the one comparison reads."""
    seen, target, own = case.watched("base0"), found.target, found.scan.own
    special = (found.helper, found.inlined, found.stretch, found.part, found.counting)
    if own is None or seen is None or set(seen.types) != {"builtins.frozenset"} or any(special) or found.grown:
        return False
    if path_of(found.walked) is None or not isinstance(target, ast.Name) or not isinstance(found.inner, ast.Name):
        return False
    whole = own.holder if own.holder is not None else own.node
    reads = [one for one in ast.walk(whole) if isinstance(one, ast.Name) and one.id == target.id]
    compared = [
        one for one in ast.walk(found.selection.compare) if isinstance(one, ast.Name) and one.id == target.id
    ]
    return found.inner.id == target.id and len(reads) == 2 and len(compared) == 1
