"""Whether what a list is asked for is one of its own elements: the loop around walks that very list.

for word in words: words.count(word)                         [words.index(word) for word in sorted(set(words))]

A test of all elements, made before the loop, then holds for what is asked for, and the element is there. Only names are
looked at: an attribute may be computed, another list each time.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.handed import is_handed
from perfprof.rules.reading.names import bound_names

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.scans import Loop, Scan
    from perfprof.rules.searching.membership import Membership

_SAME = frozenset({"list", "tuple", "set", "frozenset", "sorted", "reversed", "iter"})  # give what they were given


def is_own_element(scan: Scan, found: Membership) -> bool:
    """Whether the probe is bound by a loop over the list itself, in the turns of which the list stays what it is."""
    probe, listed, function = scan.probe, found.scan.subject, found.function
    if not isinstance(probe, ast.Name) or not isinstance(listed, ast.Name) or found.appends:
        return False
    inner = next((one for one in reversed(scan.around) if one.target is not None and _binds(one, probe)), None)
    nodes = [one.node for one in scan.around]
    if inner is None or inner.iterable is None or inner.target is None:
        return False
    if nodes.index(inner.node) < nodes.index(found.hoist.node):
        return False  # the list may be another one since
    drawn = _drawn(inner.target, inner.iterable, listed.id, function)
    return drawn == probe.id and (is_handed(scan.node) or _keeps(inner, probe.id, function))


def _binds(loop: Loop, probe: ast.Name) -> bool:
    return loop.target is not None and probe.id in bound_names(loop.target)


def _keeps(loop: Loop, name: str, function: Function) -> bool:
    """Whether nothing else binds the loop's variable in its turns; that of a comprehension or a lambda is its own."""
    if loop.holder is not None:
        return True
    names, last = function.names, loop.statement.end_lineno or loop.statement.lineno
    within = [
        one for one in names.bindings[name] if loop.statement.lineno <= getattr(one.node, "lineno", 0) <= last
    ]
    return len(within) == 1 and names.is_local(name) and function.qualname != "<module>"


def _drawn(target: ast.expr, walked: ast.expr, listed: str, function: Function) -> str:
    """The name that each turn gives an element of the list; "" if it gives something else."""
    if isinstance(walked, ast.Call) and isinstance(walked.func, ast.Name) and is_builtin(walked.func.id, function):
        given, pair = walked.args, target.elts if isinstance(target, ast.Tuple) else []
        if walked.func.id == "enumerate" and given and len(pair) == 2:
            return _drawn(pair[1], given[0], listed, function)
        if walked.func.id == "zip" and len(given) == len(pair):
            drawn = (_drawn(*both, listed, function) for both in zip(pair, given, strict=True))
            return next(filter(None, drawn), "")
    return target.id if isinstance(target, ast.Name) and _holds_elements(walked, listed, function) else ""


def _holds_elements(walked: ast.expr, listed: str, function: Function) -> bool:
    """Whether all that it gives are elements of the list."""
    if isinstance(walked, ast.Subscript) and isinstance(walked.slice, ast.Slice):
        return _holds_elements(walked.value, listed, function)
    if isinstance(walked, ast.Call) and isinstance(walked.func, ast.Name) and len(walked.args) == 1:
        known = walked.func.id in _SAME and is_builtin(walked.func.id, function)
        return known and _holds_elements(walked.args[0], listed, function)
    return isinstance(walked, ast.Name) and walked.id == listed
