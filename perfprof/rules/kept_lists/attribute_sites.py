"""Places in a method that look for an equal key in a list of its object, in whatever spelling.

first    a walk that ends at its first match: nobody can change the list meanwhile
collects a walk to the end that does nothing but read, and keep what it reads in new lists and names
walks    a walk whose matches do something, or that others may interrupt: perhaps they change the list that is walked
asked    ``x in self._rows``: the rows themselves are the keys
index    ``self._rows.index(x)``
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from perfprof.rules.containers.growth import certain
from perfprof.rules.hoisting import CONSUMING, eaten_at_once
from perfprof.rules.kept_lists.attribute_changes import statement_of
from perfprof.rules.reading.assignment import bound_before
from perfprof.rules.reading.callees import is_generator
from perfprof.rules.reading.expressions import is_builtin, path_of, reads_only
from perfprof.rules.reading.leaves import Kind, leaves
from perfprof.rules.reading.names import bound_names
from perfprof.rules.reading.repeats import has_room
from perfprof.rules.reading.scans import Comprehension, Scan, leaving
from perfprof.rules.reading.selection import Selection, selection, substituted

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

_ROW = "row"
Kinds: TypeAlias = Literal["first", "collects", "walks", "asked", "index"]


@dataclass(frozen=True, eq=False, slots=True)
class Site:
    """One of them. key: a row's key in terms of `row`."""

    function: Function
    scan: Scan
    selection: Selection
    kind: Kinds
    key: ast.expr

    @property
    def reader(self) -> Function:
        """Where the equality stands."""
        return self.function

    @property
    def helper(self) -> None:
        """Nothing else is called to search."""
        return None

    @property
    def inner(self) -> ast.expr:
        """A row's key."""
        return self.key

    @property
    def outer(self) -> ast.expr:
        """The wanted key."""
        return self.selection.outer

    @property
    def leaves(self) -> list[tuple[ast.expr, Kind]]:
        """What a row's key is computed from."""
        return leaves(self.inner) or []

    @property
    def row(self) -> str:
        """The loop's variable, or the name of a row where it has none."""
        target = self.scan.own.target if self.scan.own is not None else None
        return target.id if isinstance(target, ast.Name) else _ROW

    @property
    def parts(self) -> int:
        """Into how many names each row is unpacked; 0 if it is not."""
        target = self.scan.own.target if self.scan.own is not None else None
        return len(target.elts) if isinstance(target, ast.Tuple) else 0

    @property
    def asked(self) -> bool:
        """Whether the rows themselves are the keys, and no loop compares them."""
        return self.kind in {"asked", "index"}

    @property
    def sort(self) -> tuple[str, str]:
        """The list's name, and how a row's key is read; positions are kept by themselves."""
        subject = self.scan.subject
        key = ast.unparse(substituted(self.key, {self.row: ast.Name(_ROW, ast.Load())}))
        name = subject.attr if isinstance(subject, ast.Attribute) else getattr(subject, "id", "")
        return name, "index" if self.kind == "index" else f"{key} of {self.parts}" if self.parts else key


def sites_of(method: Function) -> tuple[Site, ...]:
    """All of a method that ask a list of ``self``."""
    found = method.memo.get("attribute searches")
    if found is None:
        found = method.memo["attribute searches"] = (
            tuple(searches_in(method, _of_self)) if _is_method(method) else ()
        )
    return found  # type: ignore[return-value]  # the memo holds what was put there


def _is_method(method: Function) -> bool:
    node = method.node
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or method.parameters[:1] != ("self",):
        return False
    return not {getattr(one, "id", "") for one in node.decorator_list} & {"staticmethod", "classmethod"}


def searches_in(function: Function, held: Callable[[ast.expr], bool]) -> Iterator[Site]:
    """All searches of lists that are written so."""
    yield from _asked_whether_in(function, held)
    yield from _asked_where(function, held)
    for scan in function.scans:
        found = _walk(scan, function) if scan.kind == "loop" and held(scan.subject) else None
        if found is not None:
            yield found


