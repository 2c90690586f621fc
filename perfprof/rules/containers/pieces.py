"""Text, bytes and tuples that a loop builds by adding to them: each addition copies all that is there.

    data += chunk                      ->  data_pieces.append(chunk)          and after the loop  b"".join(data_pieces)
    text = line + text                 ->  the same, joined from the last to the first
    text = text + name + ", "          ->  text_pieces += (name, ", ")
    text = f"{text}{name}, "           ->  text_pieces.append(f"{name}, ")
    row += (value,)                    ->  row_pieces.append(value)           and after the loop  tuple(row_pieces)

What is built cannot be changed in place, so nobody who holds an earlier state of it can notice; it only must not be
read before the loop is over. CPython grows a local text in ``text += line`` and ``text = text + line`` in place, so these
alone are left as they are.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.profilers.observations import Watch
from perfprof.rules import bounds
from perfprof.rules.containers.uses import repeated_statements
from perfprof.rules.findings import finding
from perfprof.rules.hoisting import watch
from perfprof.rules.reading.assignment import bound_before
from perfprof.rules.reading.callees import standard
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.repeats import counted_few
from perfprof.rules.reading.scans import Loop
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.rule import Case, Evidence, Suspect

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

KINDS = ("str", "bytes", "tuple")
LOOPS = (ast.For, ast.AsyncFor, ast.While)
LEAST_ADDITIONS = 16
ADDED, KEPT = 10.0, 4.0  # one addition, and what it takes to keep it and to join it; units of `costs`
COPIED = {"str": 0.01, "bytes": 0.01, "tuple": 0.35}  # one character or element, each time


@dataclass(frozen=True, eq=False, slots=True)
class Addition:
    """One statement that adds to something. parts: what is added, in the order of evaluation. name: where it is read.

    front: whether it is added at the beginning. copies: whether CPython copies all of a text for it, too.
    """

    statement: ast.Assign | ast.AugAssign
    name: ast.expr
    parts: tuple[ast.expr, ...]
    front: bool = False
    copies: bool = False

    @property
    def text(self) -> str:
        """How it is written."""
        return self.name.id if isinstance(self.name, ast.Name) else ast.unparse(self.name)


@dataclass(frozen=True, eq=False, slots=True)
class Building:
    """A local name to which a loop adds, and which it does not read otherwise. kind: of what it is built."""

    function: Function
    name: str
    kind: str
    loop: ast.For | ast.AsyncFor | ast.While
    additions: tuple[Addition, ...]

    @property
    def front(self) -> bool:
        """Whether it grows at its beginning."""
        return self.additions[0].front


def buildings(function: Function) -> Iterator[Building]:
    """All of them in a function."""
    found: dict[str, list[tuple[Addition, tuple[ast.stmt, ...]]]] = {}
    for statement, around in repeated_statements(function):
        one = addition(statement) if isinstance(statement, (ast.Assign, ast.AugAssign)) else None
        if one is not None:
            found.setdefault(one.text, []).append((one, around))
    for name, several in found.items():
        kind = _kind(name, [one for one, _ in several], function)
        stacks = dict.fromkeys(around for _, around in several if kind)
        for loop in dict.fromkeys(loop for around in stacks if (loop := _whole(name, around, function))):
            inside = tuple(one for one, around in several if loop in around)
            if _pays(kind, inside, loop) and all(_in_order(one, kind, function) for one in inside):
                yield Building(function, name, kind, loop, inside)


def addition(statement: ast.Assign | ast.AugAssign) -> Addition | None:
    """What a statement adds to a name: ``x += a``, ``x = x + a + b``, ``x = a + x``, ``x = f"{x}…"``."""
    target = statement.target if isinstance(statement, ast.AugAssign) else statement.targets[0]
    return added(statement) if isinstance(target, ast.Name) else None


def added(statement: ast.Assign | ast.AugAssign) -> Addition | None:
    """The same of a name, an attribute or an item."""
    target, value = (
        statement.target if isinstance(statement, ast.AugAssign) else statement.targets[0]
    ), statement.value
    if isinstance(statement, ast.Assign) and len(statement.targets) > 1:
        return None
    if isinstance(statement, ast.AugAssign):
        return Addition(statement, target, (value,)) if isinstance(statement.op, ast.Add) else None
    if isinstance(value, ast.JoinedStr):
        return _formatted(statement, target, value)
    parts = _summands(value)
    if len(parts) > 1 and _is(parts[0], target):
        return Addition(statement, parts[0], tuple(parts[1:]), copies=len(parts) > 2)
    if len(parts) > 1 and _is(parts[-1], target):
        return Addition(statement, parts[-1], tuple(parts[:-1]), front=True, copies=True)
    return None


def _formatted(statement: ast.Assign, target: ast.expr, value: ast.JoinedStr) -> Addition | None:
    first = value.values[0] if len(value.values) > 1 else None
    if not isinstance(first, ast.FormattedValue) or first.format_spec is not None or first.conversion != -1:
        return None
    rest: ast.expr = ast.JoinedStr(value.values[1:])
    if len(value.values) == 2 and isinstance(value.values[1], ast.Constant):
        rest = value.values[1]
    rest = ast.copy_location(copy.copy(rest), value)  # it does not stand in the source by itself
    return Addition(statement, first.value, (rest,), copies=True) if _is(first.value, target) else None


def _summands(node: ast.expr) -> list[ast.expr]:
    """``a + b + c`` -> [a, b, c]."""
    found: list[ast.expr] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        found.append(node.right)
        node = node.left
    return [node, *reversed(found)]


def _is(node: ast.expr, target: ast.expr) -> bool:
    """Whether an expression reads what an assignment stores."""
    if isinstance(target, ast.Name):
        return isinstance(node, ast.Name) and node.id == target.id
    return node.__class__ is target.__class__ and ast.unparse(node) == ast.unparse(target)


def _kind(name: str, additions: Sequence[Addition], function: Function) -> str:
    """Of what the name is built by all that binds it elsewhere; empty if not sure."""
    own = {one.statement for one in additions}
    kinds = set()
    for binding in function.names.bindings[name]:
        above = function.parents.get(binding.node)
        if above in own or (isinstance(above, (ast.Assign, ast.AugAssign)) and adds(above, name)):
            continue
        kinds.add(builtin_type(binding.value, function) if binding.value is not None else None)
    kind = kinds.pop() if len(kinds) == 1 else None
    return kind if kind in KINDS and not _foreign(kind, additions) else ""


def adds(statement: ast.Assign | ast.AugAssign, name: str) -> bool:
    """Whether a statement adds to a name."""
    found = addition(statement)
    return found is not None and found.text == name


def _foreign(kind: str, additions: Sequence[Addition]) -> bool:
    """Whether something is formatted into what is no text."""
    return kind != "str" and any(isinstance(part, ast.JoinedStr) for one in additions for part in one.parts)


def _whole(
    name: str, around: tuple[ast.stmt, ...], function: Function
) -> ast.For | ast.AsyncFor | ast.While | None:
    """The outermost of these loops in which the name is only added to; None if there is none."""
    found = None
    for loop in reversed(around):
        uses = _named(loop, name)
        added = [
            node for node in ast.walk(loop) if isinstance(node, (ast.Assign, ast.AugAssign)) and adds(node, name)
        ]
        if not isinstance(loop, LOOPS) or any(_named(last, name) for last in loop.orelse):
            break
        if not bound_before(name, loop, function):
            break  # the new code reads it there, even if the loop never turns
        if len(uses) != sum(1 if isinstance(one, ast.AugAssign) else 2 for one in added):
            break
        if len({one.front for node in added if (one := addition(node))}) > 1:
            break
        found = loop
    return found


def _named(node: ast.AST, name: str) -> list[ast.Name]:
    return [one for one in ast.walk(node) if isinstance(one, ast.Name) and one.id == name]


def _in_order(one: Addition, kind: str, function: Function) -> bool:
    """Whether what is added may be evaluated in the order in which it is kept, and each of it once."""
    items = [item for part in one.parts for item in (part.elts if isinstance(part, ast.Tuple) else [part])]
    acting = [item for item in items if not isinstance(item, (ast.Constant, ast.Name))]
    if one.front and (len(acting) > 1 or any(isinstance(item, ast.Starred) for item in items)):
        return False
    others = [part for part in one.parts if sure(part, kind, function)]
    constant = all(isinstance(part, ast.Constant) for part in others) and (kind != "tuple" or not others)
    return len(others) == len(one.parts) or (len(others) == len(one.parts) - 1 and constant)


def _pays(kind: str, additions: Sequence[Addition], loop: ast.stmt) -> bool:
    """Whether all of it is copied each time, and perhaps often."""
    few = isinstance(loop, (ast.For, ast.AsyncFor)) and counted_few((Loop(loop, loop),))
    return (kind != "str" or any(one.copies for one in additions)) and not few


def sure(part: ast.expr, kind: str, function: Function) -> bool:
    """Whether a part is surely of the kind that is built, and of no subclass."""
    if isinstance(part, ast.JoinedStr) and part not in function.parents:
        return kind == "str"  # the rest of a formatted text, which was never a text of its own
    if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Add):
        return sure(part.left, kind, function) and sure(part.right, kind, function)
    if kind == "bytes" and isinstance(part, ast.Call):
        listed = all(isinstance(one, (ast.Tuple, ast.List, ast.ListComp)) for one in part.args)
        made = getattr(part.func, "id", "") == "bytes" and is_builtin("bytes", function)
        if (made and listed) or standard(part.func, function) == "struct.pack":
            return True
    return builtin_type(part, function) == kind


def unsure(one: Addition, found: Building) -> list[ast.expr]:
    """The parts of which a test must tell what they are."""
    return [part for part in one.parts if not sure(part, found.kind, found.function)]


def suspect(rule: str, found: Building) -> Suspect:
    """The finding, and what a run must tell about it."""
    function, first = found.function, next(one for one in found.additions if one.copies or found.kind != "str")
    message = f"copies all of `{found.name}` in each turn to add to it"
    what = finding(rule, function, first.statement, found.name, message)
    watches = [watch(f"{what.id}:entry", found.loop, function, "entry")]
    for number, one in enumerate(found.additions):
        part = next((part for part in one.parts if not isinstance(part, (ast.Constant, ast.JoinedStr))), None)
        if part is not None:
            watches.append(watch(f"{what.id}:more{number}", part, function, "collection"))
        else:
            watches.append(watch(f"{what.id}:whole{number}", one.statement.value, function, "collection"))
    return Suspect(what, found, tuple[Watch, ...](watches), function)


def worth_collecting(case: Case) -> Evidence:
    """Measured on CPython 3.11: text pays from some hundred characters that are copied each time, tuples from 16."""
    found: Building = case.suspect.reading
    entry = case.watched("entry")
    numbered = range(len(found.additions))
    added = [one for n in numbered if (one := case.watched(f"more{n}")) is not None and one.count]
    whole = [one for n in numbered if (one := case.watched(f"whole{n}")) is not None and one.count]
    if entry is None or not entry.count or not (added or whole):
        return Evidence(False, "it did not run")
    rounds = sum(one.count for one in (*added, *whole)) / entry.count
    size = sum(one.mean_length * one.count for one in added) / entry.count
    size = max([size, *(2 * one.mean_length for one in whole if one.mean_length)])  # it grows from nothing
    numbers = {"rounds": round(rounds, 1), "size": round(size, 1)}
    gain = (ADDED + size / 2 * COPIED[found.kind]) / (ADDED + KEPT)
    reason = f"{rounds:,.0f} additions to what grows to {size:,.0f} an entry"
    each = bounds.MOVED if found.kind == "tuple" else bounds.CHARACTER
    bound = bounds.moving(rounds * entry.count, size / 2, each)
    return Evidence(rounds >= LEAST_ADDITIONS and gain >= 1.3, reason, numbers, gain, bound)
