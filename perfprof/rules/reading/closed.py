"""Closed functions: those that compute their result from plain arguments alone, and do nothing else.

Of arguments that are ints, texts, bytes, flags or None, and of constants, everything in the body is made by operators,
methods and builtins of plain types: nobody else can see what it changes, and the same arguments give an equal result.
"""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING, TypeAlias

from perfprof.rules.reading.callees import standard
from perfprof.rules.reading.expressions import is_builtin, path_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from perfprof.rules.reading.modules import Module
    from perfprof.rules.reading.program import Function

_STATEMENTS = (
    ast.If, ast.Return, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.For, ast.While, ast.Pass, ast.Break, ast.Continue,
    ast.Expr, ast.Raise, ast.Assert, ast.Try, ast.ExceptHandler, ast.Delete,
)  # fmt: skip
_EXPRESSIONS = (
    ast.Constant, ast.Name, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.Subscript, ast.Slice,
    ast.Tuple, ast.List, ast.Dict, ast.Set, ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.DictComp, ast.comprehension,
    ast.JoinedStr, ast.FormattedValue, ast.NamedExpr, ast.Starred, ast.Attribute, ast.expr_context, ast.operator,
    ast.unaryop, ast.boolop, ast.cmpop, ast.keyword,
)  # fmt: skip
_PURE = frozenset(
    """abs all any ascii bin bool bytearray bytes chr complex dict divmod enumerate filter float format frozenset hex int
    isinstance iter len list map max min next oct ord pow range repr reversed round set slice sorted str sum tuple zip""".split()
)
# An error that may come of how deep the stack is, or from outside, makes a result of something else than the arguments.
_CAUGHT = frozenset(
    """ValueError KeyError IndexError TypeError ZeroDivisionError AttributeError StopIteration OverflowError LookupError
    ArithmeticError UnicodeError UnicodeDecodeError UnicodeEncodeError""".split()
)


# What nobody gives another value: texts of `string`, and all of `math`.
_FIXED = frozenset(
    f"string.{name}"
    for name in "ascii_letters ascii_lowercase ascii_uppercase digits hexdigits octdigits punctuation printable whitespace".split()
)

Known: TypeAlias = "Callable[[ast.Name, Function], str]"


def from_outside(name: ast.Name, function: Function) -> str:
    """Why a name that is not the function's own is not known."""
    above = function.parents.get(name)
    if isinstance(above, ast.Attribute) and isinstance(function.module.top.get(name.id), ast.Import):
        return f"what `{name.id}.{above.attr}` depends on is not known"
    return f"`{name.id}` is read from outside, where its meaning may change"


def is_standard(node: ast.expr, function: Function) -> bool:
    """Whether it is something of the standard library that computes or stays what it is."""
    said, path = standard(node, function) or "", path_of(node) or ("",)
    once = function.names.is_local(path[0]) or bound_once(path[0], function.module)
    return (said.startswith("math.") or said in _FIXED) and len(path) <= 2 and once


def bound_once(name: str, module: Module) -> bool:
    """Whether a module gives a name one meaning, also where its loops and conditions bind names."""
    whole = next((one for one in module.functions if one.qualname == "<module>"), None)
    return whole is not None and name not in module.rebound and len(whole.names.bindings[name]) == 1


def not_closed(
    body: Iterable[ast.stmt], function: Function, known: Known = from_outside
) -> tuple[ast.AST, str] | None:
    """The first place of a body that does more than compute from plain arguments, and why; None if there is none.

    known: why a name that is not the function's own may stand for something else; "" if it stays what it is.
    """
    for statement in body:
        for node in ast.walk(statement):
            why = _problem(node, function, known)
            if why:
                return node, why
    return None


def _problem(node: ast.AST, function: Function, known: Known) -> str:
    if isinstance(node, ast.FunctionDef):
        return f"the function `{node.name}` inside it is not read"
    if not isinstance(node, (*_STATEMENTS, *_EXPRESSIONS)):
        return f"`{type(node).__name__}` may do something else than compute"
    if isinstance(node, ast.Name):
        return _named(node, function, known)
    if isinstance(node, ast.Attribute):
        return _attribute(node, function)
    if isinstance(node, ast.Call):
        return "" if isinstance(node.func, (ast.Name, ast.Attribute)) else "it calls what it computed"
    if isinstance(node, ast.Compare) and any(isinstance(one, (ast.Is, ast.IsNot)) for one in node.ops):
        sides = (node.left, *node.comparators)
        single = any(isinstance(one, ast.Constant) and one.value in (None, True, False) for one in sides)
        return "" if single else "it tells objects apart that are equal"
    if isinstance(node, ast.ExceptHandler):
        return "" if _caught(node) else "it catches errors that may come from outside"
    return ""


def _named(node: ast.Name, function: Function, known: Known) -> str:
    name = node.id
    if name in function.names.elsewhere:
        return f"`{name}` is not its own"
    if name in function.names.captured and not is_builtin(name, function):
        return f"`{name}` is used by a function inside it, too"
    if function.names.is_local(name) or node not in _free(name, function):
        return ""  # its own, or a comprehension's
    kind = getattr(builtins, name, None)
    error = isinstance(kind, type) and issubclass(kind, Exception)
    if is_builtin(name, function) and (name in _PURE or error):
        return ""
    above = function.parents.get(node)
    if isinstance(above, ast.Attribute) and is_standard(above, function):
        return ""
    return known(node, function)


def _free(name: str, function: Function) -> list[ast.Name]:
    return [*function.names.loads.get(name, ()), *(one.node for one in function.names.bindings.get(name, ()))]


def _attribute(node: ast.Attribute, function: Function) -> str:
    """A method of a plain value, something of `math`, or a text of `string`."""
    if is_standard(node, function):
        return ""
    above = function.parents.get(node)
    method = isinstance(above, ast.Call) and above.func is node and not node.attr.startswith("_")
    return "" if method else f"`.{node.attr}` is no method of a plain value"


def _caught(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return all(isinstance(one, ast.Name) and one.id in _CAUGHT for one in kinds)
