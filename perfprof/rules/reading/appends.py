"""Appends: the places where a list gets one more element at its end, while a loop searches it again and again.

seen.append(word)      seen += [word]      seen.extend([word])      seen = seen + (word,)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from perfprof.rules.reading.expressions import path_of

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.scans import Loop, Scan


@dataclass(frozen=True, eq=False, slots=True)
class Append:
    """One element more. node: the statement, or the call where it stands inside of an expression and gives None.

    deeds: what a reader of effects meets there. value: the element.
    """

    node: ast.stmt | ast.Call
    path: tuple[str, ...]
    value: ast.expr
    deeds: tuple[ast.AST, ...]


def appends_of(path: tuple[str, ...] | None, function: Function) -> tuple[Append, ...]:
    """All of them to what a name or attribute means, in source order of each kind; nested functions have their own."""
    known = function.memo.get("appends")
    if known is None:
        known = function.memo["appends"] = (*_calls(function), *_sums(function))
    return tuple(one for one in cast("tuple[Append, ...]", known) if one.path == path)


def deeds_of(appends: tuple[Append, ...]) -> list[ast.AST]:
    """What a rewrite takes into account itself."""
    return [deed for one in appends for deed in one.deeds]


def appends_to(walked: ast.expr, scan: Scan, function: Function) -> tuple[Append, ...]:
    """Those to what is walked; none if one stands in the walk itself, which would see it."""
    path = path_of(walked)
    if path is None or scan.own is None or not isinstance(scan.own.target, ast.Name):
        return ()
    body = scan.own.node.body if isinstance(scan.own.node, ast.For) else [scan.own.holder or scan.own.node]
    within = {id(node) for part in body for node in ast.walk(part)}
    found = appends_of(path, function)
    return () if any(id(one.node) in within for one in found) else found


def inside(appends: tuple[Append, ...], loop: Loop) -> tuple[Append, ...]:
    """Those that stand in a loop."""
    first, last = loop.statement.lineno, loop.statement.end_lineno or loop.statement.lineno
    return tuple(one for one in appends if first <= one.node.lineno <= last)


def _calls(function: Function) -> Iterator[Append]:
    """``xs.append(value)``, ``xs.extend([value])``."""
    for call in function.every(ast.Call):
        callee = call.func
        if not isinstance(callee, ast.Attribute) or len(call.args) != 1 or call.keywords:
            continue
        path, given = path_of(callee.value), call.args[0]
        value = {"append": given, "extend": _only(given, (ast.List, ast.Tuple))}.get(callee.attr)
        if path is not None and value is not None and not isinstance(value, ast.Starred):
            above = function.parents.get(call)
            whole = isinstance(above, ast.Expr) and _has_lines(above, function)
            yield Append(above if isinstance(above, ast.Expr) and whole else call, path, value, (call,))


def _has_lines(one: ast.stmt, function: Function) -> bool:
    """Whether nothing else stands on its lines: ``if x not in seen: seen.append(x)`` leaves no place after it."""
    lines = function.module.raw_lines
    before, after = lines[one.lineno - 1][: one.col_offset], lines[(one.end_lineno or one.lineno) - 1]
    return not before.strip() and not after[one.end_col_offset :].partition(b"#")[0].strip()


def _sums(function: Function) -> Iterator[Append]:
    """``xs += [value]``, ``xs = xs + [value]``, and so for tuples; of a name, which may then mean another object."""
    for added in function.every(ast.AugAssign):
        value = _only(added.value, (ast.List, ast.Tuple)) if isinstance(added.op, ast.Add) else None
        if isinstance(added.target, ast.Name) and value is not None and _has_lines(added, function):
            yield Append(added, (added.target.id,), value, (added, added.target))
    for made in function.every(ast.Assign):
        target, both = made.targets[0], made.value
        if len(made.targets) > 1 or not isinstance(target, ast.Name) or not isinstance(both, ast.BinOp):
            continue
        value = _only(both.right, (ast.List, ast.Tuple)) if isinstance(both.op, ast.Add) else None
        if value is not None and path_of(both.left) == (target.id,) and _has_lines(made, function):
            yield Append(made, (target.id,), value, (target,))


def _only(node: ast.expr, kinds: tuple[type[ast.List], type[ast.Tuple]]) -> ast.expr | None:
    """``value`` of ``[value]`` and ``(value,)``."""
    alone = isinstance(node, kinds) and len(node.elts) == 1 and not isinstance(node.elts[0], ast.Starred)
    return node.elts[0] if alone and isinstance(node, kinds) else None
