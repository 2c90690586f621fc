"""Text and bytes that an object, a dict or a closure holds, and to which a loop adds: CPython copies all of it each time.

    self.text += line                  ->  text_pieces.append(line)     and, however the loop ends,  self.text += "".join(text_pieces)
    page["body"] = head + page["body"] ->  the same, joined from the last to the first
    text += line  (nonlocal, global)   ->  the same

Measured on CPython 3.11 to 3.13: each of these is quadratic, where a local name grows in place. Others can see what an
object holds, so nothing may run while the loop does but code that is known: a guard tests the exact types of all that
the loop reads. What an error leaves must be there, so the pieces are joined in a ``finally``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfprof.rules.containers.pieces import Addition, Building, added, suspect, worth_collecting
from perfprof.rules.containers.uses import repeated_statements
from perfprof.rules.hoisting import watch
from perfprof.rules.reading.expressions import path_of
from perfprof.rules.reading.names import bound_names
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.repeated.invariants import operands
from perfprof.rules.rule import Case, Evidence, Suspect

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

TEXT = ("str", "bytes")
MOST_OPERANDS = 4
GUARD = 14 / 20  # of the gain of what needs no test of the elements
Place = ast.Attribute | ast.Subscript | ast.Name


@dataclass(frozen=True, eq=False, slots=True)
class Held(Building):
    """A place to which a ``for`` loop adds. name: how it is written. bases: what else the loop reads from before it."""

    place: Place
    bases: tuple[ast.expr, ...]

    @property
    def holder(self) -> ast.expr | None:
        """``self`` of ``self.text``, ``page`` of ``page["body"]``."""
        return None if isinstance(self.place, ast.Name) else self.place.value

    @property
    def of_self(self) -> bool:
        """Whether attributes of ``self`` are read, so that its class matters."""
        return any((path_of(one) or ("",))[0] == "self" for one in (*self.bases, self.holder or self.place))


def held_texts(function: Function) -> Iterator[Held]:
    """All of them in a function."""
    if isinstance(function.node, ast.Module):
        return
    several: dict[str, list[tuple[Addition, tuple[ast.stmt, ...]]]] = {}
    for statement, around in repeated_statements(function):
        one = added(statement) if isinstance(statement, (ast.Assign, ast.AugAssign)) else None
        if (
            one is not None
            and _is_held(one.name, function)
            and not (_number(one, function) or _is_fallback(one, function))
        ):
            several.setdefault(one.text, []).append((one, around))
    for name, found in several.items():
        for loop in dict.fromkeys(_whole(name, around) for _, around in found):
            inside = tuple(one for one, around in found if loop in around)
            bases = _bases(loop, inside, function) if loop is not None else ()
            if loop is not None and bases and len({one.front for one in inside}) == 1:
                yield Held(function, name, "bytes", loop, inside, inside[0].name, bases)  # type: ignore[arg-type]


def _is_held(place: ast.expr, function: Function) -> bool:
    """An attribute of ``self``, an item under a constant or a name, or a name that others see, too."""
    names = function.names
    if isinstance(place, ast.Name):
        return place.id in names.elsewhere | names.captured
    if isinstance(place, ast.Attribute):
        return _plain_path(place) and function.owner is not None
    return isinstance(place, ast.Subscript) and _plain_path(place.value) and _key(place.slice)


def _is_fallback(one: Addition, function: Function) -> bool:
    """Whether a rewrite left it for other types."""
    above = function.parents.get(one.statement)
    test = above.test if isinstance(above, ast.If) and one.statement in above.orelse else None
    return isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.IsNot)


def _key(node: ast.expr) -> bool:
    last = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    return isinstance(node.operand if last else node, ast.Constant)  # type: ignore[attr-defined]


def _plain_path(node: ast.expr) -> bool:
    """``name`` or ``self.name``."""
    path = path_of(node) or ()
    return len(path) == 1 or (len(path) == 2 and path[0] == "self" and not path[1].startswith("__"))


def _number(one: Addition, function: Function) -> bool:
    """Whether something is added that is no text."""
    kinds = {builtin_type(part, function) for part in one.parts} - {None}
    if any(isinstance(part, (ast.Compare, ast.UnaryOp)) for part in one.parts):
        return True
    return bool(kinds) and not (len(kinds) == 1 and kinds <= set(TEXT))


def _whole(name: str, around: tuple[ast.stmt, ...]) -> ast.For | None:
    """The outermost loop in which the place is only added to."""
    found = None
    for loop in reversed(around):
        if not isinstance(loop, ast.For) or not _only_added(name, loop):
            break
        found = loop
    return found


def _only_added(name: str, loop: ast.For) -> bool:
    """Whether the loop names the place, its holder or anything alike only to add to it."""
    mark: ast.expr | None = None
    wanted = 0
    for node in ast.walk(loop):
        one = added(node) if isinstance(node, (ast.Assign, ast.AugAssign)) else None
        if one is not None and one.text == name:
            mark = one.name.value if isinstance(one.name, ast.Subscript) else one.name
            wanted += 1 if isinstance(node, ast.AugAssign) else 2
    return mark is not None and wanted == sum(1 for node in ast.walk(loop) if _alike(node, mark))


def _alike(node: ast.AST, mark: ast.expr) -> bool:
    """The same name, or the same attribute of whatever."""
    if isinstance(mark, ast.Attribute):
        return isinstance(node, ast.Attribute) and node.attr == mark.attr
    return isinstance(node, ast.Name) and isinstance(mark, ast.Name) and node.id == mark.id


def _bases(loop: ast.For, inside: tuple[Addition, ...], function: Function) -> tuple[ast.expr, ...]:
    """What the loop reads that has its value from before it; none if it is more than a guard should test."""
    own = set(bound_names(loop))
    places = {one.text for one in inside}
    found: dict[str, ast.expr] = {}
    for part in _expressions(loop):
        for one in operands(part) if part not in {place.name for place in inside} else ():
            path = path_of(one) or ("",)
            if path[0] in own or ast.unparse(one) in places or _called(one, function):
                continue
            if not _plain_path(one):
                return ()
            found.setdefault(ast.unparse(one), one)
    return tuple(found.values()) if len(found) <= MOST_OPERANDS else ()


def _called(node: ast.expr, function: Function) -> bool:
    above = function.parents.get(node)
    return isinstance(above, ast.Call) and above.func is node


def _expressions(loop: ast.For) -> Iterator[ast.expr]:
    """The expressions that statements of the loop evaluate; of an addition what it adds."""
    for node in ast.walk(loop):
        if isinstance(node, (ast.For, ast.AsyncFor)):
            yield node.iter
        elif isinstance(node, (ast.If, ast.While)):
            yield node.test
        elif isinstance(node, (ast.Assign, ast.AugAssign)):
            one = added(node)
            yield from one.parts if one is not None else [node.value]
        elif isinstance(node, (ast.Return, ast.Expr)) and node.value is not None:
            yield node.value


def suspect_held(rule: str, found: Held) -> Suspect:
    """The finding, and what a run must tell about it: what is added, what the place held, and what the loop reads."""
    base = suspect(rule, found)
    function, prefix = found.function, base.finding.id
    watches = [
        *base.watches,
        *(watch(f"{prefix}:base{n}", one, function, "collection") for n, one in enumerate(found.bases)),
    ]
    if found.holder is not None:
        watches.append(watch(f"{prefix}:holder", found.holder, function, "types"))
    return Suspect(base.finding, found, tuple(watches), function)


def kind_of(case: Case) -> str:
    """What was added in the runs, or is added by the code: "str" or "bytes"; empty if it is something else."""
    found: Held = case.suspect.reading
    kinds = {builtin_type(part, found.function) for one in found.additions for part in one.parts} - {None}
    for number, _ in enumerate(found.additions):
        for name in (f"more{number}", f"whole{number}"):
            seen = case.watched(name)
            kinds |= {one.removeprefix("builtins.") for one in seen.types} if seen is not None else set()
    only = kinds.pop() if len(kinds) == 1 else ""
    return only if only in TEXT else ""


def holder_type(case: Case) -> str | None:
    """What held the item in the runs: "dict" or "list"; None for anything else."""
    found: Held = case.suspect.reading
    seen = case.watched("holder")
    kinds = set(seen.types) if seen is not None else set()
    whole = isinstance(found.place, ast.Subscript) and type(ast.literal_eval(found.place.slice)) is int
    if kinds == {"builtins.list"} and whole:
        return "list"
    return "dict" if kinds == {"builtins.dict"} else None


def worth_holding(case: Case) -> Evidence:
    """As for local bytes, less what the test of all elements costs; of numbers that are added nothing is said."""
    if not kind_of(case):
        return Evidence(False, "")
    evidence = worth_collecting(case)
    gain = evidence.gain * GUARD
    return replace(evidence, enough=evidence.enough and gain >= 1.3, gain=gain)
