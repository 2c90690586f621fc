"""Obligations about a list that an object holds and uses as a queue: the class, each use, and when it is empty."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.containers.growth import certain
from perfprof.rules.kept_lists.attribute_queues import AttributeQueue, Use, names_of_body, stored
from perfprof.rules.kept_lists.attribute_uses import uses_of
from perfprof.rules.obligations.filled import shows_empty, shows_filled
from perfprof.rules.obligations.proofs import obligation, observed, proved, unproved
from perfprof.rules.obligations.queues import is_end
from perfprof.rules.reading.callees import standard
from perfprof.rules.reading.effects import hazards
from perfprof.rules.reading.expressions import SCALAR_BUILTINS, is_builtin
from perfprof.rules.reading.families import family_of
from perfprof.rules.reading.projects import BY_DICT, other_files, texts
from perfprof.rules.reading.stars import star_for
from perfprof.rules.rule import Case, Proof

if TYPE_CHECKING:
    from pathlib import Path

    from perfprof.rules.reading.program import Function, Program

ALIKE = frozenset({"append", "extend", "clear", "reverse", "count", "insert", "pop"})
WALKERS = frozenset("len bool list tuple set frozenset sorted any all".split())
OWN_WAYS = (
    *("__getattr__", "__getattribute__", "__setattr__"),
    *("__getstate__", "__setstate__", "__reduce__", "__dict__"),
)
CLOCKS = frozenset({"time.time", "time.monotonic", "time.perf_counter", "datetime.now", "datetime.utcnow"})
_WAITING = (ast.Await, ast.Yield, ast.YieldFrom, ast.AsyncWith, ast.AsyncFor)
ACTING = (*_WAITING, ast.For, ast.While, ast.With, ast.Delete)
HIDDEN = frozenset({"unknown", "suspends", "mutates"})
LEAVING = (ast.Return, ast.Raise, ast.Break, ast.Continue)


@obligation
def nobody_else_has_it(case: Case) -> Proof:
    """Only the class itself uses the attribute."""
    found: AttributeQueue = case.suspect.reading
    if not found.name.startswith("_"):
        where = found.function.place(found.owner)
        return unproved(f"`{found.name}` is a public name, which anybody may use", where)
    for path, text in texts(case.program, found.function.module):
        if BY_DICT.search(text):
            return unproved(
                f"{path.name} reads all attributes of objects at once", found.function.place(found.owner)
            )
    return used_by_the_class_alone(case)


def used_by_the_class_alone(case: Case) -> Proof:
    """Whether nothing else in the project uses the attribute, whatever its name."""
    found: AttributeQueue = case.suspect.reading
    where = found.function.place(found.owner)
    shared = _shared_by_the_class(found)
    if shared:
        return unproved(shared, where)
    outside = _outside(found)
    if outside is not None:
        place = found.function.place(outside)
        return unproved(f"`{found.name}` is used outside of the class's own methods", place)
    path = _used_by(found, case.program)
    if path is not None:
        return unproved(f"`{found.name}` is used in {path.name} as well", where)
    if found.name.startswith("__"):
        return proved("its name belongs to the class alone")
    by_name = "by its name it belongs to the class alone, and " if found.name.startswith("_") else ""
    return observed(f"{by_name}no other file of the project uses that name", where)


def _used_by(found: AttributeQueue, program: Program) -> Path | None:
    """Another file that uses it, other than as the attribute of a class that shares no objects with this one."""
    module, told = found.function.module, re.compile(rf"""["'][\w.]*\b{found.name}\b""")
    named = [one for one in other_files(program, module.path) if _names_it(found).search(program.read(one) or "")]
    family = family_of(found.owner, module, program) if named else None
    if family is None or family.foreign or len(family.classes) > 1 or not found.name.startswith("_"):
        return next(iter(named), None)
    meant = {one.method.module.path for one in uses_of(found.name, family, module, program)[1]}
    meant |= {one for one in named if program.module(one) is None or told.search(program.read(one) or "")}
    return next((one for one in named if one in meant), None)


def _shared_by_the_class(found: AttributeQueue) -> str:
    """Why the class itself lets others use it; empty if it does not."""
    if found.name.endswith("__"):
        return f"`{found.name}` is a name that Python may use"
    bases = [getattr(one, "id", "") for one in found.owner.bases]
    if found.owner.decorator_list or found.owner.keywords or not set(bases) <= {"object"}:
        return "a base, a decorator or a metaclass may use it"
    ways = {*OWN_WAYS, "vars"} & found.function.module.identifiers
    if found.name in names_of_body(found.owner) or ways:
        return f"the class makes attributes in its own way (`{min(ways, default=found.name)}`)"
    return ""


