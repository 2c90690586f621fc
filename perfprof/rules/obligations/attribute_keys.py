"""Obligations about the keys of rows that an object holds: a row that is in the list keeps its key."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.kept_lists.searched import Searched
from perfprof.rules.obligations.proofs import guarded, obligation, observed, proved, unproved
from perfprof.rules.reading.equality import made_by_the_project
from perfprof.rules.reading.projects import texts
from perfprof.rules.rule import Case, Proof

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Module

SETTING = frozenset({"setattr", "delattr", "__setattr__", "__delattr__"})
_OWN_DICT = r"(\bself\.__dict__|\bvars\(self\))"
STORES_BY_WORD = re.compile(  # `self.__dict__.update(…)`, `vars(self)[word] = …`, `d = self.__dict__`
    rf"{_OWN_DICT}(\.(update|pop|popitem|clear|setdefault|__\w+__)\b|\[[^\]]*\]\s*[-+|*/]*=(?!=)|\s*\|?=(?!=))"
    rf"|=\s*{_OWN_DICT}\s*$",
    re.MULTILINE,
)


@obligation
def keys_never_change(case: Case) -> Proof:
    """A row that is in the list keeps its key."""
    found: Searched = case.suspect.reading
    key = found.sites[0].inner
    if isinstance(key, ast.Name):
        return proved("the rows themselves are the keys, of types that nobody can change")
    words = [one.attr for one in ast.walk(key) if isinstance(one, ast.Attribute)]
    if not words:
        seen = [case.watched(f"{number}:base0") for number, _ in enumerate(found.sites)]
        if {kind for one in seen if one is not None for kind in one.elements} == {"builtins.list"}:
            return unproved("rows were lists, whose items may be stored")
        return guarded("a test that each row is a tuple, which nobody can change")
    foreign = _foreign(case)
    if foreign:
        where = found.function.place(found.sites[0].selection.spot)
        return unproved(f"rows were {foreign}: a library may store their attributes", where)
    for word in words:
        files = texts(case.program, found.function.module)
        again = next(filter(None, (_stored_again(word, path, text, case) for path, text in files)), "")
        if again:
            return unproved(f"`.{word}` may be stored again", again)
    return observed(f"no file of the project stores `.{'` or `.'.join(words)}` but the `__init__` of an object")


def _stored_again(name: str, path: Path, text: str, case: Case) -> str:
    """Where a file may store an attribute of an object that is there; empty if it does not."""
    found: Searched = case.suspect.reading
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
    found: Searched = case.suspect.reading
    seen = [case.watched(f"{number}:row") for number, _ in enumerate(found.sites)]
    types = {kind for one in seen if one is not None for kind in one.types} or {"never seen"}
    return guards.readable(
        one for one in types if not made_by_the_project(one, found.function.module, case.program)
    )


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
