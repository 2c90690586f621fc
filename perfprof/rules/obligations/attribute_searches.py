"""Obligations of a dict that a class keeps beside a list: all changes of the list are seen, and keys stay what they are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.rules.kept_lists.attribute_changes import change_of, changed_by
from perfprof.rules.kept_lists.attribute_queues import Use, names_of_body
from perfprof.rules.kept_lists.attribute_searches import AttributeSearch
from perfprof.rules.kept_lists.attribute_sites import Site
from perfprof.rules.kept_lists.attribute_uses import default_of, gives_field, mangled, private
from perfprof.rules.kept_lists.beside import key_types, new_names
from perfprof.rules.obligations import attribute_queues, keys, rows
from perfprof.rules.obligations.attribute_keys import SETTING
from perfprof.rules.obligations.growth import shares_line
from perfprof.rules.obligations.proofs import obligation, observed, proved, unproved
from perfprof.rules.obligations.rows import unread_after
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.metaclasses import stored_by
from perfprof.rules.reading.projects import BY_DICT, texts
from perfprof.rules.rule import Case, Obligation, Proof

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Module
USED = tuple("type len getattr list tuple int str bytes bool float object set map all".split())
COPIES = re.compile(
    r"\bcopy\.(copy|replace)\b|\bfrom copy import|\bimport copy as\b|\(copy,|\b__copy__\b|\b__replace__\b"
)
_DEFINED = frozenset({"__getattr__", "__setattr__", "__delattr__", "__getattribute__"})
BY_WORD = re.compile(r"""\b[gs]etattr\(\s*[^,()]*(\([^()]*\)[^,()]*)*,(?!\s*["'])""")


def _of_each(one: Obligation, asked: Obligation | None = None) -> Obligation:
    """The same obligation for each of the searches (another for ``x in``); the weakest proof counts."""

    def check(case: Case) -> Proof:
        proofs = [(asked or one if sub.suspect.reading.asked else one).check(sub) for sub in _searches(case)]
        return replace(min(proofs, key=lambda proof: proof.level), obligation=one.name)

    return replace(one, check=check)


def _searches(case: Case) -> Iterator[Case]:
    """The case of each search by itself, with what its watches saw."""
    found: AttributeSearch = case.suspect.reading
    what = case.suspect.finding
    for number, site in enumerate(found.sites):
        own = replace(case.suspect, finding=replace(what, id=f"{what.id}:{number}"), reading=site)
        yield replace(case, suspect=own)


def _read_as_before(case: Case) -> Proof:
    return proved("what is looked for is read once, as before")


_as_often = replace(keys.reads_are_plain, check=_read_as_before)
keys_hash_as_equal = _of_each(keys.keys_hash_as_equal, keys.elements_hash_as_equal)
reads_are_plain = _of_each(keys.reads_are_plain, _as_often)


def _unread_after(case: Case) -> Proof:
    site: Site = case.suspect.reading
    return unread_after(site.scan, site.selection.bound, site.function)


row_unread_after = _of_each(replace(rows.row_unread_after, check=_unread_after))


@obligation
def nobody_else_holds_it(case: Case) -> Proof:
    """Only the class itself changes the list, and its objects may have one attribute more."""
    found: AttributeSearch = case.suspect.reading
    if not found.is_made_here:
        return _not_made_here(found)
    where = found.function.place(found.owner)
    own_ways = _own_ways(found)
    if own_ways:
        return unproved(own_ways, where)
    files = {module.path for module in found.family.classes.values()}
    derived = len(found.family.classes) > 1
    for path, text in texts(case.program, found.function.module):
        if BY_DICT.search(text) or (derived and path in files and ("__dict__" in text or "vars(" in text)):
            return unproved(f"{path.name} reads all attributes of objects at once", where)
        if _by_text(found).search(text):
            return unproved(f"{path.name} speaks of `{found.name}` in a text", where)
    if _by_unknown_words(case):
        return unproved(
            f"`{found.name}` stands in a text, and attributes are reached by words that are not known", where
        )
    return _used_elsewhere(found) or _given_by_nobody(case)


def _used_elsewhere(found: AttributeSearch) -> Proof | None:
    """Where somebody else uses it in a way that is not known, and where from if a method hands it out; None if nobody does."""
    other = next((one for one in found.others if change_of(one) not in {"reads", "grows", "made"}), None)
    if other is None:
        return None
    given = next((one for one in found.uses if isinstance(one.above, ast.Return)), None)
    if given is not None:
        why = f"`{given.method.qualname}` returns `{found.text}`, so that others may hold it and change it"
        return unproved(why, given.method.place(given.node))
    around = other.method.outer
    within = around is not None and around.owner in found.family.classes
    user = (
        f"by `{other.method.qualname}`, a function in a method" if within else "outside of the class's own methods"
    )
    return unproved(f"`{found.name}` is used {user}", other.method.place(other.node))


def _own_ways(found: AttributeSearch) -> str:
    """Why the class may make or use attributes in a way of its own; empty if it does not."""
    if found.name.endswith("__"):
        return f"`{found.name}` is a name that Python may use"
    if found.family.foreign:
        return f"a base may use it: {found.family.foreign}"
    for owner, module in found.family.classes.items():
        if "__slots__" in names_of_body(owner):
            return "`__slots__` leaves no place for another attribute"
        makers = {ast.unparse(one.value) for one in owner.keywords if not _plain_maker(one, module, found)}
        marks = [ast.unparse(one) for one in owner.decorator_list if not _plain_dataclass(one)]
        if makers or marks:
            who = f"the metaclass `{min(makers)}`" if makers else f"the decorator `@{marks[0]}`"
            there = f" ({module.relative}:{owner.lineno})" if owner is not found.owner else ""
            return f"{who} may use it, or change the class{there}"
        ways = sorted({*attribute_queues.OWN_WAYS, "vars"} & module.identifiers)
        told = next((why for way in ways if (why := _own_way(way, owner, module))), "")
        if told or found.name in _assigned(owner, found):
            return told or f"the class gives `{found.name}` a value of its own"
    return ""


def _plain_maker(one: ast.keyword, module: Module, found: AttributeSearch) -> bool:
    """``metaclass=ABCMeta``, or one of the same file that only gives each class a few values under other names."""
    if one.arg != "metaclass" or ast.unparse(one.value) in {"ABCMeta", "abc.ABCMeta"}:
        return one.arg == "metaclass"
    maker = module.top.get(one.value.id) if isinstance(one.value, ast.Name) and "type" not in module.top else None
    known = isinstance(maker, ast.ClassDef) and maker.name not in module.rebound
    stored = stored_by(maker) if known and isinstance(maker, ast.ClassDef) else None
    return stored is not None and found.name not in stored


def _own_way(way: str, owner: ast.ClassDef, module: Module) -> str:
    """How the class, or somebody for its objects, goes this way; what another class defines for its own is nothing to it."""
    if way in (ast.get_source_segment(module.source, owner) or ""):
        return f"the class makes attributes in its own way (`{way}`)"
    meant = re.search(rf"\.{way}\b|[\"']{way}[\"']", module.source) is not None
    return f"`{way}` in {module.relative} may reach it" if meant or way not in _DEFINED else ""


def _plain_dataclass(mark: ast.expr) -> bool:
    """``@dataclass``, whose objects may have another attribute, which is no field."""
    called = mark.func if isinstance(mark, ast.Call) else mark
    words = (
        [(one.arg, getattr(one.value, "value", None)) for one in mark.keywords]
        if isinstance(mark, ast.Call)
        else []
    )
    free = not any(word in {"slots", "frozen", None} and value is not False for word, value in words)
    return getattr(called, "attr", getattr(called, "id", "")) == "dataclass" and free


def _assigned(owner: ast.ClassDef, found: AttributeSearch) -> set[str]:
    """Names that the class's body gives a value, other than a new list for each object."""
    told = [one for one in owner.body if isinstance(one, ast.AnnAssign)]
    known = [one for one in told if one.value is None and not owner.decorator_list]
    known += [one for one in told if one.value is not None and one.value is default_of(found.name, owner)]
    names = [getattr(one.target, "id", "") for one in known]
    again = [one for one in owner.body if one not in known]
    other = names_of_body(ast.ClassDef(owner.name, [], [], again, []))
    return other if found.name in names else names_of_body(owner)


def _by_text(found: AttributeSearch) -> re.Pattern[str]:
    """``getattr(repo, "_rows")``, ``attrgetter("owner._rows")``; for a private name any text that is it."""
    if private(found.name):
        return re.compile(rf"""["'.]{mangled(found.name, found.family)}["']""")
    asked = "" if found.name.startswith("_") else r"attr\w*\(.*"  # a public word may be the key of anything
    return re.compile(rf"""{asked}["']{found.name}["']|["'][\w.]*\.{found.name}["'.]""")


def _by_unknown_words(case: Case) -> bool:
    """Whether ``getattr(repo, word)`` stands in the project, and the attribute's name as a text that may be the word."""
    found: AttributeSearch = case.suspect.reading
    files = [text for _, text in texts(case.program, found.function.module)]
    said = re.compile(rf"""["']{found.name}["']""")
    return any(map(said.search, files)) and any(map(BY_WORD.search, files))


def _given_by_nobody(case: Case) -> Proof:
    """Whether the list of a dataclass is never given by those who make an object."""
    found: AttributeSearch = case.suspect.reading
    if default_of(found.name, found.owner) is not None:
        for path, text in texts(case.program, found.function.module):
            module = case.program.module(path) if found.owner.name in text else None
            given = gives_field(found.name, found.owner, module) if module is not None else None
            if given is not None and module is not None:
                where = f"{module.relative}:{given.lineno}"
                return unproved(f"`{found.name}` may be given by those who make an object", where)
    if private(found.name):
        return proved("its name belongs to the class alone")
    by_name = "by its name it belongs to the class alone, and " if found.name.startswith("_") else ""
    return observed(
        f"{by_name}no file of the project but the class's own changes it", found.function.place(found.owner)
    )


@obligation
def every_change_in_sight(case: Case) -> Proof:
    """Each change of the list is seen: it is made anew, added to at its end, or changed by a statement of the class."""
    found: AttributeSearch = case.suspect.reading
    for one in found.uses:
        problem = _unseen(one)
        if problem:
            return unproved(problem, one.method.place(one.node))
    for change in changed_by(found.remade):
        where = change.use.method.place(change.statement)
        if shares_line(change.statement, change.use.method):
            return unproved("the statement that changes it shares its line", where)
    named = next(((one, call) for one in found.family.methods() if (call := _by_word(one)) is not None), None)
    if named is not None:
        return unproved("attributes of `self` are reached by words that are not known", named[0].place(named[1]))
    copied = _copied(case)
    if copied is not None:
        return unproved(f"{copied.name} makes copies of objects, which might share the list")
    return proved(f"`{found.text}` is only made, added to, changed by statements and read by the class")


def _not_made_here(found: AttributeSearch) -> Proof:
    given = next((one for one in found.uses if isinstance(one.node.ctx, ast.Store)), None)
    where = given.method.place(given.node) if given is not None else found.function.place(found.owner)
    return unproved(f"`{found.text}` is not made by the class, so that others may hold it and change it", where)


def _unseen(one: Use) -> str:
    """Why a use may change the list unseen; empty if it does not."""
    if "self" in one.method.names.bindings or one.method.names.dynamic:
        return "`self` may be another object"
    return (
        "" if change_of(one) else "somebody else may hold the list from here on, or it is changed in an unknown way"
    )


def _copied(case: Case) -> Path | None:
    """A file that may make a copy of an object, with the same list, where rows are taken from it."""
    found: AttributeSearch = case.suspect.reading
    if not any(change_of(one) == "taken" for one in found.uses):
        return None
    fields = default_of(found.name, found.owner) is not None  # which `dataclasses.replace` hands on
    files = texts(case.program, found.function.module)
    return next((path for path, text in files if COPIES.search(text) or (fields and "replace" in text)), None)


def _by_word(method: Function) -> ast.AST | None:
    """``getattr(self, word)`` of whatever word."""
    for call in method.every(ast.Call):
        said = getattr(call.func, "id", "")
        fixed = len(call.args) > 1 and isinstance(call.args[1], ast.Constant)
        if said in {"getattr", *SETTING} and not fixed:
            return call
    return None


@obligation
def new_code_means_the_same(case: Case) -> Proof:
    """`type`, `len` … mean the builtins in the class, and the types of keys can be named."""
    found: AttributeSearch = case.suspect.reading
    functions: list[Function] = [site.function for site in found.sites]
    shadowed = [name for name in USED if not all(is_builtin(name, one) for one in functions)]
    if shadowed:
        return unproved(f"`{shadowed[0]}` has another meaning in this file")
    outer = found.function.outer
    if outer is not None and outer.qualname != "<module>":
        return unproved("the class is made in a function", found.function.place(found.owner))
    elsewhere = _met_elsewhere(case)
    if elsewhere:
        return unproved(elsewhere, found.function.place(found.owner))
    if case.seen and not key_types(case, found):
        return unproved("no type of keys is known", found.function.place(found.owner))
    return proved("no builtin that the new code uses is bound in this file")


def _met_elsewhere(case: Case) -> str:
    """Where the new names, or methods that need them, may meet another class; empty if they are of this one alone."""
    found: AttributeSearch = case.suspect.reading
    if any(site.function.node not in found.owner.body for site in found.sites):
        return "a method is made under a condition"
    methods = "|".join(site.function.qualname.rpartition(".")[2] for site in found.sites)
    borrowed = re.compile(rf"\b{found.owner.name}\.({methods})\b")
    new = re.compile(rf"\b({'|'.join(new_names(case, found))})\b")
    for path, text in texts(case.program, found.function.module):
        if borrowed.search(text):
            return f"{path.name} takes the method from the class, perhaps for objects of another one"
        if path != found.function.module.path and new.search(text):
            return f"{path.name} has a name that the new code would use"
    return ""
