"""Write a dict beside a list that an object holds: made when it is first asked, and caught up with when it is asked again.

The dict stands in one attribute together with the list that it was made of and the number of rows that are in it. So a
list that was made anew is seen by its identity, one that grew by its length, and an object that was pickled before the
change needs nothing: the class has the attribute, empty. What is forgotten is replaced, never emptied, so that a thread
that still puts rows into it does no harm; what two threads put in twice comes second, where a first match is wanted.

A walk whose matches do something goes by positions: when the list is not what it was, it goes on from where it stands as
the loop over the list would.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from perfprof.rules import guards
from perfprof.rules.kept_lists.attribute_changes import changed_by
from perfprof.rules.kept_lists.attribute_sites import Site
from perfprof.rules.kept_lists.searched import Searched
from perfprof.rules.reading.expressions import path_of
from perfprof.rules.reading.names import fresh
from perfprof.rules.rule import Case, Edit, Rewrite
from perfprof.rules.searching.indexing import at, collection_name, fitted, in_style
from perfprof.rules.searching.membership import name_for
from perfprof.rules.searching.row_tests import quietly

NOTHING = "(None, {}, 0)"


def key_types(case: Case, found: Searched) -> tuple[str, ...]:
    """The types that the guards name: those of the rows' keys, and of the wanted ones where a guard exists."""
    rows: set[str] = set()
    wanted: set[str] = set()
    for number, site in enumerate(found.sites):
        held = case.watched(f"{number}:base0" if site.asked else f"{number}:inner")
        outer = case.watched(f"{number}:outer")
        if held is not None:
            rows |= set(held.elements if site.asked else held.types)
        wanted |= {one for one in outer.types if one in guards.FLAT} if outer is not None else set()
    return guards.key_types(rows | wanted) or guards.key_types(rows) or ()


def keep_beside(case: Case) -> Rewrite:
    """The searches ask a new method, which knows the rows by their key."""
    found: Searched = case.suspect.reading
    state, ask = new_names(case, found)
    edits = [at("after", found.anchor, _beside(case, found, state, ask))]
    for site in found.sites:
        edits += _asking(site, ask, case, found)
    for one in changed_by(found.remade):
        forget = at("before" if one.before else "after", one.statement, f"{found.kept(state)} = {NOTHING}")
        here = one.use.method.module is found.function.module
        edits.append(forget if here else _elsewhere(forget, one.use.method.module.relative))
    key = _key_word(found.sites[0])
    return Rewrite(
        edits=tuple(edits),
        why=f"each search looks its rows up by {key} instead of walking {found.text}; order and the test itself stay",
        memory=f"one dict entry for each key and one list slot for each row of {found.text}, as long as the object lives",
        reshapes=True,
    )


def _elsewhere(edit: Edit, path: str) -> Edit:
    return Edit(edit.kind, edit.source, edit.line, edit.column, edit.end_line, edit.end_column, path)


def _asking(site: Site, ask: str, case: Case, found: Searched) -> list[Edit]:
    """The new method in the place of the list, or of its `index`."""
    subject, wanted, function = site.scan.subject, site.outer, site.function
    if site.kind == "index":
        call = site.scan.node
        assert isinstance(call, ast.Call)
        return [at("replace", call.func, found.call(ask))]
    if not site.asked or isinstance(wanted, (ast.Name, ast.Constant)):
        text = in_style(_read_early(wanted, key_types(case, found)), function)
        return [at("replace", subject, fitted(f"{found.call(ask)}({text})", subject, function))]
    kept = name_for(wanted, function.visible | case.taken)  # read once, into a name of its own
    value = f"({function.text(wanted)})" if isinstance(wanted, ast.NamedExpr) else function.text(wanted)
    return [at("replace", wanted, f"({kept} := {value})"), at("replace", subject, f"{found.call(ask)}({kept})")]


def _read_early(wanted: ast.expr, types: tuple[str, ...]) -> str:
    """A wanted key, also where no row would be compared with it: then to read it must not fail."""
    return quietly(wanted, _absent(types)) if path_of(wanted) is not None else ast.unparse(wanted)


def _absent(types: tuple[str, ...]) -> str:
    return "None" if "builtins.NoneType" not in types else "..."


def new_names(case: Case, found: Searched) -> tuple[str, str]:
    """The names of the attribute and of the method that the class gets."""
    word, key = collection_name(found.sites[0].scan.subject).lower(), _key_word(found.sites[0])
    taken = found.function.module.identifiers | found.function.visible | case.taken
    if found.form == "index":
        return fresh(f"_{word}_positions", taken), fresh(f"_{word}_index", taken)
    return fresh(f"_{word}_by_{key}", taken), fresh(f"_{word}_with_{key}", taken)


def _key_word(site: Site) -> str:
    if isinstance(site.key, ast.Tuple):
        return "_and_".join(_word(one) for one in site.key.elts)
    return _word(site.key)


