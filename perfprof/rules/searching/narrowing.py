"""Narrowing: let a loop walk only the rows whose key can match.

    for customer in customers:                     for customer in customers_by_id.get(order.customer_id, ()):
        if customer.id == order.customer_id:           if customer.id == order.customer_id:

An index maps each key to its rows, in the order of the collection, and only the collection that the loop walks is
replaced: the test, ``break``, ``else``, flags, further conditions, and what is done with a match stay as they are.
So *first match*, *all matches* and *last match* mean what they meant: by construction, the rows that the loop sees are
those that can pass its test, in the same order. It is a database's index scan with recheck.

This file understands the shape; `perfprof.rules.obligations` argues that it is safe, `perfprof.rules.searching.indexing`
writes the code.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.hoisting import eaten_at_once, outermost, runs_later
from perfprof.rules.reading.appends import Append, appends_to, deeds_of, inside
from perfprof.rules.reading.callees import is_container
from perfprof.rules.reading.expressions import holder_of, is_builtin, path_of, reads_only
from perfprof.rules.reading.lambdas import LAZY
from perfprof.rules.reading.leaves import Kind, leaves
from perfprof.rules.reading.names import bound_in, bound_names, read_names
from perfprof.rules.reading.parameters import searches_given, walks_given
from perfprof.rules.reading.parts import Part, part_of
from perfprof.rules.reading.ranges import Stretch, stretch_of
from perfprof.rules.reading.repeats import all_scans
from perfprof.rules.reading.resolution import arguments, resolve
from perfprof.rules.reading.scans import Loop, Scan
from perfprof.rules.reading.selection import Selection, selection, substituted
from perfprof.rules.reading.stability import Stability

if TYPE_CHECKING:
    from perfprof.rules.reading.counting import Counting
    from perfprof.rules.reading.program import Function, Program
    from perfprof.rules.searching.inlined import Inlined

VIEWS = frozenset({"items", "values", "keys"})
WRAPPERS = frozenset({"range", "len", "enumerate", "zip", "reversed"})


@dataclass(frozen=True, eq=False, slots=True)
class Narrowing:
    """A loop (or a call of a helper that loops) that walks the same collection in every turn of ``hoist``.

    walked: the expression to replace. bases: the names and attributes it is made of; also: those that a row's key
    reads besides the row. inner: a row's key in terms of ``target``. outer: the wanted key in terms of the function.
    stable: whether each of bases and also stays, in this order.
    """

    function: Function
    scan: Scan
    selection: Selection
    hoist: Loop
    walked: ast.expr
    bases: tuple[ast.expr, ...]
    also: tuple[ast.expr, ...]
    target: ast.expr
    inner: ast.expr
    outer: ast.expr
    stable: tuple[Stability, ...]
    reader: Function  # where the equality stands: the function itself or the helper
    helper: Function | None = None
    inside: Scan | None = None  # the helper's own loop
    inlined: Inlined | None = None  # what takes the place of a call whose helper walks what it is not given
    grown: tuple[Append, ...] = ()  # what puts a row at the end of what is walked while the loop runs
    stretch: Stretch | None = None  # the positions that are walked, where they are those of a list
    part: Part | None = None  # the part of a list that is walked

    @property
    def placed(self) -> tuple[tuple[ast.expr, ...], Function]:
        """The bases as they stand in the source, and the function in which they do."""
        if self.inlined is None or self.inside is None:
            return self.bases, self.function
        return bases_of(self.inside.subject, self.reader), self.reader

    @property
    def wanted_there(self) -> tuple[ast.expr, Function]:
        """The wanted key as it stands in the source, and the function in which it does."""
        asked = self.inlined is not None and self.inlined.asked
        return (self.outer, self.function) if asked else (self.selection.outer, self.reader)

    @property
    def allowed(self) -> tuple[ast.AST, ...]:
        """Calls in the loop that the rewrite takes into account itself."""
        return tuple(deeds_of(self.grown)) if self.inlined is None else self.inlined.searches

    @property
    def unpacked(self) -> int | None:
        """Into how many names each row is unpacked where a row of another length would fail; None if it never can.

        ``items``, ``enumerate`` and ``zip`` give rows of a known length. 0 for what no test of the rows tells.
        """
        if not isinstance(self.target, (ast.Tuple, ast.List)):
            return None
        walked, names = self.walked, self.target.elts
        flat = all(isinstance(one, ast.Name) for one in names)
        if not isinstance(walked, ast.Call) or not flat:
            return len(names) if flat and path_of(walked) is not None else 0
        name = walked.func.attr if isinstance(walked.func, ast.Attribute) else getattr(walked.func, "id", "")
        parts = {"items": 2, "enumerate": 2, "zip": len(walked.args)}.get(name, 0)
        surely = len(names) == parts and not any(isinstance(one, ast.Starred) for one in walked.args)
        return None if surely else 0

    @property
    def counting(self) -> Counting | None:
        """What the loop does besides, if it is a ``while`` that counts."""
        own = self.scan.own
        return own.counting if own is not None and self.inlined is None and self.helper is None else None

    @property
    def leaves(self) -> list[tuple[ast.expr, Kind]]:
        """What a row's key is computed from, and what each part must be."""
        return leaves(self.inner) or []

    @property
    def first(self) -> bool:
        """Whether a walk ends at its first match."""
        if self.helper is not None or self.scan.consumer in {"first", "exists", "all"}:
            return True
        own = self.scan.own
        if own is None or not isinstance(own.node, ast.For):
            return False
        return any(isinstance(node, (ast.Break, ast.Return)) for part in own.node.body for node in ast.walk(part))


