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
    seen = case.watched("base0")
    special = (found.helper, found.inlined, found.stretch, found.part, found.counting, found.grown)
    walked = seen is not None and set(seen.types) == {"builtins.frozenset"} and path_of(found.walked) is not None
    return walked and not any(special) and _reads_row_once(found)


def _reads_row_once(found: Narrowing) -> bool:
    own, row = found.scan.own, getattr(found.target, "id", "")
    if own is None or not row or getattr(found.inner, "id", "") != row:
        return False
    whole = own.holder if own.holder is not None else own.node
    return _times(row, whole) == 2 and _times(row, found.selection.compare) == 1  # bound, and compared


def _times(name: str, node: ast.AST) -> int:
    return sum(isinstance(one, ast.Name) and one.id == name for one in ast.walk(node))