def _word(key: ast.expr) -> str:
    if isinstance(key, ast.Attribute):
        return key.attr.lstrip("_") or "key"
    return "value" if isinstance(key, ast.Name) else f"item_{ast.unparse(key.slice)}"  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class _Words:
    """What the new method calls things."""

    rows: str
    row: str
    key: str
    index: str
    known: str
    count: str
    place: str
    last: str


def _words(found: Searched) -> _Words:
    site = found.sites[0]
    word, row = collection_name(site.scan.subject).lower(), site.row
    wanted = site.outer.id if isinstance(site.outer, ast.Name) else _key_word(site)
    names = ["self", row, found.name]
    for name in (word, wanted, "index", "known", "count", "place", "last", "_"):
        names.append(fresh(name, names))
    _, _, _, rows, key, index, known, count, place, last, _ = names
    return _Words(rows, row, key, index, known, count, place, last)


def _beside(case: Case, found: Searched, state: str, ask: str) -> str:
    """The attribute of the class, and the method that asks it."""
    it, types = _words(found), key_types(case, found)
    here, first = found.kept(state), "self, " if found.text.startswith("self.") else ""
    nothing = NOTHING if here == f"self.{state}" else f"[{NOTHING}]"
    gap = "" if getattr(found.anchor, "col_offset", 0) else "\n"
    exact = guards.readable(types).replace(", ", " or ")
    kept = f"{it.known}.setdefault({ast.unparse(found.sites[0].key)}, []).append({it.row})"
    body = {"rows": _rows, "walk": _walk, "index": _first_position}[found.form](it, found, state)
    if found.form != "rows":
        key = ast.unparse(found.sites[0].key)
        kept = f"{it.known}.setdefault({key}, {it.count})"
        kept = kept if found.form == "index" else f"{it.known}.setdefault({key}, []).append({it.count})"
    whole = {"rows": f"return {it.rows}", "walk": f"yield from {it.rows}\n        return"}
    otherwise = whole.get(found.form, f"return {it.rows}.index({it.key})")
    return in_style(
        f"""def {ask}({first}{it.key}):
    # All of them, as before, where a key is not exactly {exact}.
    {it.rows}, {it.index} = {found.text}, {here}
    if type({it.rows}) is not list or not ({guards.is_key(it.key, types)}):
        {otherwise}
    if {it.rows} is not {it.index}[0]:
        {here} = {it.index} = [{it.rows}, {{}}, 0]
    _, {it.known}, {it.count} = {it.index}
    if {it.count} < len({it.rows}):
        for {it.row} in {it.rows}[{it.count}:]:
            if not ({_row_test(found.sites[0], it.row, types)}):
                break
            {kept}
            {it.count} += 1
        {it.index}[2] = {it.count}
{body}
{gap}
# The list that is indexed, what it holds by its {_key_word(found.sites[0])}, and how many of them are in there.
{state} = {nothing}""",
        found.function,
    )


def _rows(it: _Words, found: Searched, state: str) -> str:
    return f"    return {it.known}.get({it.key}, ()) if {it.count} == len({it.rows}) else {it.rows}"


def _walk(it: _Words, found: Searched, state: str) -> str:
    here = found.kept(state)
    return f"""\
    if {it.count} != len({it.rows}):
        yield from {it.rows}
        return
    {it.last} = -1
    for {it.place} in {it.known}.get({it.key}, ()):
        if {it.place} > {it.last}:  # two threads may have put it in twice
            {it.last} = {it.place}
            yield {it.rows}[{it.place}]
            if {it.count} != len({it.rows}) or {it.index} is not {here}:
                break
    while ({it.count} != len({it.rows}) or {it.index} is not {here}) and {it.last} + 1 < len({it.rows}):
        {it.last} += 1  # it was changed meanwhile: on from there, as the list itself is walked
        yield {it.rows}[{it.last}]"""


def _first_position(it: _Words, found: Searched, state: str) -> str:
    return f"""\
    if {it.key} in {it.known}:
        return {it.known}[{it.key}]
    # Where all are known it is in none of them: an empty list says so in the same words.
    return ({it.rows} if {it.count} != len({it.rows}) else []).index({it.key})"""


def _row_test(site: Site, row: str, types: tuple[str, ...]) -> str:
    """A test of a row's key that cannot fail where reading it could."""
    if not isinstance(site.key, ast.Tuple):
        return _part_test(site.key, row, site.parts, types)
    inside = {
        one for name in types if name.startswith(guards.TUPLE) for one in name[len(guards.TUPLE) : -1].split(",")
    }
    return guards.joined(_part_test(one, row, site.parts, tuple(sorted(inside))) for one in site.key.elts)


def _part_test(key: ast.expr, row: str, parts: int, types: tuple[str, ...]) -> str:
    if isinstance(key, ast.Subscript):
        number = ast.unparse(key.slice)
        long = f"len({row}) == {parts}" if parts else f"len({row}) > {number}"
        return guards.joined([f"type({row}) is tuple", long, guards.is_key(ast.unparse(key), types)])
    return guards.is_key(quietly(key, _absent(types)), types)
