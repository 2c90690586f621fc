"""Each use of a name whose beginning a loop cuts off, told by an offset: what it meant is ``data[start:]`` at every moment.

The offset never goes back, and never beyond the end where that could be seen. Where nothing shows that a bound is an int that
is not negative, ``range(start, len(data))`` takes the same slice: ranges take the same bounds, cut them off alike, and refuse
what is no index in the same words.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules import bounds
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.names import fresh
from perfprof.rules.reading.repeats import statement_of
from perfprof.rules.rule import Case, Edit, Evidence, Rewrite
from perfprof.rules.searching.indexing import at
from perfprof.rules.sequences.slices import Slices, Step, not_negative

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

# Elements that a turn copies, from which it is 1.5x faster: where uses only add to the offset, where they also look at the
# length, where bounds go through a range. Measured on CPython 3.11 with two or three uses a turn.
TEXT, LIST = (12_288, 24_576, 40_960), (256, 256, 768)
LEAST = {"str": TEXT, "bytes": TEXT, "list": LIST, "tuple": LIST}
LEAST_TURNS = 8
FROM = frozenset({"find", "index", "startswith", "endswith"})  # take an offset as their second argument
_LOOSE = (ast.Compare, ast.Call, ast.Assign, ast.Return, ast.keyword, ast.If, ast.While, ast.BoolOp)


def place_of(use: ast.Name, function: Function) -> tuple[str, ast.expr]:
    """What a use asks, and the expression that asks it.

    "item", "part", "length", "filled", "empty", a method of FROM, or "all": it is handed on, or copied, as it is.
    """
    above = function.parents.get(use)
    found: tuple[str, ast.expr] | None = None
    if isinstance(above, ast.Subscript) and above.value is use and isinstance(above.ctx, ast.Load):
        found = _of_subscript(above, use.id, function)
    elif isinstance(above, ast.Attribute):
        found = _of_method(above, function)
    elif isinstance(above, ast.Call):
        found = ("length", above) if _is_len(above, function) else None
    elif isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not):
        found = ("empty", above)
    elif _only_tested(use, function):
        found = ("filled", use)
    return found or ("all", use)


def _of_subscript(node: ast.Subscript, name: str, function: Function) -> tuple[str, ast.expr] | None:
    part = node.slice
    if not isinstance(part, ast.Slice):
        return ("item", node) if not_negative(part, name, function) else None
    bounded = part.step is None and part.upper is not None
    return ("part", node) if bounded and _in_order(part, name, function) else None


def _is_len(call: ast.Call, function: Function) -> bool:
    called = call.func.id if isinstance(call.func, ast.Name) and len(call.args) == 1 else ""
    return called == "len" and not call.keywords and is_builtin("len", function)


def _of_method(node: ast.Attribute, function: Function) -> tuple[str, ast.expr] | None:
    call = function.parents.get(node)
    if not isinstance(call, ast.Call) or call.func is not node or node.attr not in FROM:
        return None
    plain = len(call.args) == 1 and not call.keywords and not isinstance(call.args[0], ast.Starred)
    return (node.attr, call) if plain else None


def _only_tested(node: ast.expr, function: Function) -> bool:
    above = function.parents.get(node)
    if isinstance(above, ast.BoolOp) or (isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not)):
        return isinstance(above, ast.UnaryOp) or _only_tested(above, function)
    return isinstance(above, (ast.If, ast.While, ast.IfExp, ast.Assert)) and above.test is node


def _in_order(part: ast.Slice, name: str, function: Function) -> bool:
    """Whether the bounds may be computed one after the other, each being looked at before the next."""
    bounds = [one for one in (part.lower, part.upper) if one is not None and not not_negative(one, name, function)]
    quiet = not any(isinstance(one, _RUNS) for bound in bounds for one in ast.walk(bound))
    return quiet or part.lower is None


_RUNS = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr, ast.Attribute)


def leaves(use: ast.AST, function: Function) -> bool:
    """Whether the loop is left by the statement, or by the end of its block, so that it happens once."""
    statement = statement_of(use, function)
    above = function.parents.get(statement)
    blocks: list[list[ast.stmt]] = [getattr(above, block, []) for block in ("body", "orelse", "finalbody")]
    block = next((one for one in blocks if statement in one), [statement])
    if isinstance(statement, (ast.If, ast.While, ast.For, ast.AsyncFor, ast.With, ast.Try)):
        return False
    return isinstance(block[-1], (ast.Return, ast.Raise, ast.Break)) and not isinstance(above, (ast.For, ast.While))


def used(found: Slices) -> Iterator[tuple[ast.Name, str, ast.expr]]:
    """Each use in the loop that is told by the offset, without the steps'; what it asks, and where."""
    own = {step.value.value for step in found.steps} | {step.target for step in found.steps}
    first = set(ast.walk(found.loop.iter)) if not isinstance(found.loop, ast.While) else set()
    for use in found.uses:
        if use not in own and use not in first:  # what a `for` walks is read before the first turn
            yield (use, *place_of(use, found.function))


def worth_an_offset(case: Case) -> Evidence:
    """What is copied in a turn must be long: an offset costs some 0.1 µs a use, a copied kilobyte 0.03; else no word of it."""
    found: Slices = case.suspect.reading
    looks = [
        seen for n, _ in enumerate(found.steps) if (seen := case.watched(f"cut{n}")) is not None and seen.count
    ]
    turns = sum(seen.count for seen in looks)
    kinds = {kind.removeprefix("builtins.").partition("[")[0] for seen in looks for kind in seen.types}
    if turns < LEAST_TURNS or not kinds <= set(LEAST):
        return Evidence(False, "")
    writer = _Writer(found, "start")
    dear = 2 if any("range(" in text for text in writer.new.values()) else int(writer.clipped)
    least = max(LEAST[kind][dear] for kind in kinds)
    length = sum(seen.total_length for seen in looks) / turns
    numbers = {"turns": turns, "elements": round(length, 1)}
    if length < least:
        return Evidence(False, "", numbers)
    gain, bound = 1.5 * length / least, bounds.moving(turns, length)
    return Evidence(True, f"{turns:,} times {length:,.0f} elements copied", numbers, gain, bound)


