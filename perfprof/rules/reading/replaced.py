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
from perfprof.rules.reading.set_names import ANY, File, names_set

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Module, Program

_STORED = re.compile(r"(\w+|[\])])\.(\w+)\s*(?::[^=\n]+)?=(?!=)")
_UNPACKED = re.compile(r"^\s*((?:[\w.]+\s*,\s*)+[\w.]+)\s*=(?!=)", re.MULTILINE)
_ITEM = re.compile(r"""(?:\b__dict__|\bvars\(\w+\)|\bglobals\(\))\[["'](\w+)["']\]\s*=(?!=)""")
_PATCHED = re.compile(
    r"\b(?:setattr|setitem|patch\w*(?:\.dict)?|object|multiple|stub\w*|spy\w*)\(((?:[^()]|\([^()]*\))*)"
)
_WORD = re.compile(r"""["'](?:[\w.]+\.)?(\w+)["']|\b(\w+)\s*=(?!=)""")


_CALLED = re.compile(r"wrap|decorat|partial|method|cache|getattr|func|traced|patched|inner", re.IGNORECASE)


def is_replaced(name: str, owner: str, here: Module, program: Program) -> bool:
    """Whether some file of the project stores an attribute of this name, or patches it. Where no run follows, none is read.

    owner: the class of a property, which hides what objects store; empty for what each object may have of its own.
    """
    wanted = {f"{owner}.{name}", f"!{name}"} if owner else {name}
    found = of_project(here, program)
    return not found.isdisjoint(wanted) or may_be_any(name, found)


def may_be_any(name: str, found: frozenset[str]) -> bool:
    """Whether some file gives a value to names that are not written down, of which it may be one."""
    return any(name[:length] + ANY in found for length in range(len(name) + 1))


def of_project(here: Module, program: Program) -> frozenset[str]:
    """What all files of the project store in attributes and patch; nothing where no run follows."""
    if program.alone:
        return frozenset()
    if program.replaced is None:
        texts = [program.read(path) or "" for path in (here.path, *other_files(program, here.path))]
        said = [set(_replaced(text)) for text in texts]
        known = any(_knows(texts, number, words) for number, words in enumerate(said))
        program.replaced = frozenset({ANY} if known else ()).union(*said)
    return program.replaced


def _knows(texts: list[str], own: int, words: set[str]) -> bool:
    """Whether a file has a word of a table of another one, to which it may add names."""
    tables = [one.removeprefix("in ") for one in words if one.startswith("in ")]
    others = [re.compile(rf"\b{re.escape(one)}\b") for one in tables]
    return any(one.search(text) for one in others for number, text in enumerate(texts) if number != own)


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
    file = File.of(text) if "setattr(" in text else None
    for call in _calls(file) if file is not None else ():
        yield from names_set(call, file) if _wraps(call) else ()  # type: ignore[arg-type]  # it is there


def _calls(file: File) -> Iterator[ast.Call]:
    """``setattr(…)`` of a word that is not written down."""
    for node in file.parents:
        named = isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "setattr"
        if named and len(node.args) == 3 and not isinstance(node.args[1], ast.Constant):  # type: ignore[attr-defined]
            yield node  # type: ignore[misc]


def _wraps(call: ast.Call) -> bool:
    """Whether it gives a class, or an object, something that is called: methods in other clothes, of any name."""
    held, _, value = call.args
    of_class = not isinstance(held, ast.Name) or held.id in {"cls", "klass"} or held.id[:1].isupper()
    words = {getattr(one, "id", getattr(one, "attr", "")) for one in ast.walk(value)}
    return of_class or isinstance(value, ast.Lambda) or any(_CALLED.search(word) for word in words)
