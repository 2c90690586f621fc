"""Obligations about text that others can see while a loop adds to it: nothing runs meanwhile that could look."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from perfprof.rules.containers.held import Held, holder_type, kind_of
from perfprof.rules.containers.row_kinds import kinds_and_rows
from perfprof.rules.obligations.growth import shares_line
from perfprof.rules.obligations.proofs import guarded, obligation, proved, unproved
from perfprof.rules.reading.assignment import bound_before
from perfprof.rules.reading.expressions import is_builtin, path_of
from perfprof.rules.reading.kinds import INT, STR, Kind
from perfprof.rules.reading.projects import other_files
from perfprof.rules.reading.quiet import gives
from perfprof.rules.rule import Case, Proof

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

OWN_WAYS = frozenset(
    {"__getattr__", "__getattribute__", "__setattr__", "__delattr__", "setattr", "__dict__", "vars"}
)
AT_ONCE = re.compile(
    r"\b(threading|_thread|Thread|ThreadPool\w*|gevent|eventlet|greenlet|signal|settrace|setprofile)\b"
)
Env = dict[tuple[str, ...], Kind]


@obligation
def loop_runs_nothing_else(case: Case) -> Proof:
    """No code of the program runs while the loop does, which could look at what is built."""
    found: Held = case.suspect.reading
    kinds, function = kinds_and_rows(case), found.function
    if kinds is None or not kind_of(case):
        return unproved("what the loop reads is no plain data", function.place(found.loop))
    reading = _Reading(
        found, {path_of(base) or (): one for base, one in zip(found.bases, kinds, strict=True)}, kind_of(case)
    )
    problem = reading.first_problem([found.loop])
    if problem is not None:
        return unproved("code of the program may run here, and look at it", function.place(problem))
    return guarded(
        "a test of the exact types of all that the loop reads: no code of the program runs",
        function.place(found.loop),
    )


class _Reading:
    """Goes through the loop with what each name surely is where a statement runs; what a block binds ends with it."""

    def __init__(self, found: Held, env: Env, kind: str) -> None:
        self.found, self.function, self.env, self.kind = found, found.function, env, kind
        self.own = {one.statement: one for one in found.additions}

    def first_problem(self, statements: list[ast.stmt]) -> ast.AST | None:
        """The first statement that may run code of the program; None if there is none."""
        outer, self.env = self.env, dict(self.env)
        problem = next((one for one in statements if not self._quiet(one)), None)
        self.env = outer
        return problem

    def _quiet(self, one: ast.stmt) -> bool:
        if isinstance(one, (ast.Assign, ast.AugAssign)):
            if one in self.own:
                return all(self._kind(part) == Kind(self.kind) for part in self.own[one].parts)
            return self._assigns(one)
        if isinstance(one, ast.For):
            return self._walks(one)
        if isinstance(one, ast.If):
            quiet = self._kind(one.test) is not None
            return quiet and self.first_problem(one.body) is None and self.first_problem(one.orelse) is None
        if isinstance(one, (ast.Return, ast.Expr)):
            return one.value is None or self._kind(one.value) is not None
        return isinstance(one, (ast.Pass, ast.Break, ast.Continue))

    def _kind(self, node: ast.expr) -> Kind | None:
        return gives(node, self.env, self.function)

    def _assigns(self, one: ast.Assign | ast.AugAssign) -> bool:
        """``line = line.strip()``, ``count += 1``."""
        if isinstance(one, ast.Assign):
            return len(one.targets) == 1 and self._name(one.targets[0], self._kind(one.value))
        old = ast.Name(one.target.id, ast.Load()) if isinstance(one.target, ast.Name) else None
        return old is not None and self._name(one.target, self._kind(ast.BinOp(old, one.op, one.value)))

    def _name(self, target: ast.expr, given: Kind | None) -> bool:
        """A name is bound to what is no other kind than it was."""
        if not isinstance(target, ast.Name) or given is None or given.item is not None:
            return False
        return self.env.setdefault((target.id,), given) == given

    def _walks(self, one: ast.For) -> bool:
        outer, self.env = self.env, dict(self.env)
        quiet = self._binds(one.target, one.iter) and self.first_problem(one.body) is None
        self.env = outer
        return quiet and self.first_problem(one.orelse) is None

    def _binds(self, target: ast.expr, walked: ast.expr) -> bool:
        """Whether walking it runs nothing, and each name that it binds is of a known kind."""
        called = walked.func.id if isinstance(walked, ast.Call) and isinstance(walked.func, ast.Name) else ""
        known = called in {"enumerate", "range", "zip"} and is_builtin(called, self.function)
        if not known or not isinstance(walked, ast.Call) or walked.keywords:
            return self._target(target, _item(self._kind(walked)))
        given = [self._kind(one) for one in walked.args]
        if called == "range":
            return all(one == INT for one in given) and self._name(target, INT)
        items = [INT] * (called == "enumerate") + [_item(one) for one in given]
        each = target.elts if isinstance(target, ast.Tuple) and len(items) == len(target.elts) else []
        return bool(each) and all(map(self._target, each, items))

    def _target(self, target: ast.expr, given: Kind | None) -> bool:
        """``name``, or ``name, amount`` of a row, part by part."""
        if given is None or given.name != "row":
            return self._name(target, given)
        parts = target.elts if isinstance(target, ast.Tuple) and len(target.elts) == len(given.parts) else []
        return bool(parts) and all(map(self._target, parts, given.parts))


def _item(walked: Kind | None) -> Kind | None:
    return (
        None if walked is None else STR if walked.name == "str" else INT if walked.name == "bytes" else walked.item
    )


@obligation
def place_is_plain(case: Case) -> Proof:
    """Storing it there runs no code: an attribute of a plain class, an item of a dict or a list, or a name."""
    found: Held = case.suspect.reading
    where = found.function.place(found.loop)
    problem = _class_problem(found) if found.of_self else ""
    problem = problem or (
        _name_problem(found) if isinstance(found.place, ast.Name) else _holder_problem(found, case)
    )
    if problem:
        return unproved(problem, where)
    if isinstance(found.place, ast.Name) and not found.of_self:
        return proved("it is a name", where)
    return guarded("a test of the exact type of what holds it", where)


def _class_problem(found: Held) -> str:
    """Why attributes of ``self`` may run code, though it is exactly of this class; empty if they do not."""
    owner, method = found.function.owner, found.function
    if owner is None or method.parameters[:1] != ("self",) or method.names.bindings.get("self"):
        return "`self` may be another object"
    plain = all(_is_dataclass(one, method) for one in owner.decorator_list) and not owner.keywords
    if not plain or not {getattr(one, "id", "") for one in owner.bases} <= {"object"}:
        return "a base, a decorator or a metaclass of its class may take part"
    module = method.module
    if module.top.get(owner.name) is not owner or owner.name in module.rebound or method.names.is_local(owner.name):
        return f"`{owner.name}` may be another class here"
    ways = OWN_WAYS & module.identifiers
    return f"attributes may be stored in their own way in this file (`{min(ways)}`)" if ways else _own_name(found)


def _own_name(found: Held) -> str:
    """Why an attribute that the loop uses may be the class's own doing."""
    assert found.function.owner is not None
    names = {one.attr for one in (found.place, found.holder, *found.bases) if isinstance(one, ast.Attribute)}
    for one in found.function.owner.body:
        plain = isinstance(one, (ast.Assign, ast.AnnAssign)) and isinstance(one.value, (ast.Constant, type(None)))
        named = {node.id for node in ast.walk(one) if isinstance(node, ast.Name)} | {getattr(one, "name", "")}
        if not plain and names & named:
            return f"the class defines `{min(names & named)}` itself"
    return ""


