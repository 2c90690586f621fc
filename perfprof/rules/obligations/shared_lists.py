"""Obligations of a dict beside a list that functions share: nobody else changes the list, and every change is seen."""

from __future__ import annotations

import re

from perfprof.rules.kept_lists.attribute_changes import change_of, changed_by
from perfprof.rules.kept_lists.beside import key_types, new_names
from perfprof.rules.kept_lists.shared_lists import SharedSearch
from perfprof.rules.obligations.attribute_searches import USED
from perfprof.rules.obligations.growth import shares_line
from perfprof.rules.obligations.proofs import obligation, observed, proved, unproved
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.names import DYNAMIC
from perfprof.rules.reading.projects import texts
from perfprof.rules.rule import Case, Proof

_BY_TEXT = DYNAMIC | {"__dict__", "__closure__", "setattr"}


@obligation
def nobody_else_has_the_list(case: Case) -> Proof:
    """Only functions that see the list by its name change it."""
    found: SharedSearch = case.suspect.reading
    module, where = found.function.module, found.maker.place(found.made)
    dynamic = sorted(_BY_TEXT & module.identifiers)
    if dynamic:
        return unproved(f"names may be reached by text here (`{dynamic[0]}`)", where)
    for one in found.others:
        if change_of(one) not in {"reads", "grows"}:
            return unproved(f"`{found.name}` is used in another way", one.method.place(one.node))
    if found.maker.qualname != "<module>":
        return proved("functions inside see it, and no others")
    told = re.compile(rf"""["'](?:[\w.]*\.)?{found.name}["']""")
    for path, text in texts(case.program, module):
        if told.search(text):
            return unproved(f"{path.name} speaks of `{found.name}` in a text", where)
    return observed("no other file of the project changes it", where)


@obligation
def every_change_of_it_in_sight(case: Case) -> Proof:
    """Each change of the list is seen: it is made anew, added to at its end, or changed by a statement."""
    found: SharedSearch = case.suspect.reading
    for one in found.remade:
        if not change_of(one):
            why = "somebody else may hold the list from here on, or it is changed in an unknown way"
            return unproved(why, one.method.place(one.node))
    for change in changed_by(found.remade):
        if shares_line(change.statement, change.use.method):
            where = change.use.method.place(change.statement)
            return unproved("the statement that changes it shares its line", where)
    return proved(f"`{found.name}` is only made, added to, changed by statements and read")


@obligation
def new_names_mean_the_same(case: Case) -> Proof:
    """`type`, `len` … mean the builtins where the list is made, and the types of keys can be named."""
    found: SharedSearch = case.suspect.reading
    shadowed = [name for name in USED if not is_builtin(name, found.maker)]
    where = found.maker.place(found.made)
    if shadowed:
        return unproved(f"`{shadowed[0]}` has another meaning in this file")
    if shares_line(found.made, found.maker):
        return unproved("the statement that makes the list shares its line", where)
    if case.seen and not key_types(case, found):
        return unproved("no type of keys is known", where)
    new = re.compile(rf"\b({'|'.join(new_names(case, found))})\b")
    for path, text in texts(case.program, found.function.module):
        if path != found.function.module.path and new.search(text):
            return unproved(f"{path.name} has a name that the new code would use", where)
    return proved("no builtin that the new code uses is bound in this file")
