"""Which functions and which other statements differ between the old and the new text of a module."""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator
from dataclasses import dataclass, field

_DEFS = (ast.FunctionDef, ast.AsyncFunctionDef)
_Def = ast.FunctionDef | ast.AsyncFunctionDef
Key = tuple[str, int]  # qualified name, and the how-manieth of that name in the module


@dataclass
class Difference:
    """changed: functions in both texts, outermost ones. added: functions that only the new text has.

    statements: what else is new, as (class or empty, statement). problems: changes that cannot be played out side
    by side in one process.
    """

    changed: list[Key] = field(default_factory=list)
    added: list[Key] = field(default_factory=list)
    statements: list[tuple[str, ast.stmt]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def difference(old: ast.Module, new: ast.Module) -> Difference:
    """Compare two modules by their trees; comments and positions do not count."""
    found = Difference()
    _compare_bodies(old.body, new.body, "", found)
    return found


def functions(tree: ast.Module) -> dict[Key, _Def]:
    """All functions that stand in the module or in its classes, not those inside functions."""
    counts: dict[str, int] = {}
    return {_key(name, counts): node for name, node in _walk(tree.body, "")}


def codes(code: types.CodeType) -> dict[Key, types.CodeType]:
    """The code objects of the same functions, by the same keys."""
    counts: dict[str, int] = {}
    return {_key(name, counts): found for name, found in _walk_codes(code, "")}


def _key(name: str, counts: dict[str, int]) -> Key:
    number = counts.get(name, 0)
    counts[name] = number + 1
    return name, number


def _walk(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, _Def]]:
    for node in body:
        if isinstance(node, _DEFS):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _walk(node.body, f"{prefix}{node.name}.")
        else:
            for inner in _blocks(node):
                yield from _walk(inner, prefix)


def _blocks(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The statements below ``if``, ``try``, ``with``, ``for`` …, which have no scope of their own."""
    for name in ("body", "handlers", "orelse", "finalbody", "cases"):
        for item in getattr(node, name, ()):
            if isinstance(item, ast.stmt):
                yield [item]
            else:
                yield item.body


def _walk_codes(code: types.CodeType, prefix: str) -> Iterator[tuple[str, types.CodeType]]:
    for inner in code.co_consts:
        if not isinstance(inner, types.CodeType):
            continue
        if not inner.co_flags & 1:  # not CO_OPTIMIZED: the body of a class
            yield from _walk_codes(inner, f"{prefix}{inner.co_name}.")
        elif not inner.co_name.startswith("<"):
            yield prefix + inner.co_name, inner
        elif inner.co_name.startswith("<generic parameters"):  # def f[T](...) of 3.12
            yield from _walk_codes(inner, prefix)


def _compare_bodies(old: list[ast.stmt], new: list[ast.stmt], owner: str, found: Difference) -> None:
    before = functions(ast.Module(old, []))
    after = functions(ast.Module(new, []))
    direct = {key for key in after if "." not in key[0]}
    for key in sorted(direct, key=lambda key: after[key].lineno):
        full = (f"{owner}{key[0]}", key[1])
        if key not in before:
            found.added.append(full)
        elif ast.dump(before[key]) != ast.dump(after[key]):
            found.changed.append(full)
    _compare_classes(old, new, owner, found)
    _compare_statements(old, new, owner.rstrip("."), found)


def _compare_statements(old: list[ast.stmt], new: list[ast.stmt], owner: str, found: Difference) -> None:
    known = {_bare(node) for node in old}
    for node in new:
        if isinstance(node, (*_DEFS, ast.ClassDef)) or _only_text(node) or _bare(node) in known:
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)):
            found.statements.append((owner, node))
        elif not _main_guard(node):
            found.problems.append(f"line {node.lineno} changes what runs at import")


def _bare(node: ast.stmt) -> str:
    """The statement with the functions in it left out: those are compared one by one."""
    if not any(True for _ in _walk([node], "")):
        return ast.dump(node)
    copy = ast.parse(ast.unparse(node))
    for inner in ast.walk(copy):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(inner, name, None)
            if isinstance(block, list):
                setattr(inner, name, [ast.Pass() if isinstance(item, _DEFS) else item for item in block])
    return ast.dump(copy)


def _main_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.dump(node.test)


def _compare_classes(old: list[ast.stmt], new: list[ast.stmt], owner: str, found: Difference) -> None:
    before = {node.name: node for node in old if isinstance(node, ast.ClassDef)}
    for node in new:
        if not isinstance(node, ast.ClassDef):
            continue
        earlier = before.get(node.name)
        if earlier is None and not owner:
            found.statements.append(("", node))
        elif earlier is None:
            found.problems.append(f"class {owner}{node.name} is new inside a class")
        elif _head(earlier) != _head(node):
            found.problems.append(f"the head of class {owner}{node.name} changes")
        else:
            _compare_bodies(earlier.body, node.body, f"{owner}{node.name}.", found)


def _head(node: ast.ClassDef) -> str:
    parts: list[ast.AST] = [*node.bases, *node.keywords, *node.decorator_list]
    return "".join(ast.dump(part) for part in parts)


def _only_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