def _is_dataclass(node: ast.expr, function: Function) -> bool:
    found = function.module.top.get("dataclass") if isinstance(node, ast.Name) and node.id == "dataclass" else None
    return (
        isinstance(found, ast.ImportFrom)
        and found.module == "dataclasses"
        and "dataclass" not in function.module.rebound
    )


def _name_problem(found: Held) -> str:
    """Why the name may have no value before the loop; empty if it has."""
    name, function = found.name, found.function
    if function.names.is_local(name):
        return "" if bound_before(name, found.loop, function) else f"`{name}` may have no value before the loop"
    outer = function.outer
    while outer is not None and outer.qualname != "<module>" and name not in outer.names.bindings:
        outer = outer.outer
    body = outer.body if outer is not None else []
    for one in body:
        if one.lineno >= function.line:
            break
        if isinstance(one, ast.Assign) and any(
            isinstance(each, ast.Name) and each.id == name for each in one.targets
        ):
            return "" if not _deleted(name, function) else f"`{name}` may be deleted"
    return f"`{name}` may have no value before the loop"


def _deleted(name: str, function: Function) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Del)
        for node in ast.walk(function.module.tree)
    )


def _holder_problem(found: Held, case: Case) -> str:
    """Why what holds it may be something else than the guard tests for."""
    holder, function = found.holder, found.function
    assert holder is not None
    root = (path_of(holder) or ("",))[0]
    if root != "self" and not (function.names.is_local(root) and bound_before(root, found.loop, function)):
        return f"`{root}` may have no value before the loop"
    if isinstance(found.place, ast.Subscript) and holder_type(case) is None:
        return "what holds it was neither a dict nor a list"
    return ""


@obligation
def nobody_looks_meanwhile(case: Case) -> Proof:
    """No other thread and no signal looks at it while the loop runs."""
    found: Held = case.suspect.reading
    module = found.function.module
    if AT_ONCE.search(module.source):
        return unproved("this file speaks of threads or signals", found.function.place(found.loop))
    for path in other_files(case.program, module.path):
        if AT_ONCE.search(case.program.read(path) or ""):
            return unproved(f"{path.name} speaks of threads or signals", found.function.place(found.loop))
    return proved("no file of the project speaks of threads or signals")


@obligation
def loop_can_be_wrapped(case: Case) -> Proof:
    """The loop stands on lines of its own, and what it reads has a value before it."""
    found: Held = case.suspect.reading
    function = found.function
    for one in (found.loop, *(each.statement for each in found.additions)):
        if shares_line(one, function):
            return unproved("it does not stand on lines of its own", function.place(one))
    for node in ast.walk(found.loop):
        text = isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))
        )
        if text and node.lineno != node.end_lineno:  # type: ignore[attr-defined]
            return unproved("a text of several lines stands in it", function.place(node))
    for base in found.bases:
        root = (path_of(base) or ("",))[0]
        known = function.names.is_local(root) or root in function.module.top
        if not known or not bound_before(root, found.loop, function):
            return unproved(f"`{root}` may have no value before the loop", function.place(base))
    return proved("the loop stands on lines of its own")
