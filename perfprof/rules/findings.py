"""Findings with an identity that survives shifted lines."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING, cast

from perfprof.rules.rule import Finding

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function


def finding(rule: str, function: Function, node: ast.AST, subject: str, message: str) -> Finding:
    """A finding at a node; its id hashes rule, file, function and normalised source (and which of equal ones it is)."""
    import hashlib  # most files have no finding, and it loads OpenSSL

    source, number = ast.unparse(node), _number(node, function)
    text = "\0".join([rule, function.module.relative, function.qualname, source, subject, str(number)])
    line = getattr(node, "lineno", function.line)
    return Finding(
        id=hashlib.sha256(text.encode()).hexdigest()[:12],
        rule=rule,
        path=function.module.relative,
        line=line,
        end_line=getattr(node, "end_lineno", line) or line,
        function=function.qualname,
        subject=subject,
        message=message,
    )


def _number(node: ast.AST, function: Function) -> int:
    """Which of the equal expressions of a function it is, from 0."""
    known = cast("dict[object, dict[ast.AST, int]]", function.memo.setdefault("numbers", {}))
    kind = type(node), *_size(node)
    if kind not in known:
        known[kind] = _numbered([one for one in _alike(type(node), function) if _size(one) == kind[1:]])
    return known[kind].get(node, 0)


def _alike(kind: type[ast.AST], function: Function) -> list[ast.AST]:
    return [one.node for one in function.scans if type(one.node) is kind] or list(function.every(kind))


def _numbered(nodes: list[ast.AST]) -> dict[ast.AST, int]:
    numbers: dict[ast.AST, int] = {}
    times: Counter[str] = Counter()
    for one in nodes if len(nodes) > 1 else ():
        source = ast.unparse(one)
        numbers.setdefault(one, times[source])
        times[source] += 1
    return numbers


def _size(node: ast.AST) -> tuple[int, int]:
    lines = getattr(node, "end_lineno", 0) - getattr(node, "lineno", 0)
    return lines, 0 if lines else getattr(node, "end_col_offset", 0) - getattr(node, "col_offset", 0)