def _asked_whether_in(method: Function, of: Callable[[ast.expr], bool]) -> Iterator[Site]:
    """``x in self._items``, in a loop or not."""
    for node in method.every(ast.Compare):
        held, asked = node.comparators[0], isinstance(node.ops[0], (ast.In, ast.NotIn)) and len(node.ops) == 1
        scan = Scan("membership", node, held, statement_of(node, method), (), probe=node.left)
        if asked and of(held) and has_room(scan, method):
            yield _of_whole_rows("asked", scan, node, node.left, method)


def _asked_where(method: Function, of: Callable[[ast.expr], bool]) -> Iterator[Site]:
    """``self._items.index(x)``."""
    for call in method.every(ast.Call):
        callee, plain = call.func, len(call.args) == 1 and not call.keywords
        if plain and isinstance(callee, ast.Attribute) and callee.attr == "index" and of(callee.value):
            wanted = call.args[0]
            if not isinstance(wanted, ast.Starred):
                scan = Scan("call", call, callee.value, statement_of(call, method), (), probe=wanted)
                yield _of_whole_rows("index", scan, call, wanted, method)


def _of_whole_rows(
    kind: Literal["asked", "index"], scan: Scan, spot: ast.expr, wanted: ast.expr, method: Function
) -> Site:
    row = ast.Name(_ROW, ast.Load())
    compare = (
        spot if isinstance(spot, ast.Compare) else ast.copy_location(ast.Compare(row, [ast.Eq()], [wanted]), spot)
    )
    return Site(method, scan, Selection(row, wanted, wanted, compare, frozenset({_ROW})), kind, row)


def _of_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def _walk(scan: Scan, method: Function) -> Site | None:
    """A loop over the list whose rows with another key do nothing."""
    chosen = selection(scan, method) if _whole(scan) and not _lazy(scan, method) else None
    if chosen is None or chosen.problem or chosen.conditions:
        return None
    key = _key(chosen.inner, scan)
    kind = _kind(scan, method)
    if key is None or not _known(chosen.outer, kind, scan, method):
        return None
    return Site(method, scan, replace(chosen, inner=key), kind, key)


def _kind(scan: Scan, method: Function) -> Kinds:
    own = scan.own
    assert own is not None
    if is_generator(method) and own.holder is None:
        return "walks"
    if isinstance(own.node, ast.For):
        if _ends_at_first(own.node, method):
            return "first"
        return "collects" if all(_only_keeps(one, method) for one in own.node.body) else "walks"
    if own.holder is None or not _quiet(own.holder, method):
        return "walks"
    return "first" if scan.consumer in {"first", "exists", "all"} else "collects"


def _whole(scan: Scan) -> bool:
    """Whether the loop is a statement, or the first of a comprehension."""
    own = scan.own
    if own is None or own.call is not None:
        return False
    return own.holder is None or own.holder.generators[0] is own.node


def _lazy(scan: Scan, method: Function) -> bool:
    """Whether a generator expression is handed on, to be walked when others have changed the list or bound it anew."""
    holder = scan.own.holder if scan.own is not None else None
    return isinstance(holder, ast.GeneratorExp) and not eaten_at_once(holder, method)


def _key(inner: ast.expr, scan: Scan) -> ast.expr | None:
    """``row``, ``row.key``, ``row[0]``, or a tuple of them, in terms of the row; of an unpacked row its item."""
    target = scan.own.target if scan.own is not None else None
    if isinstance(inner, ast.Tuple):
        parts = [_key(one, scan) for one in inner.elts]
        return None if None in parts or not parts else ast.Tuple([one for one in parts if one], ast.Load())
    if isinstance(target, ast.Tuple):
        return _item_of(target, inner)
    number = inner.slice if isinstance(inner, ast.Subscript) else ast.Constant(0)
    if type(getattr(number, "value", None)) is not int or not isinstance(target, ast.Name):
        return None
    row = inner.value if isinstance(inner, (ast.Attribute, ast.Subscript)) else inner
    return inner if isinstance(row, ast.Name) and row.id == target.id else None


