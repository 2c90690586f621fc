"""Add one import to a module, where its authors would have put it: never inside `try`, `if` or a function."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from perfprof.optimizer.writing.edits import trees
from perfprof.optimizer.writing.edits.text import EditError, Text

Import = ast.Import | ast.ImportFrom

_END_OF_HEAD = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While, ast.With)
_LONGEST = 88  # a name joins an import that stands on one line only if the line stays shorter


@dataclass(frozen=True, slots=True)
class _Head:
    """The top of a module: the imports at module level above all other code, and the line they may go below."""

    imports: tuple[Import, ...]
    below: int  # docstring, __future__ imports, or the comments that open the file


def add_import(text: Text, statement: str, used_from: int) -> str:
    """The source with the import, unless it is there already above the line ``used_from`` (0: anywhere).

    statement: ``import x``, ``import x.y``, ``import x as y`` or ``from x import y [as z]``. EditError if the name it
    binds means something else in this module.
    """
    wanted = _read(statement)
    tree = trees.parse(text.source)
    name = _bound(wanted.names[0])
    for node in tree.body:
        if _imports_the_same(node, wanted) and (node.lineno < used_from or not used_from):
            return text.source
    if any(taken == name and not _imports_the_same(node, wanted) for node, taken in _bindings(tree)):
        raise EditError(f"{name} already means something else in this module")
    result = _insert(text, _head(text, tree, used_from), wanted)
    _confirm(tree, result, wanted)
    return result


def _read(statement: str) -> Import:
    body = trees.parse(statement).body
    if len(body) != 1 or not isinstance(body[0], (ast.Import, ast.ImportFrom)) or len(body[0].names) != 1:
        raise EditError("what is imported must be one import statement with one name")
    return body[0]


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.split(".")[0]


def _imports_the_same(node: ast.AST, wanted: Import) -> bool:
    if not isinstance(node, (ast.Import, ast.ImportFrom)) or type(node) is not type(wanted):
        return False
    if isinstance(node, ast.ImportFrom) and _module(node) != _module(wanted):
        return False
    want = wanted.names[0]
    return any((alias.name, alias.asname) == (want.name, want.asname) for alias in node.names)


def _bindings(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """What binds which name at module level, conditional code included."""
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node, node.name
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from ((node, _bound(alias)) for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node, node.id
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            yield node, node.name
        if not isinstance(node, ast.Lambda):
            todo.extend(ast.iter_child_nodes(node))


def _head(text: Text, tree: ast.Module, used_from: int) -> _Head:
    """Look at the module down to the first definition or loop, or to where the name is needed."""
    below = _opening_comments(text)
    if ast.get_docstring(tree, clean=False) is not None:
        below = trees.last_line(tree.body[0])
    imports: list[Import] = []
    for node in tree.body:
        if isinstance(node, _END_OF_HEAD) or 0 < used_from <= trees.first_line(node):
            break
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            below = trees.last_line(node)
        elif isinstance(node, (ast.Import, ast.ImportFrom)) and _alone(text, node):
            imports.append(node)
    return _Head(tuple(imports), below)


def _opening_comments(text: Text) -> int:
    """The last line of the comments that open the file (#!, coding, licence), which belong to the file."""
    return next((number for number, line in enumerate(text.lines) if not line.startswith("#")), len(text.lines))


def _alone(text: Text, node: Import) -> bool:
    """Whether the import shares its lines with no other statement."""
    before = text.lines[node.lineno - 1].encode()[: node.col_offset]
    after = text.lines[trees.last_line(node) - 1].encode()[node.end_col_offset :].strip()
    return not before.strip() and (not after or after.startswith(b"#"))


def _insert(text: Text, head: _Head, wanted: Import) -> str:
    joined = _join(text, head, wanted)
    if joined:
        return joined
    line = ast.unparse(wanted) + text.newline
    group = [node for node in head.imports if _standard(node) == _standard(wanted)]
    if group:
        below = _neighbour(_first_run(text, group), wanted)
        return _put(text, below, line)
    if head.imports:
        first = head.imports[0].lineno
        below = first - 1
        while below > head.below and text.lines[below - 1].startswith("#"):
            below -= 1
        if _standard(wanted):
            return _put(text, below, line + text.newline)
        return _put(text, trees.last_line(head.imports[-1]), text.newline + line)
    return _put(text, head.below, _with_room(text, head.below, line))


def _first_run(text: Text, group: Sequence[Import]) -> list[Import]:
    """The imports of a group down to the first blank line or other code."""
    run = [group[0]]
    for node in group[1:]:
        between = text.lines[trees.last_line(run[-1]) : node.lineno - 1]
        if not all(line.startswith("#") for line in between):
            break
        run.append(node)
    return run


def _neighbour(run: Sequence[Import], wanted: Import) -> int:
    """The line to go below: sorted as the run is, by kind and module or by module alone."""
    kinds = [isinstance(node, ast.ImportFrom) for node in run]
    by_kind = kinds == sorted(kinds)

    def key(node: Import) -> tuple[bool, str]:
        return (by_kind and isinstance(node, ast.ImportFrom), _module(node).lower())

    smaller = [node for node in run if key(node) <= key(wanted)]
    return trees.last_line(smaller[-1]) if smaller else run[0].lineno - 1


def _module(node: Import) -> str:
    if isinstance(node, ast.ImportFrom):
        return "." * node.level + (node.module or "")
    return node.names[0].name


def _standard(node: Import) -> bool:
    return _module(node).split(".")[0] in sys.stdlib_module_names


def _join(text: Text, head: _Head, wanted: Import) -> str:
    """Add the name to a one-line ``from`` import of the same module; empty if there is none that has room."""
    new = wanted.names[0]
    if new.asname or not isinstance(wanted, ast.ImportFrom):
        return ""
    for node in head.imports:
        if isinstance(node, ast.ImportFrom) and _module(node) == _module(wanted) and _is_plain(text, node):
            names = _sorted_in([alias.name for alias in node.names], new.name)
            changed = f"from {_module(node)} import {', '.join(names)}"
            if len(changed) <= _LONGEST:
                above, below = text.between(1, node.lineno - 1), text.between(node.lineno + 1, len(text.lines))
                return above + changed + text.lines[node.lineno - 1][node.end_col_offset :] + below
    return ""


def _is_plain(text: Text, node: ast.ImportFrom) -> bool:
    """Whether the import is written in the one way that can be written again without a loss."""
    bare = all(alias.name != "*" and not alias.asname for alias in node.names)
    return bare and text.lines[node.lineno - 1].rstrip("\r\n") == ast.unparse(node)


def joined(line: str, other: str) -> str:
    """A line ``from x import a`` with the names that another such line imports; empty if they do not belong together."""
    try:
        (one,), (two,) = trees.parse(line).body, trees.parse(other).body
    except ValueError:  # EditError is one
        return ""
    if not isinstance(one, ast.ImportFrom) or not isinstance(two, ast.ImportFrom) or _module(one) != _module(two):
        return ""
    if not _is_plain(Text.of(line), one) or not _is_plain(Text.of(other), two):
        return ""
    names = [alias.name for alias in one.names]
    for alias in two.names:
        names = names if alias.name in names else _sorted_in(names, alias.name)
    return f"from {_module(one)} import {', '.join(names)}" + line[len(line.rstrip("\r\n")) :]


def _sorted_in(names: list[str], new: str) -> list[str]:
    """The names with the new one, in the order they were in, if it was an order."""
    for key in (_by_kind, str.lower, str):
        if names == sorted(names, key=key):
            return sorted([*names, new], key=key)
    return [*names, new]


def _by_kind(name: str) -> tuple[int, str]:
    """CONSTANTS, Classes, functions: the order that isort and ruff make."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2, name.lower())


def _put(text: Text, below: int, lines: str) -> str:
    above = text.between(1, below)
    if above and not above.endswith(("\n", "\r")):  # the last line of the file has no end
        return above + text.newline + lines.rstrip("\r\n")
    return above + lines + text.between(below + 1, len(text.lines))


def _with_room(text: Text, below: int, line: str) -> str:
    """The first import of a module with a blank line on both sides where there is none."""
    above = text.newline if below else ""
    following = text.lines[below] if below < len(text.lines) else ""
    if above and not following.strip() and following:
        return above + line  # the blank line that was below stays below
    return above + line + (text.newline if following.strip() else "")


def _confirm(tree: ast.Module, result: str, wanted: Import) -> None:
    """The module must be what it was, plus the one import at its top level."""
    after = trees.parse(result).body
    new = wanted.names[0]
    for index, node in enumerate(after):
        if not isinstance(node, type(wanted)) or _module(node) != _module(wanted):
            continue
        rest = [alias for alias in node.names if (alias.name, alias.asname) != (new.name, new.asname)]
        if len(rest) == len(node.names):
            continue
        names, node.names = node.names, rest
        kept = ast.Module(body=after if rest else [*after[:index], *after[index + 1 :]], type_ignores=[])
        if trees.same(kept, tree):
            return
        node.names = names
    raise EditError("the import would not read as intended")
