"""Write the index of a narrowing: built once before the loop, asked instead of the whole collection."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.imported import with_imports
from perfprof.rules.reading.expressions import QUIET_TEXT, key_in_holder
from perfprof.rules.reading.handed import is_handed
from perfprof.rules.reading.leaves import CUTS, WITH_TEXT, leaves
from perfprof.rules.reading.names import fresh
from perfprof.rules.reading.selection import substituted
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.rule import Case, Edit, Level, Rewrite
from perfprof.rules.searching.iterators import loop_tests
from perfprof.rules.searching.row_names import bare, either, element, names_apart, substituted_target
from perfprof.rules.searching.row_tests import key_types, length_tests, quiet_text, quietly, row_test

if TYPE_CHECKING:
    from perfprof.rules.reading.counting import Counting
    from perfprof.rules.reading.program import Function
    from perfprof.rules.searching.narrowing import Narrowing


def build_index(case: Case) -> Rewrite:
    """The index before the loop, and the bucket in the place of the collection."""
    found: Narrowing = case.suspect.reading
    taken = found.function.visible | case.taken
    new = names_apart(found, taken)
    row, inner = element(substituted_target(found.target, new)), substituted(found.inner, new)
    index = fresh(index_name(found, inner), taken)
    known = fresh(f"{index}_known", taken | {index})
    walked, key = whole(found), in_style(ast.unparse(inner), found.function)
    place = fresh("place", taken | {index, known})
    empty, fill = f"{index} = {{}}", _filled(found, index, key, row, place)
    if found.grown:  # how many it knows is counted, for rows that are appended later
        empty, fill = f"{index}, {known} = {{}}, None", f"{fill}\n{known} = len({walked})"
    bucket, before = _bucket(found, index, row, place), f"{empty}\n{fill}"
    tests = all_conditions(case, found, row, new)
    if tests or found.grown:
        types = key_types(case)
        bucket = _chosen(found, bucket, _asked(found, index, known, types))
        before = only_where(tests, types, empty, fill)
    found_rows = [
        in_place(_replaced(found), fitted(bucket, _replaced(found), found.function), index, found.function)
    ]
    if found.counting is not None:
        asked = _asked(found, index, known, key_types(case)) if tests else index
        found_rows = jumps(found, found.counting, _bucket(found, index, row, place), asked, taken | {index})
    why = f"each turn looks its rows up by {key} instead of walking {walked}; order and the test itself stay"
    rewrite = Rewrite(
        edits=(at("before", found.hoist.statement, before), *found_rows, *_additions(case, found, index, known)),
        why=why,
        memory=f"one dict entry for each key and one list slot for each row of {walked} while the function runs",
    )
    return with_imports(rewrite, found.function)


def _filled(found: Narrowing, index: str, key: str, row: str, place: str) -> str:
    """Each row below its key; of a list of which a part is walked, with its place."""
    if found.part is None:
        return f"for {bare(row)} in {whole(found)}:\n    {index}.setdefault({key}, []).append({row})"
    walked = f"for {place}, {row} in enumerate({whole(found)}):"
    return f"{walked}\n    {index}.setdefault({key}, []).append(({place}, {row}))"


def wanted_key(found: Narrowing) -> str:
    """The key that a turn wants."""
    return in_style(ast.unparse(found.outer), found.function)


def _bucket(found: Narrowing, index: str, row: str, place: str) -> str:
    """What the index holds under the wanted key, from the place on where the walk begins."""
    miss = "[]" if found.helper is not None and found.inlined is None else "()"
    bucket = f"{index}.get({wanted_key(found)}, {miss})"
    if found.part is not None:
        return f"[{row} for {place}, {row} in {bucket} if {found.part.holds(place)}]"
    if found.stretch is None or found.stretch.first is None:
        return bucket
    return f"[{row} for {row} in {bucket} if {row} >= {ast.unparse(found.stretch.first)}]"


def _asked(found: Narrowing, index: str, known: str, types: tuple[str, ...]) -> str:
    """Where the index may be asked: it is filled, knows all rows, and the wanted key is of its types."""
    there = f"{index} and {known} == len({whole(found)})" if found.grown else index
    # The index comes first: where it is empty nothing is walked, and the wanted key not read.
    return guards.joined([there, *wanted_tests(found, types), *_present(found, index, types)])


def only_where(tests: str, types: tuple[str, ...], empty: str, fill: str) -> str:
    """The index as it is without rows, and the statements that fill it where ``tests`` hold."""
    note = f"# Left empty, so that all of them are walked as before, unless every key is {either(types)}."
    body = "\n".join("    " + line for line in fill.splitlines())
    return f"{note}\n{empty}\nif {tests}:\n{body}"


def _is_list(found: Narrowing, known: str) -> str:
    """What else is asked before the length of something that may be no list."""
    return "" if builtin_type(found.walked, found.function) == "list" else f"{known} is not None and "


def _additions(case: Case, found: Narrowing, index: str, known: str) -> list[Edit]:
    """After each row that is appended, the row in the index, if it is the only one that the index lacks.

    How many rows the index knows is counted beside it: where that is not how many there are, because a row was not of
    the guarded types, the list is walked as before.
    """
    if not isinstance(found.target, ast.Name):
        return []  # which is never appended to
    style, listed = found.function, found.function.text(found.walked)
    new = {found.target.id: ast.parse(f"{listed}[-1]", mode="eval").body}
    key = in_style(ast.unparse(substituted(found.inner, new)), style)
    test = guards.joined(
        [f"{_is_list(found, known)}{known} == len({listed}) - 1", in_style(row_test(case, found, new), style)]
    )
    body = f"    {index}.setdefault({key}, []).append({listed}[-1])\n    {known} += 1"
    return [at("after", one.node, f"if {test}:\n{body}") for one in found.grown]


# What is made of which: ``name.lower()`` of exactly a string is exactly a string. ``int`` makes an int, or fails as before.
_MADE = {"text": ("builtins.str", ("builtins.str",)), "number": ("builtins.int", tuple(sorted(guards.NUMBERS)))}


def wanted_tests(found: Narrowing, types: tuple[str, ...]) -> list[str]:
    """Tests that the wanted key is of the guarded types, or what it is computed from."""
    wanted = found.selection.ints or (found.outer,)
    parts = leaves(found.outer) if isinstance(found.outer, (ast.Call, ast.Subscript)) else None
    kinds = {kind for _, kind in parts or ()}
    made, of = _MADE.get(kinds.pop(), ("", ())) if len(kinds) == 1 else ("", ())
    if made in types:
        wanted, types = tuple(one for one, _ in parts or ()), of
    tests = [guards.is_key(ast.unparse(one), types) for one in wanted if not isinstance(one, ast.Constant)]
    return [in_style(one, found.function) for one in tests]


def _chosen(found: Narrowing, bucket: str, asked: str) -> str:
    """The bucket where it may be asked, else all rows; of an inlined call the search itself, else the call."""
    if found.inlined is None:
        return f"{bucket} if {asked} else {found.function.text(found.walked)}"
    answer = in_style(found.inlined.text(bucket), found.function)
    return f"({answer} if {asked} else {found.function.text(found.inlined.node)})"


def _present(found: Narrowing, index: str, types: tuple[str, ...]) -> list[str]:
    """Where the call raises without a match, the index is asked only for keys that it has; NaN matches nothing."""
    if found.inlined is None or not found.inlined.certain:
        return []
    outer, number = wanted_key(found), any("builtins.float" in name for name in types)
    return [*([f"{outer} == {outer}"] if number else []), f"{outer} in {index}"]


def _replaced(found: Narrowing) -> ast.expr:
    return found.walked if found.inlined is None else found.inlined.node


def at(kind: str, node: ast.AST, source: str) -> Edit:
    """An edit at the place of a node."""
    line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
    return Edit(
        kind, source, line, column, getattr(node, "end_lineno", line), getattr(node, "end_col_offset", column)
    )


def in_place(node: ast.expr, source: str, there: str, function: Function) -> Edit:
    """New source for an expression; for the function that a builtin calls a lambda, if there is something to ask."""
    if not (isinstance(node, ast.Call) and is_handed(node)):
        return at("replace", node, source)
    new = f"(lambda {ast.unparse(node.args[0])}: {source}) if {there} else {function.text(node.func)}"
    return at("replace", node.func, new)


def jumps(found: Narrowing, one: Counting, bucket: str, asked: str, taken: frozenset[str]) -> list[Edit]:
    """A ``while`` that counts jumps to the next position in the bucket, and behind the last to the end."""
    left, end = fresh("left", taken), ast.unparse(one.end)
    there, _, more = asked.partition(" and ")
    tests = guards.joined([there, *(found.function.text(other) for other in one.others), more])
    begin = f"{left} = iter({bucket}) if {tests} else None\nif {left} is not None:\n    {one.name} = next({left}, {end})"
    step = f"{one.name} = next({left}, {end}) if {left} is not None else {one.name} + 1"
    return [at("before", found.scan.statement, begin), at("statement", one.step, step)]


def index_name(found: Narrowing, inner: ast.expr) -> str:
    """``customers_by_id``."""
    return f"{collection_name(found.bases[0])}_by_{key_name(inner)}"


def collection_name(base: ast.expr) -> str:
    """The last word of a name or attribute chain, without leading underscores."""
    word = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "rows")
    key = key_in_holder(base)
    if key is not None and key[1:-1].isidentifier():
        word = key[1:-1]
    return str(word).lstrip("_") or "rows"


def key_name(inner: ast.expr) -> str:
    """The word for a key: the attribute or item that it is read from."""
    words = [node.attr for node in ast.walk(inner) if isinstance(node, ast.Attribute) and node.attr not in _CALLED]
    words += [
        node.value
        for node in ast.walk(inner)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier()
    ]
    if not words and isinstance(inner, ast.Name):
        words = [inner.id]
    return words[0].lstrip("_").lower() if words else "key"


_CALLED = frozenset({"get", *QUIET_TEXT, *WITH_TEXT, *CUTS})


def conditions(case: Case, found: Narrowing) -> list[str]:
    """What must hold for the rows to be looked up, besides what their keys must be."""
    tests: list[str] = list(found.inlined.before) if found.inlined is not None else []
    walked = found.function.text(found.walked)
    if case.level("walked-again") is not Level.PROVED:
        for number, base in reversed([*enumerate(found.bases)]):  # what holds another one comes first
            seen = case.watched(f"base{number}")
            there = in_style(quietly(base), found.function)
            tests.append(guards.is_collection(there, seen.types if seen else (), guards.ROWS) or "")
    for base, stable in zip((*found.bases, *found.also), found.stable, strict=True):
        tests += [f"{found.function.text(base)} is not {quiet_text(other)}" for other in stable.apart]
    tests += loop_tests(case, found)
    if found.unpacked:
        tests += [f"set(map(type, {walked})) <= {{tuple}}", f"set(map(len, {walked})) <= {{{found.unpacked}}}"]
    tests += length_tests(found)
    return tests


def all_conditions(case: Case, found: Narrowing, row: str, new: dict[str, ast.expr]) -> str:
    """What must hold for the index to be filled; empty if all of it is proved."""
    tests = conditions(case, found)
    if case.level("keys-hash-as-equal") is not Level.PROVED:
        test = in_style(row_test(case, found, new), found.function)
        tests.append(f"all({test} for {bare(row)} in {whole(found)})")
    return guards.joined(dict.fromkeys(tests))


def whole(found: Narrowing) -> str:
    """All rows that any walk may meet."""
    if found.part is not None:
        return found.function.text(found.part.values)
    return found.stretch.whole if found.stretch is not None else found.function.text(found.walked)


def in_style(source: str, function: Function) -> str:
    """Generated source with the quotes that the file prefers."""
    text = function.module.source
    if text.count('"') >= text.count("'") and '"' not in source and "\\" not in source:
        return source.replace("'", '"')
    return source


def fitted(source: str, place: ast.AST, function: Function) -> str:
    """Source for a place that may lie in an f-string: with the quotes that the f-string does not have."""
    above = function.parents.get(place)
    while above is not None and not isinstance(above, (ast.JoinedStr, ast.stmt)):
        above = function.parents.get(above)
    text = function.text(above) if isinstance(above, ast.JoinedStr) else ""
    own = next((sign for sign in text if sign in "'\""), "")
    other = {"'": '"', '"': "'"}.get(own, "")
    return source.replace(own, other) if own and other not in source else source