def _names_it(found: AttributeQueue) -> re.Pattern[str]:
    """``repo._rows``, ``getattr(repo, "_rows")``, ``repo._Repo__rows``."""
    if found.name.startswith("__"):
        return re.compile(rf"\b{_mangled(found)}\b")
    asked = "" if found.name.startswith("_") else r"attr\w*\(.*"  # a public word may be the key of anything
    return re.compile(rf"""(\.\s*|{asked}["']){found.name}\b""")


def _mangled(found: AttributeQueue) -> str:
    return f"_{found.owner.name.lstrip('_')}{found.name}"


def _outside(found: AttributeQueue) -> ast.AST | None:
    """Where the file speaks of the attribute, or names it in a text, outside of the class's own methods."""
    uses, names = {one.node for one in found.uses}, {found.name, _mangled(found)}
    for node in ast.walk(found.function.module.tree):
        told = node.value if isinstance(node, ast.Constant) else None
        if isinstance(told, str) and names & set(told.split(".")):  # `attrgetter("owner._rows")`
            return node
        if isinstance(node, ast.Attribute) and node.attr in names and node not in uses:
            return node
    return None


@obligation
def every_use_of_it_alike(case: Case) -> Proof:
    """A deque does the same wherever methods use it."""
    found: AttributeQueue = case.suspect.reading
    for one in found.uses:
        problem = _unlike(one, found)
        if problem:
            return unproved(problem, one.method.place(one.node))
    return proved(f"`{found.text}` is only made, added to, taken from and asked")


def _unlike(one: Use, found: AttributeQueue) -> str:
    """Why a deque may do something else there; empty if it does the same."""
    if not (isinstance(one.node.value, ast.Name) and one.node.value.id == "self" == one.method.parameters[:1][0]):
        return f"`{ast.unparse(one.node)}` may be that of another object"
    if "self" in one.method.names.bindings or one.method.names.dynamic:
        return "`self` may be another object"
    if not isinstance(one.node.ctx, ast.Load):
        value = stored(one)
        made = value is not None and certain(value, one.method, "list")
        return "" if made else f"`{found.text}` may be another list here, or none"
    alike = one.word in ALIKE if one.call is not None else _asked(one)
    whole = one.word in {"insert", "pop"} and one.call is not None and one.call.args
    if whole and not any(one.node is other.node for other in found.front):
        return "it reaches into the middle, or uses an index that is not known"
    return "" if alike else f"a deque may do something else here than the list `{found.text}`"


def _asked(one: Use) -> bool:
    """Tested, measured, copied by a builtin, asked with `in`, or one of its ends."""
    above = one.above
    if isinstance(above, ast.Subscript):
        return above.value is one.node and isinstance(above.ctx, ast.Load) and is_end(above.slice)
    if isinstance(above, ast.Compare):
        return (
            len(above.ops) == 1
            and above.comparators[0] is one.node
            and isinstance(above.ops[0], (ast.In, ast.NotIn))
        )
    if isinstance(above, ast.Call):
        callee = above.func.id if isinstance(above.func, ast.Name) else ""
        return (
            callee in WALKERS and above.args == [one.node] and not above.keywords and is_builtin(callee, one.method)
        )
    node: ast.AST = one.node
    while isinstance(above, ast.BoolOp) or (isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not)):
        node, above = above, one.method.parents.get(above)
    return isinstance(above, (ast.If, ast.While, ast.IfExp, ast.Assert)) and above.test is node


@obligation
def asked_before_it_is_taken_from(case: Case) -> Proof:
    """Nothing is taken when it is empty."""
    found: AttributeQueue = case.suspect.reading
    for one in found.uses:
        ends = isinstance(one.above, ast.Subscript)
        if one.word != "pop" and not ends:
            continue
        taken = one.call if one.call is not None else one.above
        if taken is None or not _filled(taken, _Before(one.method, found.text, case.program)):
            why = "the text of the IndexError would be another one, and nothing shows that it is not empty"
            return unproved(why, one.method.place(one.node))
    return proved("each time it was asked just before whether something is in it")


def _filled(taken: ast.AST, before: _Before) -> bool:
    """Whether a test just before shows that something is in the queue, and nothing that runs meanwhile takes it."""
    node: ast.AST = taken
    while node is not before.method.node:
        above = before.method.parents[node]
        if isinstance(above, ast.IfExp) and node is above.body and before.shows(above.test):
            return True
        if isinstance(above, ast.BoolOp) and isinstance(above.op, ast.And) and before.within(above, node, taken):
            return True
        if isinstance(node, ast.stmt):
            return before.quiet_head(node, taken) and before.in_block(node, above)
        if isinstance(above, (ast.Lambda, ast.comprehension)):
            return False
        node = above
    return False