def read_by_offset(case: Case) -> Rewrite:
    """Zero before the loop, each use by the offset, and what is left after it where that is read."""
    found: Slices = case.suspect.reading
    name = found.name
    start = fresh("start", found.function.visible | case.taken)
    writer = _Writer(found, start)
    edits = [at("before", found.loop, f"{start} = 0"), *writer.edits()]
    if found.read_after:
        edits.append(at("after", found.loop, f"if {start}:\n    {name} = {name}[{start}:]"))
    why = f"what is left of {name} is not copied in each turn: {start} says where it begins"
    return Rewrite(edits=tuple(edits), why=why, memory=f"all of {name} stays until the loop has ended")


class _Writer:
    """The new text of each use; those inside of others are written first."""

    def __init__(self, found: Slices, start: str) -> None:
        self.found, self.start = found, start
        self.new: dict[ast.AST, str] = {}
        asked = list(used(found))
        self.clipped = any(what in FROM or what == "length" for _, what, _ in asked)
        jobs: list[tuple[ast.expr, str | Step]] = [(node, what) for _, what, node in asked]
        jobs += [(step.value, step) for step in found.steps]
        for node, job in sorted(jobs, key=lambda one: len(list(ast.walk(one[0])))):
            self.new[node] = self._moved(job) if isinstance(job, Step) else self._told(node, job)

    def edits(self) -> Iterator[Edit]:
        """Those of the outermost changed expressions."""
        inner = {one for node in self.new for one in ast.walk(node) if one is not node}
        plain = {step.value: step for step in self.found.steps if step.statement.value is step.value}
        for step in self.found.steps:
            if step.value not in plain:
                yield at("replace", step.target, self.start)
        for node, text in self.new.items():
            if node in plain:
                yield at("statement", plain[node].statement, self._assigned(plain[node], text))
            elif node not in inner:
                yield at("replace", node, text)

    def _assigned(self, step: Step, text: str) -> str:
        added = text.removeprefix(f"{self.start} + ")
        return f"{self.start} += {added}" if added != text else f"{self.start} = {text}"

    def _moved(self, step: Step) -> str:
        taken, function = self._text(step.taken), self.found.function
        if not not_negative(step.taken, self.found.name, function):
            return f"{self._left()}[{taken}:].start"
        moved = f"{self.start} + {taken}"
        return f"min({moved}, len({self.found.name}))" if self.clipped else moved

    def _left(self) -> str:
        return f"range({self.start}, len({self.found.name}))"

    def _told(self, node: ast.expr, what: str) -> str:
        name, start = self.found.name, self.start
        if what == "item" and isinstance(node, ast.Subscript):
            return f"{name}[{self._plus(node.slice)}]"
        if what == "part" and isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            return f"{name}[{self._bound(node.slice.lower, 'start')} : {self._bound(node.slice.upper, 'stop')}]"
        if isinstance(node, ast.Call) and what in FROM:
            asked = f"{name}.{what}({self._text(node.args[0])}, {start})"
            return {"find": f"max({asked} - {start}, -1)", "index": f"({asked} - {start})"}.get(what, asked)
        texts = {"length": f"len({name}) - {start}", "filled": f"{start} < len({name})", "all": f"{name}[{start}:]"}
        texts["empty"] = f"{start} >= len({name})"
        if not self.found.is_text:  # perhaps None
            texts |= {"filled": f"{name} and {texts['filled']}", "empty": f"not ({name} and {texts['filled']})"}
        return texts[what] if what == "all" else self._apart(texts[what], node)

    def _plus(self, index: ast.expr) -> str:
        if isinstance(index, ast.Constant) and index.value == 0:
            return self.start
        return f"{self.start} + {self._text(index)}"

    def _bound(self, bound: ast.expr | None, end: str) -> str:
        if bound is None:
            return self.start
        if not_negative(bound, self.found.name, self.found.function):
            return self._plus(bound)
        text = self._text(bound)
        return f"{self._left()}[{text + ':' if end == 'start' else ':' + text}].{end}"

    def _apart(self, text: str, node: ast.expr) -> str:
        """In parentheses, unless what stands around surely binds less."""
        above = self.found.function.parents.get(node)
        compared = isinstance(above, ast.Compare) and "<" not in text and ">" not in text
        loose = compared or (isinstance(above, _LOOSE) and not isinstance(above, ast.Compare))
        return text if loose else f"({text})"

    def _text(self, node: ast.expr) -> str:
        if not any(one in self.new for one in ast.walk(node)):
            text = self.found.function.text(node)
            return f"({text})" if isinstance(node, (ast.NamedExpr, ast.Yield, ast.YieldFrom)) else text
        return ast.unparse(self._swapped(node))

    def _swapped(self, node: ast.AST) -> ast.AST:
        if node in self.new:
            return ast.parse(self.new[node], mode="eval").body
        twin = copy.copy(node)
        for field, value in ast.iter_fields(node):
            if isinstance(value, ast.AST):
                setattr(twin, field, self._swapped(value))
            elif isinstance(value, list):
                setattr(twin, field, [self._swapped(one) if isinstance(one, ast.AST) else one for one in value])
        return twin
