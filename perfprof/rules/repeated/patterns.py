"""Regular expressions that a loop hands to ``re`` as text in each turn, and the pattern object compiled before it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules import bounds
from perfprof.rules.findings import finding
from perfprof.rules.hoisting import watch
from perfprof.rules.reading.expressions import path_of
from perfprof.rules.reading.names import fresh, read_names
from perfprof.rules.reading.repeats import counted_few
from perfprof.rules.reading.scans import Loop, Scan
from perfprof.rules.reading.stability import Stability
from perfprof.rules.repeated.moving import moved_out
from perfprof.rules.rule import Case, Evidence, Rewrite, Suspect
from perfprof.rules.searching.indexing import at

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program

# How many arguments stand between the pattern and what only ``re.compile`` takes (count and maxsplit by name only).
_BEFORE_FLAGS = {"match": 1, "fullmatch": 1, "search": 1, "findall": 1, "finditer": 1}
_PLAIN = {**_BEFORE_FLAGS, "split": 1, "sub": 2, "subn": 2, "compile": 0}
_KEYWORDS = frozenset({"string", "repl", "count", "maxsplit", "flags"})
LEAST_CALLS = 16  # an entry of the loop; the look-up in the cache of `re` is what is saved


@dataclass(frozen=True, eq=False, slots=True)
class Matching:
    """A call of ``re`` in a loop. pattern, flags: as written; bases: the names that it reads, all before the loop."""

    function: Function
    scan: Scan
    call: ast.Call
    module: ast.Name
    method: str
    pattern: ast.expr
    flags: ast.expr | None
    hoist: Loop
    bases: tuple[ast.expr, ...]
    stable: tuple[Stability, ...] = ()


def matchings(function: Function, program: Program) -> Iterator[Matching]:
    """Every ``re.match(pattern, …)`` that a loop repeats."""
    if isinstance(function.node, ast.Module):
        return  # a pattern before a loop of the module would be one of its public names
    for scan in function.scans:
        call = scan.node
        if scan.kind != "call" or not isinstance(call, ast.Call) or counted_few(scan.around):
            continue
        callee = call.func
        if not isinstance(callee, ast.Attribute) or callee.attr not in _PLAIN:
            continue
        if not isinstance(callee.value, ast.Name) or not _means_re(callee.value, function):
            continue
        flags = _flags(call, callee.attr)
        if not _plain_arguments(call, callee.attr) or isinstance(scan.around[0].node, ast.AsyncFor):
            continue
        named = [one for one in (call.args[0],) if isinstance(one, ast.Name)]
        hoist = scan.around[0]
        yield Matching(
            function, scan, call, callee.value, callee.attr, call.args[0], flags, hoist, (callee.value, *named)
        )


def _means_re(name: ast.Name, function: Function) -> bool:
    """Whether something called ``re`` is meant; that it is the module is an obligation."""
    found = function.module.top.get(name.id)
    names = found.names if isinstance(found, ast.Import) else []
    return name.id == "re" or any(one.name == "re" and one.asname == name.id for one in names)


def _plain_arguments(call: ast.Call, method: str) -> bool:
    most = 1 + _PLAIN[method] + (1 if method in _BEFORE_FLAGS or method == "compile" else 0)
    words = [word.arg for word in call.keywords]
    starred = any(isinstance(one, ast.Starred) for one in call.args)
    return not starred and 1 <= len(call.args) <= most and all(word in _KEYWORDS for word in words)


def _flags(call: ast.Call, method: str) -> ast.expr | None:
    place = 1 + _PLAIN[method]
    if (method in _BEFORE_FLAGS or method == "compile") and len(call.args) > place:
        return call.args[place]
    return next((word.value for word in call.keywords if word.arg == "flags"), None)


def text_of_pattern(found: Matching) -> str | bytes | None:
    """The pattern's text where the code shows it: written there, or a name bound to it once."""
    node: ast.expr | None = found.pattern
    if isinstance(node, ast.Name):
        node = _only_value(node.id, found.function)
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, (str, bytes)) else None