def narrowings(function: Function, program: Program) -> tuple[Narrowing, ...]:
    """Every scan of a function that repeats the same collection with a changing key."""
    found = function.memo.get("narrowings")
    if found is None:
        found = function.memo["narrowings"] = tuple(_narrowings(function, program))
    return found  # type: ignore[return-value]  # the memo holds what was put there


def _narrowings(function: Function, program: Program) -> Iterator[Narrowing]:
    for scan in all_scans(function):
        if not scan.around:
            continue
        if scan.kind == "loop":
            chosen = selection(scan, function, solve=True)
            if chosen is not None and scan.own is not None and scan.own.target is not None:
                search = _Search(scan.subject, scan.own.target, chosen, chosen.outer)
                yield from _narrowing(function, program, scan, search)
        elif scan.kind == "call":
            yield from _helper(function, program, scan)


@dataclass(frozen=True, eq=False, slots=True)
class _Search:
    """What is walked for which key, in the function's own terms."""

    walked: ast.expr
    target: ast.expr
    chosen: Selection
    outer: ast.expr
    helper: Function | None = None
    inside: Scan | None = None


def _narrowing(function: Function, program: Program, scan: Scan, search: _Search) -> Iterator[Narrowing]:
    stretch, part = _limits(scan, search, function)
    whole = stretch or part
    bases = (whole.values,) if whole is not None else bases_of(search.walked, function)
    if not bases or leaves(search.chosen.inner) is None or _ends_at_a_row(scan, search, function):
        return
    known = {path_of(base) for base in bases}
    rows = set(bound_names(search.target))
    also = tuple(one for one in paths_in(search.chosen.inner, rows) if path_of(one) not in known)
    loop, stable, grown = _place((*bases, *also), scan, search, function, program)
    known_there = loop is not None and (stretch is None or stretch.known_before(loop, function))
    if loop is not None and known_there and changes(search.outer, loop, function):
        yield Narrowing(
            function=function,
            scan=scan,
            selection=search.chosen,
            hoist=loop,
            walked=search.walked,
            bases=bases,
            also=also,
            target=search.target,
            inner=search.chosen.inner,
            outer=search.outer,
            stable=stable,
            reader=search.helper or function,
            helper=search.helper,
            inside=search.inside,
            grown=grown,
            stretch=stretch,
            part=part,
        )


def _limits(scan: Scan, search: _Search, function: Function) -> tuple[Stretch | None, Part | None]:
    """Which positions, or which part, of a list are walked, if not all of it."""
    if search.helper is not None:
        return None, None
    part = part_of(search.walked, scan, function) if isinstance(search.target, ast.Name) else None
    return stretch_of(search.walked, scan, search.chosen.inner, function), part


def _ends_at_a_row(scan: Scan, search: _Search, function: Function) -> bool:
    """Whether what a ``while`` asks besides may end it at a row that is passed over, or does more than read."""
    one = scan.own.counting if scan.own is not None and search.helper is None else None
    others = one.others if one is not None else ()
    return any(not reads_only(other, function) or bool(read_names(other) & search.chosen.bound) for other in others)