def _item_of(target: ast.Tuple, inner: ast.expr) -> ast.expr | None:
    """``row[0]`` for ``key`` of ``key, value``."""
    names = [one.id if isinstance(one, ast.Name) else "" for one in target.elts]
    if not isinstance(inner, ast.Name) or names.count(inner.id) != 1 or not all(names):
        return None
    return ast.Subscript(ast.Name(_ROW, ast.Load()), ast.Constant(names.index(inner.id)), ast.Load())


def _known(wanted: ast.expr, kind: str, scan: Scan, method: Function) -> bool:
    """Whether the wanted key may be read once, before the walk, and has its value even where no row is compared with it."""
    if isinstance(wanted, ast.Tuple):
        read = [one for one in wanted.elts if not isinstance(one, ast.Constant)]
        return bool(read) and all(_known(one, "walks", scan, method) for one in read)
    path = path_of(wanted)
    if path is None or (kind == "walks" and len(path) > 1):  # what a match does may store an attribute
        return False
    name, names = path[0], method.names
    whole = scan.own.holder or scan.node if scan.own is not None else scan.node
    places = {one.node for one in names.bindings.get(name, ())}
    bound_inside = name in bound_names(whole) or any(one in places for one in ast.walk(whole))
    local = names.is_local(name) and name not in names.elsewhere
    return local and not bound_inside and bound_before(name, scan.statement, method)


def _quiet(holder: Comprehension, method: Function) -> bool:
    """Whether a comprehension only reads, and nothing comes between two of its rows."""
    values = [holder.key, holder.value] if isinstance(holder, ast.DictComp) else [holder.elt]
    walked = [one.iter for one in holder.generators[1:]]
    tests = [test for one in holder.generators for test in one.ifs]
    plain = not any(one.is_async for one in holder.generators)
    return (
        plain
        and _eaten_quietly(holder, method)
        and all(reads_only(one, method) for one in [*values, *walked, *tests])
    )


def _eaten_quietly(holder: ast.expr, method: Function) -> bool:
    """Whether a generator expression is the only argument of a builtin that walks it, or no generator."""
    if not isinstance(holder, ast.GeneratorExp):
        return True
    call = method.parents.get(holder)
    eater = call.func.id if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else ""
    return eater in CONSUMING and is_builtin(eater, method) and not call.keywords  # type: ignore[union-attr]


def _ends_at_first(loop: ast.For, method: Function) -> bool:
    """Whether nothing of the list is walked after a match, and other rows are only read."""
    test = loop.body[0]
    alone = len(loop.body) == 1 and isinstance(test, ast.If) and not test.orelse
    return alone and isinstance(test, ast.If) and bool(leaving(test.body)) and reads_only(test.test, method)


def _only_keeps(statement: ast.stmt, method: Function) -> bool:
    """Whether a statement only reads, and keeps what it read in names and new lists of the method."""
    if isinstance(statement, (ast.Pass, ast.Break, ast.Continue)):
        return True
    if isinstance(statement, ast.If):
        inside = [*statement.body, *statement.orelse]
        return reads_only(statement.test, method) and all(_only_keeps(one, method) for one in inside)
    if isinstance(statement, ast.Return):
        return statement.value is None or reads_only(statement.value, method)
    if isinstance(statement, (ast.Assign, ast.AugAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return all(isinstance(one, ast.Name) for one in targets) and reads_only(statement.value, method)
    return isinstance(statement, ast.Expr) and _appends(statement.value, method)


def _appends(call: ast.expr, method: Function) -> bool:
    """``found.append(row)`` of a list that the method made."""
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.keywords:
        return False
    listed = call.func.value
    values = method.names.values(listed.id) if isinstance(listed, ast.Name) else None
    made = bool(values) and all(certain(one, method, "list") for one in values or ())
    return made and call.func.attr == "append" and all(reads_only(one, method) for one in call.args)
