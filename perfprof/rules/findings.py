"""Findings with an identity that survives shifted lines."""

from __future__ import annotations

import ast
import hashlib
from typing import TYPE_CHECKING

from perfprof.rules.rule import Finding

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function


def finding(rule: str, function: Function, node: ast.AST, subject: str, message: str) -> Finding:
    """A finding at a node; its id hashes rule, file, function and normalised source (and which of equal ones it is)."""
    source, size = ast.unparse(node), _size(node)
    alike: list[ast.AST] = [one.node for one in function.scans if type(one.node) is type(node)]
    twins = [one for one in alike or function.every(type(node)) if _size(one) == size]
    same = [one for one in twins if one is node or ast.unparse(one) == source]
    number = next((position for position, one in enumerate(same) if one is node), 0)
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


def _size(node: ast.AST) -> tuple[int, int]:
    lines = getattr(node, "end_lineno", 0) - getattr(node, "lineno", 0)
    return lines, 0 if lines else getattr(node, "end_col_offset", 0) - getattr(node, "col_offset", 0)