@dataclass(frozen=True, slots=True)
class _Before:
    """What runs between a test of the queue ``text`` and the place that takes from it."""

    method: Function
    text: str
    program: Program

    def shows(self, test: ast.expr) -> bool:
        """Whether a test shows that something is in the queue, and leaves it there."""
        return shows_filled(test, self.text) and not self.acts(test)

    def within(self, both: ast.BoolOp, node: ast.AST, taken: ast.AST) -> bool:
        """``self._waiting and self._waiting[0] …``: an operand before shows it."""
        earlier = both.values[: next(place for place, one in enumerate(both.values) if one is node)]
        shown = any(shows_filled(one, self.text) for one in earlier)
        return shown and not any(map(self.acts, earlier)) and self._first(node, taken)

    def quiet_head(self, statement: ast.stmt, taken: ast.AST) -> bool:
        """Whether nothing in the statement acts before the queue is taken from."""
        if isinstance(statement, (ast.While, ast.For, ast.AsyncFor, ast.With, ast.AsyncWith, ast.Try)):
            return False
        return self._first(statement.test if isinstance(statement, ast.If) else statement, taken)

    def _first(self, part: ast.AST, taken: ast.AST) -> bool:
        """Whether other calls only take what the queue gives."""
        acting = [one for one in ast.walk(part) if self._acts_itself(one)]
        acting += [one.node for one in hazards([part], self.method, self.program) if one.kind in HIDDEN]
        return all(one is taken or any(inner is taken for inner in ast.walk(one)) for one in acting)

    def in_block(self, statement: ast.stmt, above: ast.AST) -> bool:
        """Whether a statement before shows it, or the test of the block."""
        for block in ("body", "orelse", "finalbody"):
            siblings = getattr(above, block, None)
            if not isinstance(siblings, list) or statement not in siblings:
                continue
            for earlier in reversed(siblings[: siblings.index(statement)]):
                if self._leaves(earlier) or self._adds(earlier):
                    return True
                if self.acts(earlier):
                    return False
            if block == "body" and isinstance(above, (ast.If, ast.While)) and self.shows(above.test):
                return True
            outside = self.method.parents.get(above)
            quiet = isinstance(above, ast.If) and not self.acts(above.test)
            return quiet and outside is not None and self.in_block(above, outside)  # type: ignore[arg-type]
        return False

    def _adds(self, earlier: ast.stmt) -> bool:
        """``self._waiting.append(job)`` as a statement of its own."""
        call = earlier.value if isinstance(earlier, ast.Expr) else None
        ways = {f"{self.text}.append", f"{self.text}.insert"}
        return isinstance(call, ast.Call) and ast.unparse(call.func) in ways and not any(map(self.acts, call.args))

    def _leaves(self, earlier: ast.stmt) -> bool:
        """``if not self._waiting: return``."""
        if not isinstance(earlier, ast.If) or earlier.orelse or not isinstance(earlier.body[-1], LEAVING):
            return False
        return shows_empty(earlier.test, self.text) and not self.acts(earlier.test)

    def acts(self, node: ast.AST) -> bool:
        """Whether it may run code that takes from the queue, or bind it anew."""
        if any(map(self._acts_itself, ast.walk(node))):
            return True
        hidden = hazards([node], self.method, self.program)  # behind operators and properties
        return any(one.kind in HIDDEN for one in hidden)

    def _acts_itself(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            plain = name in SCALAR_BUILTINS and is_builtin(name, self.method) and not node.keywords
            return not (plain or (standard(node.func, self.method) or "") in CLOCKS)
        bound = isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)
        return bound or isinstance(node, ACTING)


@obligation
def deque_is_free_in_the_class(case: Case) -> Proof:
    """The name `deque` can be imported."""
    found: AttributeQueue = case.suspect.reading
    module = found.function.module
    meant = module.top.get("deque")
    imported = isinstance(meant, ast.ImportFrom) and meant.module == "collections"
    methods = {one.method for one in found.uses}
    here = any("deque" in {*one.names.bindings, *one.parameters, *one.names.elsewhere} for one in methods)
    nested = any(one.outer is not None and one.outer.qualname != "<module>" for one in methods)
    again = "deque" in module.rebound or star_for("deque", module) is not None
    if here or nested or again or (meant is not None and not imported):
        return unproved("`deque` may have another meaning in this file")
    if not all(is_builtin(name, one) for one in methods for name in ("list", "len")):
        return unproved("`list` or `len` has another meaning in this file")
    return proved("`deque` means nothing else in this file")
