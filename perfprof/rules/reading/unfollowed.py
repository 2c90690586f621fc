"""Why a call is not followed: what stands between it and the one function that it would mean."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from perfprof.rules.reading.conditions import conjuncts
from perfprof.rules.reading.functions import DEFINITIONS
from perfprof.rules.reading.names import bound_names
from perfprof.rules.reading.resolution import imported_module, module_of
from perfprof.rules.reading.stars import star_for
from perfprof.rules.reading.syntax import walk

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Module, Program


def why_not(callee: ast.expr, function: Function, program: Program) -> str:
    """The reason, as it reads after a colon."""
    if isinstance(callee, ast.Name):
        return _of_name(callee.id, function, program)
    if isinstance(callee, ast.Attribute):
        return _of_attribute(callee, function, program)
    return "what is called is computed"


def _of_name(name: str, function: Function, program: Program) -> str:
    module = function.module
    if function.hides(name):
        return f"`{name}` is a value of `{_binder(name, function)}`, and nothing shows which function"
    star = star_for(name, module) if hasattr(builtins, name) or name not in module.top else None
    if star is not None:
        return f"`{ast.unparse(star)}` may give `{name}` a meaning"
    return _in_module(name, module, program)


def _in_module(name: str, module: Module, program: Program) -> str:
    found = module.top.get(name)
    if found is None and module.stars:
        return f"an `import *` of {module.relative} may bring it"
    if found is None:
        return f"no statement at the top of {module.relative} binds it"
    place = f"{module.relative}:{found.lineno}"
    if name in module.rebound:
        return f"the file binds it more than once, last at {place}"
    if isinstance(found, DEFINITIONS):
        return f"it is decorated ({place})" if found.decorator_list else f"{place}"
    if isinstance(found, ast.ImportFrom):
        other = module_of(found, module, program)
        original = next((one.name for one in found.names if (one.asname or one.name) == name), name)
        outside = other is None or other is module
        return f"`{ast.unparse(found)}` is not of this project" if outside else _in_module(original, other, program)  # type: ignore[arg-type]
    return f"it is a value, and nothing shows which function ({place})"


def _binder(name: str, function: Function) -> str:
    """The function that binds a name, as people call it."""
    scope = function
    while scope.outer is not None and name not in scope.parameters and name not in scope.names.bindings:
        scope = scope.outer
    return scope.qualname


def _of_attribute(callee: ast.Attribute, function: Function, program: Program) -> str:
    held = ast.unparse(callee.value)
    base = callee.value.id if isinstance(callee.value, ast.Name) else ""
    if (
        base
        and not function.hides(base)
        and isinstance(function.module.top.get(base), (ast.Import, ast.ImportFrom))
    ):
        other = imported_module(base, function, program)
        return _in_module(callee.attr, other, program) if other is not None else f"`{base}` is not of this project"
    if held == "super()":
        return "a base of its class is not read"
    own = base in {"self", "cls"} and function.parameters[:1] == (base,)
    if own and function.owner is not None and callee.attr in _stored(function.owner):
        return "it is a value that its class stores, and nothing shows which function"
    alike = [one for one in program.methods.get(callee.attr, ()) if isinstance(one.node, DEFINITIONS)]
    if not alike:
        return f"nothing shows what `{held}` is"
    first = f"`{alike[0].qualname}` ({alike[0].place(alike[0].node)})"
    others = f" and {len(alike) - 1} more" if len(alike) > 1 else ""
    if own:
        return f"{first}{others} may be meant: a class below may have its own"
    kind = _tested(callee, function)
    if kind:
        return f"{first}{others} may be meant: a class below `{kind}` may have its own"
    return f"{first}{others} may be meant: nothing shows the class of `{held}`"


def _tested(callee: ast.Attribute, function: Function) -> str:
    """The class that an ``isinstance`` shows, left of it in a conjunction or in the ``if`` around; empty if none does."""
    held = ast.unparse(callee.value)
    node: ast.AST = callee
    above = function.parents.get(node)
    while above is not None:
        tests: list[ast.expr] = []
        if isinstance(above, ast.BoolOp) and isinstance(above.op, ast.And):
            tests = above.values[: next(at for at, one in enumerate(above.values) if one is node)]
        elif isinstance(above, (ast.If, ast.IfExp)) and node is not above.test and _reached(node, above):
            again = {*bound_names(above)}
            tests = conjuncts(above.test) if held not in again else []
        shown = [kind for one in tests if (kind := _kind_of(held, one))]
        if shown:
            return shown[0]
        node, above = above, function.parents.get(above)
    return ""


def _kind_of(held: str, test: ast.expr) -> str:
    """``Node`` of ``isinstance(held, Node)``."""
    asks = isinstance(test, ast.Call) and getattr(test.func, "id", "") == "isinstance" and len(test.args) == 2
    if not asks or not isinstance(test, ast.Call) or isinstance(test.args[1], ast.Tuple):
        return ""
    return ast.unparse(test.args[1]) if ast.unparse(test.args[0]) == held else ""


def _reached(node: ast.AST, above: ast.If | ast.IfExp) -> bool:
    """Whether it runs where the test holds."""
    return node in above.body if isinstance(above, ast.If) else node is above.body


def _stored(owner: ast.ClassDef) -> set[str]:
    """The attributes that the methods of a class store."""
    return {one.attr for one in walk(owner) if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store)}
