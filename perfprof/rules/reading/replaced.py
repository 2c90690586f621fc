"""Names that a project gives another meaning while it runs: attributes that are stored, and what tests patch.

A call that is evaluated where it stands no longer asks the name: ``repo.find = cached(repo.find)``,
``monkeypatch.setattr(Repo, "find", …)`` and ``mock.patch("shop.find")`` would be passed by.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.reading.projects import other_files

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Module, Program

_STORED = re.compile(r"(\w+)\.(\w+)\s*(?::[^=\n]+)?=(?!=)")
_UNPACKED = re.compile(r"^\s*((?:[\w.]+\s*,\s*)+[\w.]+)\s*=(?!=)", re.MULTILINE)
_ITEM = re.compile(r"""(?:\b__dict__|\bvars\(\w+\)|\bglobals\(\))\[["'](\w+)["']\]\s*=(?!=)""")
_PATCHED = re.compile(
    r"\b(?:setattr|setitem|patch\w*(?:\.dict)?|object|multiple|stub\w*|spy\w*)\(((?:[^()]|\([^()]*\))*)"
)
_WORD = re.compile(r"""["'](?:[\w.]+\.)?(\w+)["']|\b(\w+)\s*=(?!=)""")


_CALLED = re.compile(r"wrap|decorat|partial|method|cache|getattr|func|traced|patched|inner", re.IGNORECASE)
ANY = "*"


def is_replaced(name: str, owner: str, here: Module, program: Program) -> bool:
    """Whether some file of the project stores an attribute of this name, or patches it. Where no run follows, none is read.

    owner: the class of a property, which hides what objects store; empty for what each object may have of its own.
    """
    wanted = {f"{owner}.{name}", f"!{name}", ANY} if owner else {name, ANY}
    return not of_project(here, program).isdisjoint(wanted)


def of_project(here: Module, program: Program) -> frozenset[str]:
    """What all files of the project store in attributes and patch; nothing where no run follows."""
    if program.alone:
        return frozenset()
    if program.replaced is None:
        paths = [here.path, *other_files(program, here.path)]
        program.replaced = frozenset(said for path in paths for said in _replaced(program.read(path) or ""))
    return program.replaced


def _replaced(text: str) -> Iterator[str]:
    """``find`` and ``repo.find`` for what is stored, ``find`` and ``!find`` for what is patched."""
    for held, name in _STORED.findall(text):
        yield from (name, f"{held}.{name}")
    for targets in _UNPACKED.findall(text):
        for one in targets.split(","):
            yield from (one.rpartition(".")[2].strip(), one.strip()) if "." in one else ()
    for name in _ITEM.findall(text):
        yield from (name, f"!{name}")
    for given in _PATCHED.findall(text):
        for said, word in _WORD.findall(given):
            yield from (said or word, f"!{said or word}")
    if "setattr(" in text and any(map(_wraps, _calls(text))):
        yield ANY


def _calls(text: str) -> Iterator[ast.Call]:
    """``setattr(…)`` of a word that is not written down."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in nodes:
        named = isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "setattr"
        if named and len(node.args) == 3 and not isinstance(node.args[1], ast.Constant):  # type: ignore[attr-defined]
            yield node  # type: ignore[misc]


def _wraps(call: ast.Call) -> bool:
    """Whether it gives a class, or an object, something that is called: methods in other clothes, of any name."""
    held, _, value = call.args
    of_class = not isinstance(held, ast.Name) or held.id in {"cls", "klass"} or held.id[:1].isupper()
    words = {getattr(one, "id", getattr(one, "attr", "")) for one in ast.walk(value)}
    return of_class or isinstance(value, ast.Lambda) or any(_CALLED.search(word) for word in words)
