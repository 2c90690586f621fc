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
    nodes = [one.node for one in scan.around]
    since = scan.around[nodes.index(found.hoist.node) :]  # before, the list may have been another one
    inner = next((one for one in reversed(since) if _binds(one, probe)), None)
    if inner is None or not _draws(inner, probe.id, listed.id, function):
        return False
    return is_handed(scan.node) or _keeps(inner, probe.id, function)


def drawn_from(scan: Scan, found: Membership) -> ast.Name | None:
    """The collection whose elements the probe is: in each turn of the outermost loop, which binds it, one of them."""
    probe, loop, function = scan.probe, found.hoist, found.function
    nodes = [one.node for one in scan.around]
    if not isinstance(probe, ast.Name) or loop.node not in nodes or loop.iterable is None or is_handed(scan.node):
        return None
    inside = scan.around[nodes.index(loop.node) + 1 :]
    if any(_binds(one, probe) for one in inside) or not _keeps(loop, probe.id, function):
        return None
    names = (one for one in ast.walk(loop.iterable) if isinstance(one, ast.Name))
    return next((one for one in names if _draws(loop, probe.id, one.id, function)), None)


def _draws(loop: Loop, name: str, listed: str, function: Function) -> bool:
    """Whether each turn gives the name an element of the list."""
    if loop.iterable is None or loop.target is None:
        return False
    return _drawn(loop.target, loop.iterable, listed, function) == name


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
    for part, given in _pairs(target, walked, function):
        drawn = _drawn(part, given, listed, function)
        if drawn:
            return drawn
    return target.id if isinstance(target, ast.Name) and _holds_elements(walked, listed, function) else ""


def _pairs(target: ast.expr, walked: ast.expr, function: Function) -> list[tuple[ast.expr, ast.expr]]:
    """What each name of ``for i, word in enumerate(words)`` and ``for word, other in zip(words, others)`` is drawn from."""
    if (
        not isinstance(walked, ast.Call)
        or not isinstance(walked.func, ast.Name)
        or not isinstance(target, ast.Tuple)
    ):
        return []
    kind, pair, given = walked.func.id if is_builtin(walked.func.id, function) else "", target.elts, walked.args
    if kind == "enumerate" and given and len(pair) == 2:
        return [(pair[1], given[0])]
    return list(zip(pair, given, strict=True)) if kind == "zip" and len(given) == len(pair) else []


def _holds_elements(walked: ast.expr, listed: str, function: Function) -> bool:
    """Whether all that it gives are elements of the list."""
    if isinstance(walked, ast.Subscript) and isinstance(walked.slice, ast.Slice):
        return _holds_elements(walked.value, listed, function)
    if isinstance(walked, ast.Call) and isinstance(walked.func, ast.Name) and len(walked.args) == 1:
        known = walked.func.id in _SAME and is_builtin(walked.func.id, function)
        return known and _holds_elements(walked.args[0], listed, function)
    return isinstance(walked, ast.Name) and walked.id == listed
