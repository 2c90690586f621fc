"""Write the batch: one statement for all keys before the loop, and a look-up in a dict where the query was.

A query in a helper gets a sibling beside the helper, ``get`` a ``get_many``; the loop asks that one once.
"""

from __future__ import annotations

import ast
import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING

from perfprof.rules.imported import with_imports
from perfprof.rules.lookups.asked_alone import either, either_statement, test
from perfprof.rules.lookups.batch import CHUNK, Batch
from perfprof.rules.lookups.shape import batch_of, row_kinds, row_uses
from perfprof.rules.lookups.siblings import through_sibling
from perfprof.rules.lookups.text import fill, names_for, plural, taken_in, target_of
from perfprof.rules.reading.expressions import path_of
from perfprof.rules.reading.names import fresh
from perfprof.rules.rule import Case, Edit, Rewrite
from perfprof.rules.searching.indexing import at, in_style

if TYPE_CHECKING:
    from perfprof.rules.lookups.model import Lookup

_LISTS = frozenset(["builtins.list", "builtins.tuple", "builtins.dict", "builtins.set", "builtins.frozenset"])
_LISTS |= {f"builtins.dict_{part}" for part in ("keys", "values", "items")} | {"builtins.range"}


def batched(case: Case) -> Rewrite:
    """The edits in the loop's function and, for a helper, in the helper's file."""
    lookup: Lookup = case.suspect.reading
    found = batch_of(case)
    assert isinstance(found, Batch), "an open obligation would have stopped it"
    walked, hoist = _walked(case)
    edits = through_sibling(case, found, walked) if lookup.parameter else _in_place(case, found, walked)
    before = next(edit for edit in edits if edit.kind == "before")
    rest = [edit for edit in edits if edit is not before]
    if hoist:
        assert lookup.loop.iterable is not None
        rest.append(at("replace", lookup.loop.iterable, walked))
        before = replace(before, source=f"{hoist}\n{before.source}")
    once = "once" if found.mode == "any" else f"once for {CHUNK} keys"
    rewrite = Rewrite(
        edits=(before, *rest),
        why=f"the statement runs {once} instead of once a turn; all keys are looked up in one snapshot",
        memory="the rows of all turns are held while the loop runs",
    )
    return with_imports(rewrite, lookup.function)


def _walked(case: Case) -> tuple[str, str]:
    """The collection as it is walked twice, and the statement that makes that possible ("" if none is needed)."""
    lookup: Lookup = case.suspect.reading
    iterable = lookup.loop.iterable
    assert iterable is not None
    text, seen = lookup.function.text(iterable), case.watched("walked")
    types = {name.partition("[")[0] for name in seen.types} if seen is not None else set()
    if path_of(iterable) is not None and types <= _LISTS:
        return text, ""
    target = lookup.loop.target
    singular = target.id if isinstance(target, ast.Name) else "row"
    name = fresh(plural(singular), taken_in(lookup.function) | case.taken)
    executes = isinstance(iterable, ast.Call) and getattr(iterable.func, "attr", "") == "execute"
    if executes:
        return name, f"{name} = {text}.fetchall()"
    return name, f"{name} = {text}" if types <= {"builtins.list", "builtins.tuple"} else f"{name} = list({text})"


# ------------------------------------------------------------------ in the loop's own function


def _in_place(case: Case, found: Batch, walked: str) -> list[Edit]:
    lookup: Lookup = case.suspect.reading
    names = names_for(case, frozenset([walked]))
    key, target = lookup.function.text(lookup.spot), target_of(lookup)
    plain = in_style(ast.unparse(lookup.key), lookup.function)
    kept = f" if {test(case, plain)}" if test(case, plain) else ""
    wanted = f"{names.wanted} = list(dict.fromkeys({plain} for {target} in {walked}{kept}))"
    filled = fill(case, found, names)
    edits = [at("before", lookup.loop.statement, f"{wanted}\n{names.found} = {{}}\n{filled}")]
    answer, asked, apart = _answer(case, found, names.found, key), test(case, key), lookup.query.apart
    if apart is None:
        answer = either(answer, asked, lookup.function.text(lookup.query.fetch))
        return [*edits, at("replace", lookup.query.fetch, answer)]
    name = fresh("found", taken_in(lookup.function) | case.taken)
    first = either_statement(lookup, name, answer, asked)
    if isinstance(apart, ast.AsyncWith):
        body = f"{first}\n{_unwrapped(lookup, apart, name)}" if asked else _unwrapped(lookup, apart, answer)
        return [*edits, at("statement", apart, body)]
    return [*edits, at("statement", apart, first), at("replace", lookup.query.fetch, name)]


def _answer(case: Case, batch: Batch, found: str, key: str) -> str:
    lookup: Lookup = case.suspect.reading
    if row_kinds(case) == {"dict"} and row_uses(lookup) & {"changed", "escape"}:
        return _copied(lookup, batch, found, key, fresh("one", taken_in(lookup.function) | case.taken))
    if lookup.query.how in ("one", "value"):
        return f"{found}[{key}]" if batch.always else f"{found}.get({key})"
    if lookup.query.how == "each":
        return f"{found}.get({key}, ())"
    return f"list({found}.get({key}, ()))" if "rows" in row_uses(lookup) else f"{found}.get({key}, [])"


def _copied(lookup: Lookup, batch: Batch, found: str, key: str, one: str) -> str:
    """Each turn gets dicts of its own, as before: whoever keeps one may change it."""
    if lookup.query.how == "one":
        return f"dict({found}[{key}])" if batch.always else f"dict({found}[{key}]) if {key} in {found} else None"
    return f"[dict({one}) for {one} in {found}.get({key}, ())]"


def _unwrapped(lookup: Lookup, block: ast.AsyncWith, answer: str) -> str:
    """The statements of the block that held a cursor, with the answer in its place."""
    lines, fetch = list(lookup.function.module.raw_lines), lookup.query.fetch
    first, last = fetch.lineno - 1, (fetch.end_lineno or fetch.lineno) - 1
    lines[first : last + 1] = [
        lines[first][: fetch.col_offset] + answer.encode() + lines[last][fetch.end_col_offset :]
    ]
    inside = lines[block.body[0].lineno - 1 : (block.body[-1].end_lineno or 0) - (last - first)]
    return textwrap.dedent("\n".join(line.decode() for line in inside))
