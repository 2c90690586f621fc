"""Put probes into a module's syntax tree, at the places that watches name. Lines and meaning stay.

An expression becomes the argument of a function that gives it back; before a statement stands a call; a function
gets an innermost decorator. What is evaluated in what order does not change.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping
from typing import Any

from .probes import SWITCH

Span = tuple[int, int, int, int]

_NOT_EVALUATED = frozenset({"annotation", "returns", "type_params", "format_spec", "pattern", "ctx", "op", "ops"})
COMPILERS = frozenset({"jit", "njit", "vectorize", "guvectorize", "cfunc", "script", "kernel", "compile"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Instrumenter:
    """Places probes; what was placed is in ``placed`` by id, what cannot be in ``missed`` with the reason.

    watches and captures are those of one file; names: id -> name of the probe's function in ``builtins``.
    """

    def __init__(
        self, watches: list[dict[str, Any]], captures: list[dict[str, Any]], names: Mapping[str, str]
    ) -> None:
        self._names = names
        self._entries: dict[tuple[int, int], list[str]] = {}
        self._spans: dict[Span, list[str]] = {}
        for watch in watches:
            if watch["kind"] == "entry":
                self._entries.setdefault((watch["line"], watch["column"]), []).append(watch["id"])
            else:
                span = (watch["line"], watch["column"], watch["end_line"], watch["end_column"])
                self._spans.setdefault(span, []).append(watch["id"])
        self._others = {watch["id"]: watch["detail"] for watch in watches if watch["kind"] in ("identity", "again")}
        self._glances = {watch["id"] for watch in watches if watch["kind"] == "types"}
        self._captures = {capture["id"]: capture for capture in captures}
        self.placed: set[str] = set()
        self.missed: dict[str, str] = {}
        for watch in watches:
            self.missed[watch["id"]] = "there is no such place in the code that ran"
        for capture in captures:
            self.missed[capture["id"]] = "there is no such function in the code that ran"

    def instrument(self, tree: ast.Module) -> None:
        """Change the tree in place."""
        self._block(tree, tree.body, in_class=False, qualname="")

    def _place(self, key: str) -> None:
        self.placed.add(key)
        self.missed.pop(key, None)

    def _block(self, owner: ast.AST, body: list[ast.stmt], *, in_class: bool, qualname: str) -> None:
        """The statements of one body, with counters before those that are watched."""
        found: list[ast.stmt] = []
        waiting: list[ast.stmt] = []  # counters that must not stand before a docstring or a __future__ import
        for number, statement in enumerate(body):
            counters = [] if in_class else [self._counter(key, statement) for key in self._watched(statement)]
            self._statement(statement, in_class=in_class, qualname=qualname)
            if _must_stay_first(owner, number, statement):
                waiting += counters
                found.append(statement)
            else:
                found += [*waiting, *counters, statement]
                waiting = []
        body[:] = found + waiting

    def _watched(self, statement: ast.stmt) -> list[str]:
        return self._entries.pop((statement.lineno, statement.col_offset), [])

    def _counter(self, key: str, statement: ast.stmt) -> Any:
        self._place(key)
        call = ast.Call(ast.Name(self._names[key], ast.Load()), [], [])
        return _located(ast.Expr(call), statement)

    def _statement(self, node: ast.stmt, *, in_class: bool, qualname: str) -> None:
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            inner = f"{qualname}{node.name}"
            if not in_class:
                self._fields(node, in_class=in_class, qualname=qualname, skip="body")
            is_class = isinstance(node, ast.ClassDef)
            self._block(
                node, node.body, in_class=is_class, qualname=f"{inner}." if is_class else f"{inner}.<locals>."
            )
            if not isinstance(node, ast.ClassDef):
                self._capture(node, inner)
        elif type(node).__name__ != "TypeAlias" and not _is_text(node):
            self._fields(node, in_class=in_class, qualname=qualname)

    def _fields(self, node: ast.AST, *, in_class: bool, qualname: str, skip: str = "") -> None:
        """Go into the fields of a node; in a class body only as far as statements, for names are looked up oddly."""
        for name, value in ast.iter_fields(node):
            if name in _NOT_EVALUATED or name == skip:
                continue
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                self._block(node, value, in_class=in_class, qualname=qualname)
            elif isinstance(value, list):
                value[:] = [self._child(item, in_class=in_class, qualname=qualname) for item in value]
            elif isinstance(value, ast.AST):
                setattr(node, name, self._child(value, in_class=in_class, qualname=qualname))

    def _child(self, node: Any, *, in_class: bool, qualname: str) -> Any:
        if not isinstance(node, ast.expr):
            if isinstance(node, ast.AST):
                self._fields(node, in_class=in_class, qualname=qualname)
            return node
        if in_class:
            return node
        keys = self._spans.pop(_span(node), []) if _is_wrappable(node) else []
        if isinstance(node, ast.JoinedStr):
            for part in node.values:
                if isinstance(part, ast.FormattedValue):
                    part.value = self._child(part.value, in_class=in_class, qualname=qualname)
        else:
            self._fields(node, in_class=in_class, qualname=qualname)
        for key in keys:
            node = self._wrapped(key, node)
        return node

    def _wrapped(self, key: str, node: ast.expr) -> ast.expr:
        """The expression as the argument of its probe."""
        self._place(key)
        if key in self._glances:
            return _switched(self._names[key], node)
        other = [ast.parse(self._others[key], mode="eval").body] if key in self._others else []
        call: ast.expr = _located(ast.Call(ast.Name(self._names[key], ast.Load()), [node, *other], []), node)
        return call

    def _capture(self, node: ast.FunctionDef | ast.AsyncFunctionDef, qualname: str) -> None:
        for key, capture in self._captures.items():
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if capture["function"] != qualname or not first <= capture["line"] <= node.body[0].lineno:
                continue
            reason = _why_not(node, qualname, unfinished=capture.get("unfinished", False))
            if reason:
                self.missed[key] = reason
                continue
            self._place(key)
            node.decorator_list.append(_located(ast.Name(self._names[key], ast.Load()), node))


def _switched(name: str, node: ast.expr) -> ast.expr:
    """The expression, looked at only while a switch is on: ``look(x) if on else x``."""
    look = ast.Call(ast.Name(name, ast.Load()), [copy.deepcopy(node)], [])
    found: ast.expr = _located(ast.IfExp(ast.Name(name + SWITCH, ast.Load()), look, node), node)
    return found


def _why_not(node: ast.FunctionDef | ast.AsyncFunctionDef, qualname: str, *, unfinished: bool) -> str:
    """The reason why calls of this function cannot be kept, empty if they can.

    unfinished: whether calls are wanted that are not over when they return.
    """
    if "<locals>" in qualname:
        return "a function inside a function: it cannot be found from outside"
    is_async = isinstance(node, ast.AsyncFunctionDef)
    yields = any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in _own_nodes(node))
    if is_async and yields:
        return "an asynchronous generator function: a call is not over when it returns"
    if is_async and not unfinished:
        return "an async function: a call is not over when it returns"
    if yields and not unfinished:
        return "a generator function: a call is not over when it returns"
    for decorator in node.decorator_list:
        name = ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)
        if name.rpartition(".")[2] in COMPILERS:
            return f"@{name} compiles the function itself"
    return ""


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """What belongs to the function itself, not to functions inside it."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, (*_FUNCTIONS, ast.Lambda, ast.ClassDef)):
            yield from _own_nodes(child)


def _is_wrappable(node: ast.expr) -> bool:
    """An expression that stands for its value: read, not assigned, and no slice."""
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return False
    if isinstance(node, ast.Tuple):
        return not any(isinstance(item, ast.Slice) for item in node.elts)
    return type(node).__name__ not in ("Slice", "Starred", "FormattedValue", "Interpolation")


def _must_stay_first(owner: ast.AST, number: int, statement: ast.stmt) -> bool:
    """A docstring, or an import from ``__future__``."""
    if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
        return True
    return number == 0 and _is_text(statement) and isinstance(owner, (ast.Module, ast.ClassDef, *_FUNCTIONS))


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _span(node: ast.expr) -> Span:
    return node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0


def _located(new: Any, old: ast.AST) -> Any:
    """The new nodes at the old one's place, so that tracebacks show what stands there."""
    for inner in ast.walk(new):
        if not hasattr(inner, "lineno"):
            ast.copy_location(inner, old)
    return new