def _place(
    bases: tuple[ast.expr, ...], scan: Scan, search: _Search, function: Function, program: Program
) -> tuple[Loop | None, tuple[Stability, ...], tuple[Append, ...]]:
    """The loop before which the index stands, and what the loop appends to the rows meanwhile."""
    loop, stable = outermost(bases, scan, function, program)
    if loop is None or search.helper is not None or not any(one.problem for one in stable):
        return loop, stable, ()
    appends = tuple(one for one in appends_to(search.walked, scan, function) if isinstance(one.node, ast.stmt))
    other, fixed = outermost(bases, scan, function, program, deeds_of(appends))
    if not appends or other is None or any(one.problem for one in fixed):
        return loop, stable, ()
    return other, fixed, inside(appends, other)


def paths_in(node: ast.expr, without: set[str]) -> Iterator[ast.expr]:
    """The longest names and attribute chains in an expression that do not begin with one of the names."""
    path = path_of(node)
    if path is not None:
        if path[0] not in without and not (len(path) == 1 and hasattr(builtins, path[0])):
            yield node
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield from paths_in(child, without)


def changes(outer: ast.expr, loop: Loop, function: Function) -> bool:
    """Whether the wanted key can differ between turns: something it reads is bound in the loop."""
    return bool(read_names(outer) & bound_in(loop.statement if loop.holder is None else loop.holder, function))


def bases_of(walked: ast.expr, function: Function) -> tuple[ast.expr, ...]:
    """The names and attributes that a collection expression is made of; empty if it may give other rows each time."""
    if path_of(walked) is not None:
        return (walked,)
    holder = holder_of(walked)
    if holder is not None:
        return walked, holder  # which must keep what it holds under that name
    if isinstance(walked, ast.Call) and not walked.keywords:
        callee = walked.func
        if isinstance(callee, ast.Attribute) and callee.attr in VIEWS and not walked.args:
            return bases_of(callee.value, function) if path_of(callee.value) is not None else ()
        if isinstance(callee, ast.Name) and callee.id in WRAPPERS and is_builtin(callee.id, function):
            parts = [bases_of(one, function) for one in walked.args if not isinstance(one, ast.Constant)]
            return () if not all(parts) else tuple(base for part in parts for base in part)
    return ()


def _consumed(call: ast.expr, function: Function) -> bool:
    """Whether what a generator gives is taken where it is called, by a loop or a builtin, not by what may keep it."""
    one, above = call, function.parents.get(call)
    while isinstance(above, (ast.comprehension, ast.GeneratorExp)) or (
        isinstance(above, ast.Call) and getattr(above.func, "id", "") in LAZY
    ):
        one, above = above, function.parents.get(above)  # type: ignore[assignment]  # looked at, not changed
    callee = above.func if isinstance(above, ast.Call) and one in above.args else None
    method = callee.value if isinstance(callee, ast.Attribute) else None
    known = method is None or isinstance(method, ast.Constant) or is_container(method, function)
    return known and eaten_at_once(call, function)


def _helper(function: Function, program: Program, scan: Scan) -> Iterator[Narrowing]:
    """A call whose callee walks one of its arguments and keeps the rows that equal another one."""
    call = scan.node
    if not isinstance(call, ast.Call) or any(isinstance(one, ast.Starred) for one in call.args):
        return
    if len(call.args) + len(call.keywords) < 2:  # the collection and the key
        return
    target = resolve(call.func, function, program)
    if target is None:
        return
    given = arguments(target, call)
    walks = walks_given(target) if _consumed(call, function) else ()
    for one in (*searches_given(target, program), *walks):
        wanted = {name for name in read_names(one.outer) if not is_builtin(name, target)}
        if one.parameter not in given or not wanted <= given.keys():
            continue
        if one.scan.own is None or one.scan.own.target is None or runs_later(one.scan, one.reader) is not None:
            continue  # what is walked later may have changed by then
        outer = substituted(one.outer, {name: given[name] for name in wanted})
        if reads_only(outer, function):
            search = _Search(given[one.parameter], one.scan.own.target, one.chosen, outer, one.reader, one.scan)
            yield from _narrowing(function, program, scan, search)
