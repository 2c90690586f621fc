"""Obligations of a dict that a class keeps beside a list: all changes of the list are seen, and keys stay what they are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.attribute_changes import change_of, changed_by
from perfprof.rules.attribute_queues import Use, names_of_body
from perfprof.rules.attribute_searches import AttributeSearch, Site
from perfprof.rules.beside import key_types, new_names
from perfprof.rules.obligations import attribute_queues, keys, rows
from perfprof.rules.obligations.growth import shares_line
from perfprof.rules.obligations.proofs import guarded, obligation, observed, proved, unproved
from perfprof.rules.obligations.rows import unread_after
from perfprof.rules.reading.equality import made_by_the_project
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.rule import Case, Obligation, Proof

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Module

SETTING = frozenset({"setattr", "delattr", "__setattr__", "__delattr__"})
USED = (
    "type",
    "len",
    "getattr",
    "list",
    "tuple",
    "int",
    "str",
    "bytes",
    "bool",
    "float",
    "object",
    "set",
    "map",
    "all",
)
COPIES = re.compile(
    r"\bcopy\.(copy|replace)\b|\bfrom copy import|\bimport copy as\b|\(copy,|\b__copy__\b|\b__replace__\b"
)
BY_DICT = re.compile(  # all attributes of other objects at once
    r"(?<!\bself)(?<!\bcls)(?<!\bsuper\(\))\.__dict__\b|\bvars\((?!self\b|\))|\bgetmembers\(|(?<![\w.])(?<!def )dir\(\w"
)
_OWN_DICT = r"(\bself\.__dict__|\bvars\(self\))"
STORES_BY_WORD = re.compile(  # `self.__dict__.update(…)`, `vars(self)[word] = …`, `d = self.__dict__`
    rf"{_OWN_DICT}(\.(update|pop|popitem|clear|setdefault|__\w+__)\b|\[[^\]]*\]\s*[-+|*/]*=(?!=)|\s*\|?=(?!=))"
    rf"|=\s*{_OWN_DICT}\s*$",
    re.MULTILINE,
)


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


keys_hash_as_equal = _of_each(keys.keys_hash_as_equal, keys.elements_hash_as_equal)
reads_are_plain = _of_each(keys.reads_are_plain)


def _unread_after(case: Case) -> Proof:
    site: Site = case.suspect.reading
    return unread_after(site.scan, site.selection.bound, site.function)


row_unread_after = _of_each(replace(rows.row_unread_after, check=_unread_after))


@obligation
def nobody_else_holds_it(case: Case) -> Proof:
    """Only the class itself uses the list, and its objects may have one attribute more."""
    found: AttributeSearch = case.suspect.reading
    where = found.function.place(found.owner)
    if "__slots__" in names_of_body(found.owner):
        return unproved("`__slots__` leaves no place for another attribute", where)
    below = any(re.search(rf"\bclass \w+\([^)]*\b{found.owner.name}\b", text) for _, text in _texts(case))
    for path, text in _texts(case):
        if BY_DICT.search(text) or (below and ("__dict__" in text or "vars(" in text)):
            return unproved(f"{path.name} reads all attributes of objects at once", where)
    return attribute_queues.used_by_the_class_alone(case)


@obligation
def every_change_in_sight(case: Case) -> Proof:
    """Each change of the list is seen: it is made anew, added to at its end, or changed by a statement of the class."""
    found: AttributeSearch = case.suspect.reading
    for one in found.uses:
        problem = _unseen(one)
        if problem:
            return unproved(problem, one.method.place(one.node))
    for one, statement in changed_by(found.uses):
        if shares_line(statement, one.method):
            return unproved("the statement that changes it shares its line", one.method.place(statement))
    named = next(filter(None, map(_by_word, {one.method for one in found.uses})), None)
    if named is not None:
        return unproved("attributes of `self` are reached by words that are not known", found.function.place(named))
    copied = _copied(case)
    if copied is not None:
        return unproved(f"{copied.name} makes copies of objects, which might share the list")
    return proved(f"`{found.text}` is only made, added to, changed by statements and read by the class")


def _unseen(one: Use) -> str:
    """Why a use may change the list unseen; empty if it does not."""
    of_self = isinstance(one.node.value, ast.Name) and one.node.value.id == "self"
    if not of_self or one.method.parameters[:1] != ("self",):
        return f"`{ast.unparse(one.node)}` may be that of another object"
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
    return next((path for path, text in _texts(case) if COPIES.search(text)), None)


@obligation
def keys_never_change(case: Case) -> Proof:
    """A row that is in the list keeps its key."""
    found: AttributeSearch = case.suspect.reading
    key = found.sites[0].inner
    if isinstance(key, ast.Name):
        return proved("the rows themselves are the keys, of types that nobody can change")
    if isinstance(key, ast.Subscript):
        return guarded("a test that each row is a tuple, which nobody can change")
    assert isinstance(key, ast.Attribute)
    foreign = _foreign(case)
    if foreign:
        return unproved(f"rows were {foreign}: a library may store their attributes", found.function.place(key))
    again = next(filter(None, (_stored_again(key.attr, path, text, case) for path, text in _texts(case))), "")
    if again:
        return unproved(f"`.{key.attr}` may be stored again", again)
    return observed(f"no file of the project stores `.{key.attr}` but the `__init__` of an object")


def _stored_again(name: str, path: Path, text: str, case: Case) -> str:
    """Where a file may store an attribute of an object that is there; empty if it does not."""
    found: AttributeSearch = case.suspect.reading
    if STORES_BY_WORD.search(text) or _made_again(text):
        return path.name
    if not any(one in text for one in (f".{name}", *SETTING)):
        return ""
    own = found.function.module
    module = own if path == own.path else case.program.module(path)
    if module is None:
        return path.name
    spot = _stored(name, module)
    return f"{module.relative}:{getattr(spot, 'lineno', 1)}" if spot is not None else ""


def _made_again(text: str) -> bool:
    """Whether `__init__` is called outside of another one: for an object that is there, perhaps."""
    inside = ""
    for line in text.splitlines() if ".__init__(" in text else ():
        defined = re.match(r"\s*(async )?def (\w+)", line)
        inside = defined[2] if defined else inside
        if ".__init__(" in line and inside not in {"__init__", "__new__"}:
            return True
    return False


def _foreign(case: Case) -> str:
    """The types of rows that a run saw and the project does not define; empty if there are none."""
    found: AttributeSearch = case.suspect.reading
    seen = [case.watched(f"{number}:read0") for number, _ in enumerate(found.sites)]
    types = {kind for one in seen if one is not None for kind in one.types}
    return guards.readable(
        one for one in types if not made_by_the_project(one, found.function.module, case.program)
    )


def _by_word(method: Function) -> ast.AST | None:
    """``getattr(self, word)`` of whatever word."""
    for call in method.every(ast.Call):
        said = getattr(call.func, "id", "")
        fixed = len(call.args) > 1 and isinstance(call.args[1], ast.Constant)
        if said in {"getattr", *SETTING} and not fixed:
            return call
    return None


def _texts(case: Case) -> Iterator[tuple[Path, str]]:
    """All files of the project, its own first."""
    found: AttributeSearch = case.suspect.reading
    module = found.function.module
    yield module.path, module.source
    for path in attribute_queues.other_files(case.program, module.path):
        yield path, case.program.read(path) or ""


def _stored(name: str, module: Module) -> ast.AST | None:
    """Where an attribute of this name is stored, or one whose name is not known; what `__init__` gives its own object aside."""
    known = set(_of_new_objects(module))
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and _said(node.func) in SETTING:
            if _sets(node, name):
                return node
            known.add(node.func)
    for node in ast.walk(module.tree):
        stored = isinstance(node, ast.Attribute) and node.attr == name and not isinstance(node.ctx, ast.Load)
        if (stored or _said(node) in SETTING) and node not in known:
            return node
    return None


def _said(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _of_new_objects(module: Module) -> Iterator[ast.AST]:
    for one in module.functions:
        if one.owner is None or one.qualname.rsplit(".", 1)[-1] != "__init__" or not one.parameters:
            continue
        first = one.parameters[0]
        stores = [node for node in one.every(ast.Attribute) if not isinstance(node.ctx, ast.Load)]
        for node in stores:
            again = sum(other.attr == node.attr for other in stores) > 1
            if not again and isinstance(node.value, ast.Name) and node.value.id == first:
                yield node


def _sets(call: ast.Call, name: str) -> bool:
    """``setattr(row, "sku", …)``, and ``setattr(row, word, …)`` of whatever word."""
    words = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return name in words or not words


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
    for path, text in _texts(case):
        if borrowed.search(text):
            return f"{path.name} takes the method from the class, perhaps for objects of another one"
        if path != found.function.module.path and new.search(text):
            return f"{path.name} has a name that the new code would use"
    return ""
