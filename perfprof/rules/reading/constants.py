"""Constants of a module: a name that is bound once to plain data, and a table whose items are of one type and stay so."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, cast

from perfprof.rules.reading.projects import other_files
from perfprof.rules.reading.replaced import is_replaced
from perfprof.rules.reading.stars import star_for
from perfprof.rules.reading.syntax import children, walk

if TYPE_CHECKING:
    from perfprof.rules.reading.modules import Module
    from perfprof.rules.reading.program import Function

_ASKED = frozenset({"get", "items", "keys", "values", "index", "count"})
_WALKED = frozenset(
    {"len", "list", "sorted", "set", "tuple", "dict", "enumerate", "max", "min", "sum", "any", "all"}
)


def constant_of(name: str, function: Function) -> ast.expr | None:
    """What the module of a function gives a name, once and for all; None if the name may mean something else."""
    module = function.module
    statement = module.top.get(name)
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or function.hides(name):
        return None
    program = module.program
    once = statement in module.tree.body and module.binds_once(name) and star_for(name, module) is None
    if not once or module.binds_by_text or program is None or is_replaced(name, "", module, program):
        return None
    return statement.value


def item_type(name: str, function: Function) -> str | None:
    """The exact type of all items of a table, ``{"a": ".-", "b": "-..."}``, that the project only reads."""
    known = cast("dict[str, str | None]", function.module.functions[0].memo.setdefault("tables", {}))
    if name not in known:
        table = constant_of(name, function)
        known[name] = _items(table) if table is not None and _only_read(name, function.module) else None
    return known[name] if not function.hides(name) else None


def _items(table: ast.expr) -> str | None:
    found: list[ast.expr | None] = []
    if isinstance(table, ast.Dict) and None not in table.keys:
        found = [*table.values]
    elif isinstance(table, (ast.List, ast.Tuple)):
        found = [*table.elts]
    kinds = {type(one.value).__name__ if isinstance(one, ast.Constant) else None for one in found}
    return kinds.pop() if len(kinds) == 1 else None


def _only_read(name: str, module: Module) -> bool:
    """Whether each use in the module reads, and no other file has a word of it."""
    program = module.program
    if program is None or program.alone:
        return False
    above = {child: node for node in walk(module.tree) for child in children(node)}
    uses = [node for node in above if isinstance(node, ast.Name) and node.id == name]
    if not all(_reads(one, above.get(one), above) for one in uses if isinstance(one.ctx, ast.Load)):
        return False
    word = re.compile(rf"\b{re.escape(name)}\b")
    return not any(word.search(program.read(path) or "") for path in other_files(program, module.path))


def _reads(use: ast.expr, above: ast.AST | None, parents: dict[ast.AST, ast.AST]) -> bool:
    if isinstance(above, ast.Subscript):
        return above.value is use and isinstance(above.ctx, ast.Load)
    if isinstance(above, ast.Compare):
        return isinstance(above.ops[-1], (ast.In, ast.NotIn)) and above.comparators[-1] is use
    if isinstance(above, ast.Attribute):
        call = parents.get(above)
        return above.attr in _ASKED and isinstance(call, ast.Call) and call.func is above
    if isinstance(above, ast.Call):
        return use in above.args and getattr(above.func, "id", "") in _WALKED
    return isinstance(above, (ast.For, ast.comprehension)) and above.iter is use
