"""What a recorded statement was before its literals were left out: the text that stands in the program, if it does.

A recording holds ``state = ?`` for ``state = 'open'``, since a literal may be anybody's. One that the program's own source
holds word by word is nobody's: it is looked for in the files that ran the statement, and in the modules they import.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from perfprof.profilers.inside.recorders.queries.templates import template

_LARGEST = 2_000_000  # bytes of a file
_HOLE = re.compile(r"'[^']*(?:%[sd(]|\{)[^']*'")  # a literal that is made when the program runs
_ABOVE = 3  # folders in which an imported module is looked for


def original(text: str, files: Iterable[str]) -> str:
    """The text in the program that the recorded one was made of; "" if there is none, or not exactly one."""
    if "?" not in text:
        return ""
    found: set[str] = set()
    for path in {place for name in files for place in (Path(name), *_imported(Path(name)))}:
        found |= _texts(path).get(text, frozenset())
    return found.pop() if len(found) == 1 else ""  # "" is one that is formatted first


@lru_cache(maxsize=256)
def _texts(path: Path) -> dict[str, frozenset[str]]:
    """By what is recorded of them, the texts that stand in a file with literals; "" for those that are formatted."""
    found: dict[str, set[str]] = {}
    for node, text in _constants(_tree(path)):
        recorded = template(text)
        if recorded != text.strip() and " " in recorded:
            found.setdefault(recorded, set()).add("" if node else text)
    return {recorded: frozenset(texts) for recorded, texts in found.items()}


def _constants(tree: ast.AST) -> Iterator[tuple[bool, str]]:
    """(whether it is formatted, text)."""
    formatted: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp):
            formatted |= {id(node.left), id(node.right)}
        elif isinstance(node, ast.JoinedStr):
            formatted |= set(map(id, node.values))
        elif isinstance(node, ast.Attribute):
            formatted.add(id(node.value))
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield id(node) in formatted or bool(_HOLE.search(node.value)), node.value


@lru_cache(maxsize=256)
def _imported(path: Path) -> tuple[Path, ...]:
    """The modules beside it or above that a file imports."""
    names: set[str] = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names |= {module, *(f"{module}.{one.name}".strip(".") for one in node.names)}
    places = [path.parent, *list(path.parent.parents)[:_ABOVE]]
    files = (place.joinpath(*name.split(".")).with_suffix(".py") for name in names if name for place in places)
    return tuple(sorted(one for one in files if one.is_file()))


def _tree(path: Path) -> ast.AST:
    """Of a file; an empty one if it cannot be read."""
    try:
        if path.suffix == ".py" and path.stat().st_size <= _LARGEST:
            return ast.parse(path.read_text("utf-8"))
    except (OSError, SyntaxError, ValueError, RecursionError):
        pass
    return ast.Module([], [])