def _only_value(name: str, function: Function) -> ast.expr | None:
    if function.names.is_local(name):
        values = function.names.values(name) or []
        return values[0] if len(values) == 1 and name not in function.names.captured else None
    if name in function.names.elsewhere or name in function.module.rebound or function.hides(name):
        return None
    statement = function.module.top.get(name)
    return statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None


def value_of_flags(node: ast.expr | None, module: str) -> int | None:
    """The flags as a number: ``re.I | re.M``; None if they cannot be told, or act on each compilation."""
    if node is None:
        return 0
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitOr, ast.Add)):
        left, right = value_of_flags(node.left, module), value_of_flags(node.right, module)
        return None if left is None or right is None else left | right
    path = path_of(node)
    if path is None or len(path) != 2 or path[0] != module:
        return None
    value = getattr(re, path[1], None)
    plain = isinstance(value, re.RegexFlag) and value not in (re.DEBUG, re.LOCALE)
    return int(value) if plain and value is not None else None


def suspect(rule: str, found: Matching) -> Suspect:
    """The finding, and how often a run must have come there."""
    function = found.function
    message = f"looks the pattern of `{function.text(found.call.func)}` up in the cache of `re` in each turn"
    if found.method == "compile":
        message = "compiles the same pattern in each turn"
    what = finding(rule, function, found.call, function.text(found.pattern), message)
    watches = (
        watch(f"{what.id}:entry", found.hoist.statement, function, "entry"),
        watch(f"{what.id}:base0", found.call, function, "value"),
    )
    return Suspect(what, found, watches, function)


def worth_compiling(case: Case) -> Evidence:
    """At least 16 calls an entry: measured 1.0x at 1, 2.0x at 4 to 10, 2.5x from 100 calls on."""
    entry, calls = case.watched("entry"), case.watched("base0")
    if entry is None or calls is None or not entry.count or not calls.count:
        return Evidence(False, "the loop did not run")
    if _made_there(case.suspect.reading):
        return Evidence(False, "")  # another pattern in each turn
    rounds = calls.count / entry.count
    numbers = {"entries": entry.count, "calls": round(rounds, 1)}
    if rounds < LEAST_CALLS:
        return Evidence(False, f"too few: {rounds:,.0f} calls an entry (pays from {LEAST_CALLS})", numbers)
    return Evidence(True, f"{rounds:,.0f} calls an entry", numbers, 2.0, bounds.compiling(calls.count))


def _made_there(found: Matching) -> bool:
    """Whether the loop binds a name that the pattern is made of."""
    bound = {
        one.id
        for one in ast.walk(found.hoist.statement)
        if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load)
    }
    return bool(bound & read_names(found.pattern))


def compile_before(case: Case) -> Rewrite:
    """The pattern compiled before the loop, and its own method called in it."""
    found: Matching = case.suspect.reading
    function, call = found.function, found.call
    name = fresh(_name_of(found), function.visible | case.taken)
    module = found.module.id
    flags = f", {function.text(found.flags)}" if found.flags is not None else ""
    before = f"{name} = {module}.compile({function.text(found.pattern)}{flags})"
    given = [function.text(one) for one in call.args[1:] if one is not found.flags]
    given += [f"{word.arg}={function.text(word.value)}" for word in call.keywords if word.value is not found.flags]
    new = name if found.method == "compile" else f"{name}.{found.method}({', '.join(given)})"
    moved = moved_out(call, found.hoist.statement, function) if found.method == "compile" else ()
    return Rewrite(
        edits=moved or (at("before", found.hoist.statement, before), at("replace", call, new)),
        why="the pattern object is asked directly; `re` need not look it up by its text in each turn",
        memory="one name",
    )


def _name_of(found: Matching) -> str:
    if isinstance(found.pattern, ast.Name):
        word = found.pattern.id.lower().lstrip("_")
        return word if word != found.pattern.id and not word.isdigit() else f"{word}_re"
    above = found.function.parents.get(found.call)
    target = above.targets[0] if isinstance(above, ast.Assign) and found.method == "compile" else None
    return f"{target.id}_compiled" if isinstance(target, ast.Name) else "pattern"
