"""Write a dict beside a list that an object holds: made when it is first asked, and caught up with when it is asked again.

The dict stands in one attribute together with the list that it was made of and the number of rows that are in it. So a
list that was made anew is seen by its identity, one that grew by its length, and an object that was pickled before the
change needs nothing: the class has the attribute, empty. What is forgotten is replaced, never emptied, so that a thread
that still puts rows into it does no harm; rows that two threads put in twice come second, and only first matches count.
"""

from __future__ import annotations

import ast

from perfprof.rules import guards
from perfprof.rules.attribute_changes import changed_by
from perfprof.rules.attribute_searches import AttributeSearch, Site
from perfprof.rules.indexing import at, collection_name, in_style
from perfprof.rules.reading.names import fresh
from perfprof.rules.row_tests import quietly
from perfprof.rules.rule import Case, Rewrite

NOTHING = "(None, {}, 0)"


def key_types(case: Case, found: AttributeSearch) -> tuple[str, ...]:
    """The types that the guards name: those of the rows' keys, and of the wanted ones where a guard exists."""
    rows: set[str] = set()
    wanted: set[str] = set()
    for number, site in enumerate(found.sites):
        held = case.watched(f"{number}:base0" if site.asked else f"{number}:inner")
        outer = case.watched(f"{number}:outer")
        if held is not None:
            rows |= set(held.elements if site.asked else held.types)
        wanted |= {one for one in outer.types if one in guards.FLAT} if outer is not None else set()
    return guards.key_types(rows | wanted) or ()


def keep_beside(case: Case) -> Rewrite:
    """The searches ask a new method, which knows the rows by their key."""
    found: AttributeSearch = case.suspect.reading
    state, ask = new_names(case, found)
    key = _key_word(found.sites[0])
    edits = [at("after", found.function.node, _beside(case, found, state, ask))]
    for site in found.sites:
        assert isinstance(site.outer, ast.Name)
        edits.append(at("replace", site.scan.subject, f"self.{ask}({site.outer.id})"))
    forget = f"self.{state} = {NOTHING}"
    for _, statement in changed_by(found.uses):
        edits.append(at("after", statement, forget))
    return Rewrite(
        edits=tuple(edits),
        why=f"each search looks its rows up by {key} instead of walking {found.text}; order and the test itself stay",
        memory=f"one dict entry for each key and one list slot for each row of {found.text}, as long as the object lives",
        reshapes=True,
    )


def new_names(case: Case, found: AttributeSearch) -> tuple[str, str]:
    """The names of the attribute and of the method that the class gets."""
    word, key = collection_name(found.sites[0].scan.subject), _key_word(found.sites[0])
    taken = found.function.module.identifiers | found.function.visible | case.taken
    return fresh(f"_{word}_by_{key}", taken), fresh(f"_{word}_with_{key}", taken)


def _key_word(site: Site) -> str:
    key = site.inner
    if isinstance(key, ast.Attribute):
        return key.attr.lstrip("_") or "key"
    return "value" if isinstance(key, ast.Name) else f"item_{ast.unparse(key.slice)}"  # type: ignore[attr-defined]


def _beside(case: Case, found: AttributeSearch, state: str, ask: str) -> str:
    """The attribute of the class, and the method that asks it."""
    site, types = found.sites[0], key_types(case, found)
    word, row, wanted = collection_name(site.scan.subject), site.row, ast.unparse(site.outer)
    names = ["self", row]
    for name in (word, wanted, "index", "known", "count", "_"):
        names.append(fresh(name, names))
    _, _, rows, key, index, known, count, _ = names
    return in_style(
        f"""def {ask}(self, {key}):
    # All of them, as before, where a key is not exactly {guards.readable(types).replace(", ", " or ")}.
    {rows}, {index} = {found.text}, self.{state}
    if type({rows}) is not list or not ({guards.is_key(key, types)}):
        return {rows}
    if {rows} is not {index}[0]:
        self.{state} = {index} = [{rows}, {{}}, 0]
    _, {known}, {count} = {index}
    if {count} < len({rows}):
        for {row} in {rows}[{count}:]:
            if not ({_row_test(site, types)}):
                break
            {known}.setdefault({ast.unparse(site.inner)}, []).append({row})
            {count} += 1
        {index}[2] = {count}
    return {known}.get({key}, ()) if {count} == len({rows}) else {rows}

# The list that is indexed, what it holds by its {_key_word(site)}, and how many of them are in there.
{state} = {NOTHING}""",
        found.function,
    )


def _row_test(site: Site, types: tuple[str, ...]) -> str:
    """A test of a row's key that cannot fail where reading it could."""
    key = site.inner
    if isinstance(key, ast.Subscript):
        row, number = ast.unparse(key.value), ast.unparse(key.slice)
        tests = [f"type({row}) is tuple", f"len({row}) > {number}", guards.is_key(ast.unparse(key), types)]
        return guards.joined(tests)
    absent = "None" if "builtins.NoneType" not in types else "..."
    return guards.is_key(quietly(key, absent), types)
