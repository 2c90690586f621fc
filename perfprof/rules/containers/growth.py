"""Growth by copying: a container that each turn of a loop makes anew, one element longer, from the one before.

    found = found + [row]              ->  found.append(row)
    known = {**known, **more}          ->  known.update({**more})
    sum(lists, [])                     ->  [item for part in lists for item in part]

n turns copy 1 + 2 + … + n elements. Nothing is wrong with it as long as somebody wants each of the copies, so all
turns on who holds the container besides its name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from perfprof.profilers.observations import Watch
from perfprof.rules import guards
from perfprof.rules.containers.uses import is_own_name, repeated_statements
from perfprof.rules.findings import finding
from perfprof.rules.hoisting import watch
from perfprof.rules.reading.assignment import bound_before
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.names import bound_names, fresh
from perfprof.rules.reading.repeats import has_room
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.rule import Case, Edit, Rewrite, Suspect
from perfprof.rules.searching.indexing import at

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function


@dataclass(frozen=True, eq=False, slots=True)
class Growth:
    """A statement ``xs = xs + more`` or ``d = {**d, more}`` in a loop, or a call ``sum(lists, [])``.

    kept: what is copied each time (the name), or the lists that are added up. more: what is added, None for a dict
    (there it is the rest of the display). loop: the outermost loop through which it grows, None for a sum.
    """

    function: Function
    kind: Literal["list", "dict", "sum"]
    node: ast.Assign | ast.Call
    kept: ast.expr
    more: ast.expr | None = None
    loop: ast.stmt | None = None


def growths(function: Function) -> Iterator[Growth]:
    """All of them in a function."""
    for scan in function.scans:
        lists = _added_up(scan.node, function) if scan.kind == "call" else None
        if lists is None or not isinstance(scan.node, ast.Call) or _falls_back(scan.node, function) or _few(lists):
            continue
        plain = isinstance(lists, ast.Name) or sure_parts(lists, function)
        if plain or has_room(replace(scan, probe=scan.node), function):
            yield Growth(function, "sum", scan.node, lists)
    for statement, around in repeated_statements(function):
        found = _grows(statement, around, function) if isinstance(statement, ast.Assign) else None
        if found is not None:
            yield found


def _grows(statement: ast.Assign, around: tuple[ast.stmt, ...], function: Function) -> Growth | None:
    """What a statement in these loops copies to add to it."""
    found = grown(statement)
    if found is None or _falls_back(statement, function) or not _may_be_one(found[1].id, found[2], function):
        return None
    loop = _outermost(statement, around)
    return None if loop is None else Growth(function, found[0], statement, found[1], found[2], loop)


def _added_up(call: ast.AST, function: Function) -> ast.expr | None:
    """``lists`` of ``sum(lists, [])``."""
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id != "sum":
        return None
    start = call.args[1] if len(call.args) == 2 else None
    if len(call.args) == 1 and len(call.keywords) == 1 and call.keywords[0].arg == "start":
        start = call.keywords[0].value
    elif call.keywords:
        return None
    empty = isinstance(start, ast.List) and not start.elts
    plain = not any(isinstance(one, ast.Starred) for one in call.args)
    return call.args[0] if empty and plain and is_builtin("sum", function) else None


def _few(lists: ast.expr) -> bool:
    """Whether only as many lists are added up as are written out."""
    return isinstance(lists, (ast.List, ast.Tuple)) and not any(isinstance(one, ast.Starred) for one in lists.elts)


def _falls_back(node: ast.AST, function: Function) -> bool:
    """Whether it is what a rewrite left for other types."""
    above = function.parents.get(node)
    if isinstance(above, ast.IfExp):
        return (
            above.orelse is node and isinstance(above.body, ast.ListComp) and "map(type" in ast.unparse(above.test)
        )
    if not isinstance(above, ast.If) or not above.orelse:
        return False
    return above.orelse[-1] is node and isinstance(above.body[0], ast.AugAssign)


def _may_be_one(name: str, more: ast.expr | None, function: Function) -> bool:
    """Whether something says that it is a list or dict, and no number or text that is added to."""
    values = [binding.value for binding in function.names.bindings[name]]
    kind = "dict" if more is None else "list"
    return kind == "dict" or any(certain(one, function, kind) for one in (*values, more) if one is not None)


def grown(
    statement: ast.Assign,
) -> tuple[Literal["list", "dict"], ast.Name, ast.expr | None] | None:
    """The kind, the name before, and what is added."""
    target, value = statement.targets[0], statement.value
    if len(statement.targets) != 1 or not isinstance(target, ast.Name):
        return None
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        left = value.left
        if isinstance(left, ast.Name) and left.id == target.id and target.id not in set(bound_names(value.right)):
            return "list", left, value.right
    if isinstance(value, ast.Dict) and len(value.keys) > 1 and value.keys[0] is None:
        first = value.values[0]
        if isinstance(first, ast.Name) and first.id == target.id and target.id not in set(bound_names(value)):
            return "dict", first, None
    return None


def _outermost(statement: ast.Assign, around: tuple[ast.stmt, ...]) -> ast.stmt | None:
    """The outermost loop in which nothing else binds the name; None if each turn begins anew."""
    name = next(bound_names(statement.targets[0]))
    found: ast.stmt | None = None
    for loop in reversed(around):
        bound = [one for one in ast.walk(loop) if isinstance(one, ast.Name) and one.id == name]
        stores = [one for one in bound if not isinstance(one.ctx, ast.Load)]
        if any(one is not statement.targets[0] for one in stores) and not _all_grow(name, loop, stores):
            break
        found = loop
    return found


def _all_grow(name: str, loop: ast.stmt, stores: list[ast.Name]) -> bool:
    """Whether each store of the name in a loop only adds to it."""
    growing = [
        node.targets[0] if isinstance(node, ast.Assign) else node.target
        for node in ast.walk(loop)
        if (isinstance(node, ast.Assign) and grown(node) is not None) or isinstance(node, ast.AugAssign)
    ]
    return all(any(one is other for other in growing) for one in stores)


def suspect(rule: str, found: Growth) -> Suspect:
    """The finding, and what a run must tell about it."""
    function = found.function
    text = function.text(found.kept)
    message = f"copies all of `{text}` in each turn to add to it"
    if found.kind == "sum":
        message = f"copies what it has so far for each list in `{text}`"
    what = finding(rule, function, found.node, text, message)
    return Suspect(what, found, tuple(_watches(found, what.id)), function)


def _watches(found: Growth, prefix: str) -> Iterator[Watch]:
    yield watch(f"{prefix}:base0", found.kept, found.function, "collection")
    if found.loop is not None:
        yield watch(f"{prefix}:entry", found.loop, found.function, "entry")
    if found.more is not None:
        yield watch(f"{prefix}:more", found.more, found.function, "types")


def certain(node: ast.expr, function: Function, kind: str) -> bool:
    """Whether an expression surely makes a new object of exactly this type, "list" or "dict"."""
    shapes = (ast.List, ast.ListComp) if kind == "list" else (ast.Dict, ast.DictComp)
    if isinstance(node, shapes):
        return True
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and kind == "list":
        return certain(node.left, function, kind) and certain(node.right, function, kind)
    return isinstance(node, ast.Call) and builtin_type(node, function) == kind


def as_argument(node: ast.expr, function: Function) -> str:
    """The source of an expression, in parentheses where it needs them as an argument."""
    text = function.text(node)
    loose = (ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.IfExp, ast.Lambda, ast.BoolOp)
    return f"({text})" if isinstance(node, loose) else text


def grow_in_place(case: Case) -> Rewrite:
    """Add to the container itself, or walk the lists once."""
    found: Growth = case.suspect.reading
    text = found.function.text(found.kept)
    if found.kind == "sum":
        edits, why = [_flattened(case, found)], f"each element of {text} is taken once"
    elif found.kind == "dict":
        edits, why = [at("statement", found.node, _updated(found))], f"{text} is added to, not copied"
    else:
        edits, why = _extended(case, found), f"{text} is added to, not copied"
    return Rewrite(edits=tuple(edits), why=why, memory="less: no copies")


def _extended(case: Case, found: Growth) -> list[Edit]:
    """Add in place; what may be no list is added as before, and from then on so is everything.

    The ``__radd__`` of a class may keep the list that it is given, or answer with one that others hold.
    """
    name, more = found.function.text(found.kept), found.more
    assert more is not None
    if isinstance(more, ast.List) and len(more.elts) == 1 and not isinstance(more.elts[0], ast.Starred):
        return [at("statement", found.node, f"{name}.append({as_argument(more.elts[0], found.function)})")]
    if builtin_type(more, found.function) == "list":
        return [at("statement", found.node, f"{name} += {found.function.text(more)}")]
    taken = found.function.visible | case.taken
    given, own = as_argument(more, found.function), fresh(f"own_{name}", taken)
    part = given if is_own_name(more, found.function) and given != name else fresh("more", taken)
    test = f"type({part if part == given else f'{part} := {given}'}) is list and {own}"
    new = f"if {test}:\n    {name} += {part}\nelse:\n    {own} = False\n    {name} = {name} + {part}"
    return [at("before", loops_around(found)[0], f"{own} = True"), at("statement", found.node, new)]


def loops_around(found: Growth) -> list[ast.stmt]:
    """The loop statements that repeat it, outermost first."""
    loops: list[ast.stmt] = []
    node: ast.AST | None = found.function.parents.get(found.node)
    while node is not None:
        if isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            loops.insert(0, node)
        node = found.function.parents.get(node)
    return loops


def _updated(found: Growth) -> str:
    name, function = found.function.text(found.kept), found.function
    value = found.node.value if isinstance(found.node, ast.Assign) else None
    assert isinstance(value, ast.Dict)
    keys, values = value.keys[1:], value.values[1:]
    if len(keys) == 1 and keys[0] is not None and _read_late(keys[0], found):
        return f"{name}[{function.text(keys[0])}] = {as_argument(values[0], function)}"
    parts = [
        (
            f"**{as_argument(one, function)}"
            if key is None
            else f"{as_argument(key, function)}: {as_argument(one, function)}"
        )
        for key, one in zip(keys, values, strict=True)
    ]
    return f"{name}.update({{{', '.join(parts)}}})"


def _read_late(key: ast.expr, found: Growth) -> bool:
    """Whether the key may be read after the value, as an assignment does: nothing can bind it anew meanwhile."""
    function, names = found.function, found.function.names
    if isinstance(key, ast.Constant):
        return True
    if not isinstance(key, ast.Name) or not isinstance(found.node, ast.Assign):
        return False
    mine = names.is_local(key.id) and key.id not in names.captured | names.elsewhere
    walrus = any(isinstance(one, ast.NamedExpr) for one in ast.walk(found.node.value))
    return mine and not walrus and bound_before(key.id, found.node, function)


def _flattened(case: Case, found: Growth) -> Edit:
    function, lists = found.function, found.kept
    text = function.text(lists)
    taken = function.visible | case.taken
    part, item = fresh("part", taken), fresh("item", taken)
    flat = f"[{item} for {part} in {{}} for {item} in {part}]"
    if sure_parts(lists, function):
        return at("replace", found.node, flat.format(f"({text})" if isinstance(lists, ast.IfExp) else text))
    name, test, walked = text, "", text
    if isinstance(lists, ast.Name):
        seen = case.watched("base0")
        test = guards.is_collection(text, seen.types if seen is not None else ()) or f"type({text}) is list"
        typed = f"set(map(type, {text})) <= {{list}}"
    else:
        name = fresh("parts", taken)
        walked, typed = name, f"set(map(type, {name})) <= {{list}}"
        if isinstance(lists, ast.ListComp):
            typed = f"set(map(type, {name} := {text})) <= {{list}}".replace(
                f"{name} := {text}", f"({name} := {text})"
            )
        else:
            test = f"type({name} := {text}) is list"
    again = f"sum({walked}, [])"
    return at("replace", found.node, f"({flat.format(walked)} if {guards.joined([test, typed])} else {again})")


def sure_parts(lists: ast.expr, function: Function) -> bool:
    """Whether what is added up surely are lists: each is written out as one."""
    if isinstance(lists, (ast.ListComp, ast.GeneratorExp)):
        return certain(lists.elt, function, "list")
    if isinstance(lists, (ast.List, ast.Tuple)):
        return all(certain(one, function, "list") for one in lists.elts)
    return False
