"""Hoisting: the outermost loop before which something can be built, and what a run is asked about it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from perfprof.profilers.observations import Watch, WatchKind
from perfprof.rules.reading.assignment import bound_before
from perfprof.rules.reading.expressions import holder_of, is_builtin, key_in_holder, root_name
from perfprof.rules.reading.lambdas import LAZY, SORTING
from perfprof.rules.reading.names import bound_names
from perfprof.rules.reading.scans import Loop, Scan
from perfprof.rules.reading.stability import Stability, stability

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program

CONSUMING = frozenset("any all sum min max list set dict sorted tuple frozenset next".split())


def outermost(
    bases: Sequence[ast.expr], scan: Scan, function: Function, program: Program, allowed: Collection[ast.AST] = ()
) -> tuple[Loop | None, tuple[Stability, ...]]:
    """The outermost loop in which all bases stay what they are; else the innermost, with the problem."""
    last: tuple[Loop | None, tuple[Stability, ...]] = (None, ())
    later = runs_later(scan, function)
    for loop in scan.around:
        stable = tuple(stability(base, region_of_loop(loop), function, program, allowed) for base in bases)
        stable = tuple(_seen_before(base, one, scan, function) for base, one in zip(bases, stable, strict=True))
        if later is not None:
            stable = (Stability("a generator expression that may run later asks it", function.place(later)),)
        last = (loop, stable)
        if not any(one.problem for one in stable):
            return last
    return last


def region_of_loop(loop: Loop) -> list[ast.AST]:
    """What runs from the place of the index to the end of the loop: the target of an assignment is given its value later."""
    statement = loop.statement
    if loop.holder is None or not isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        return [statement]
    later = isinstance(statement, ast.Assign) or isinstance(statement.target, ast.Name)
    return [statement.value] if later and statement.value is not None else [statement]


def _seen_before(base: ast.expr, stable: Stability, scan: Scan, function: Function) -> Stability:
    """A name that a comprehension binds for itself is another one before the statement."""
    root = root_name(base) or ""
    if any(loop.holder is not None and root in bound_names(loop.node.target) for loop in scan.around if loop.target):  # type: ignore[union-attr]
        return Stability(f"`{root}` is bound anew in the loop", function.place(scan.node))
    return stable


def there_before(name: str, statement: ast.stmt, function: Function) -> bool:
    """Whether a name surely has its value where a statement begins, also where the statement may not come to read it."""
    return bound_before(name, statement, function) and _is_somewhere(name, function)


def left_out(loop: Loop, bases: Sequence[ast.expr], function: Function) -> ast.IfExp | None:
    """The conditional expression whose other branch passes over a comprehension; not one that asks what it walks or searches."""
    if loop.holder is None:
        return None
    node: ast.AST = loop.holder if loop.call is None else loop.call
    above = function.parents.get(node)
    known = [ast.unparse(one) for one in (*bases, loop.iterable) if one is not None]
    while above is not None and not isinstance(above, ast.stmt):
        if isinstance(above, ast.IfExp) and node is not above.test and ast.unparse(_asked(above.test)) not in known:
            return above
        node, above = above, function.parents.get(above)
    return None


def _asked(test: ast.expr) -> ast.expr:
    """``rows`` in ``not rows``."""
    return test.operand if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) else test


def _is_somewhere(name: str, function: Function) -> bool:
    """Whether a name that is not the function's own is one of the module or of a function around it."""
    if function.names.is_local(name) and name not in function.names.elsewhere:
        return True
    scope = function.outer
    while scope is not None and scope.qualname != "<module>":
        if name in scope.names.bindings or name in scope.parameters:
            return True
        scope = scope.outer
    return name in function.module.top


def runs_later(scan: Scan, function: Function) -> ast.AST | None:
    """A generator expression around the scan that is not consumed on the spot."""
    loops = [*scan.around, *([scan.own] if scan.own is not None else [])]
    for loop in loops:
        lazy = loop.holder if loop.call is None else loop.call
        at_once = isinstance(lazy, ast.Call) and isinstance(lazy.func, ast.Name) and lazy.func.id in SORTING
        if isinstance(loop.holder, ast.GeneratorExp) and not at_once and not eaten_at_once(lazy, function):
            return lazy
    return None


def eaten_at_once(node: ast.AST | None, function: Function) -> bool:
    """Whether a generator expression is consumed where it stands."""
    above = function.parents.get(node) if node is not None else None
    walked = isinstance(above, (ast.For, ast.comprehension)) and above.iter is node
    holder = function.parents.get(above) if walked and isinstance(above, ast.comprehension) else None
    if isinstance(holder, ast.GeneratorExp) and holder.generators[0] is above:
        return eaten_at_once(holder, function)  # what it walks first is made now, and walked when it is
    callee = above.func if isinstance(above, ast.Call) and node in above.args else None
    joins = isinstance(callee, ast.Attribute) and callee.attr in {"join", "extend", "update"}
    if isinstance(callee, ast.Name) and callee.id in LAZY and is_builtin(callee.id, function):
        return eaten_at_once(above, function)
    eats = isinstance(callee, ast.Name) and callee.id in CONSUMING and is_builtin(callee.id, function)
    asked = isinstance(above, ast.Compare) and above.comparators[0] is node and len(above.ops) == 1  # `in`
    return walked or joins or eats or asked


def identities(
    prefix: str,
    bases: Sequence[ast.expr],
    stable: Sequence[Stability],
    function: Function,
    placed: tuple[Sequence[ast.expr], Function] | None = None,
) -> Iterator[Watch]:
    """What the loop changes and might be the collection itself: only a run can tell.

    placed: where the bases stand in the source, if that is in another function.
    """
    seen, holder = placed if placed is not None and placed[1] is not function else (bases, function)
    for number, base in enumerate(seen):
        if isinstance(base, ast.Attribute):
            yield watch(f"{prefix}:held{number}", base.value, holder, "types", base.attr)
    pairs = [(base, one) for base, kept in zip(bases, stable, strict=False) for one in kept.watch]
    for number, (base, other) in enumerate(pairs):
        place, what = _asked_at(other, _as_read(base), function)
        yield watch(f"{prefix}:same{number}", place, function, "identity", what)


def _asked_at(other: ast.expr, what: str, function: Function) -> tuple[ast.expr, str]:
    """Where a run can ask whether ``other`` is ``what``: there, or where the object is whose method changes an attribute."""
    if other in function.parents or not isinstance(other, ast.Attribute):
        return other, what
    held = ast.unparse(other.value)
    return other.value, f"({held} if getattr({held}, {other.attr!r}, None) is {what} else None)"


def _as_read(base: ast.expr) -> str:
    """How a probe reads it, which must not fail."""
    holder = holder_of(base)
    if holder is None:
        return ast.unparse(base)
    held = ast.unparse(holder)
    return f"({held}.get({key_in_holder(base)}) if type({held}) is dict else None)"


def watch(name: str, node: ast.AST, function: Function, kind: WatchKind, detail: str = "") -> Watch:
    """A watch at the place of a node."""
    line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
    end_line, end_column = (
        getattr(node, "end_lineno", line) or line,
        getattr(node, "end_col_offset", column) or column,
    )
    return Watch(name, str(function.module.path), line, column, end_line, end_column, kind, detail)
