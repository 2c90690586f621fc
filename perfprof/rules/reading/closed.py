"""Closed functions: those that compute their result from plain arguments alone, and do nothing else.

Of arguments that are ints, texts, bytes, flags or None, and of constants, everything in the body is made by operators,
methods and builtins of plain types, or by functions of the standard library that compute (`reading.computing`): nobody
else can see what it changes, and the same arguments give an equal result. So are functions and lambdas inside it.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from perfprof.rules.reading.callees import standard
from perfprof.rules.reading.computing import COMPUTING, INSIDE
from perfprof.rules.reading.expressions import is_builtin, path_of
from perfprof.rules.reading.names import bound_names
from perfprof.rules.reading.syntax import children, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from perfprof.rules.reading.program import Function

_STATEMENTS = (
    ast.If, ast.Return, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.For, ast.While, ast.Pass, ast.Break, ast.Continue,
    ast.Expr, ast.Raise, ast.Assert, ast.Try, ast.ExceptHandler, ast.Delete, ast.FunctionDef,
)  # fmt: skip
_EXPRESSIONS = (
    ast.Constant, ast.Name, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.Subscript, ast.Slice,
    ast.Tuple, ast.List, ast.Dict, ast.Set, ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.DictComp, ast.comprehension,
    ast.JoinedStr, ast.FormattedValue, ast.NamedExpr, ast.Starred, ast.Attribute, ast.expr_context, ast.operator,
    ast.unaryop, ast.boolop, ast.cmpop, ast.keyword, ast.Lambda,
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


_LOCAL_NUMBER = re.compile(r":[^{}]*(n\}|\{)")  # in the text of `format`: a number as the locale writes it

CAUGHT = "it catches errors that may come from outside"
UNKNOWN = "depends on is not known"
Known: TypeAlias = "Callable[[ast.Name, Function], str]"


def from_outside(name: ast.Name, function: Function) -> str:
    """Why a name that is not the function's own is not known."""
    above, brought = function.parents.get(name), function.module.top.get(name.id)
    if isinstance(above, ast.Attribute) and isinstance(brought, ast.Import):
        return f"what `{name.id}.{above.attr}` {UNKNOWN}"
    if isinstance(above, ast.Call) and above.func is name and isinstance(brought, ast.ImportFrom):
        return f"what `{name.id}` {UNKNOWN}"
    return f"`{name.id}` is read from outside, where its meaning may change"


def is_standard(node: ast.expr, function: Function) -> bool:
    """Whether it is something of the standard library that computes or stays what it is."""
    said, path = standard(node, function) or "", path_of(node) or ("",)
    if said not in COMPUTING or (len(path) > 2 and ".".join(path[:-1]) != INSIDE.get(path[0])):
        return False
    name, module = path[0], function.module
    brought = isinstance(module.top.get(name), (ast.Import, ast.ImportFrom)) and module.binds_once(name)
    return function.names.is_local(name) or brought


def not_closed(
    body: Iterable[ast.stmt], function: Function, known: Known = from_outside
) -> tuple[ast.AST, str] | None:
    """The first place of a body that does more than compute from plain arguments, and why; None if there is none.

    known: why a name that is not the function's own may stand for something else; "" if it stays what it is.
    """
    for statement in body:
        for node in _own(statement):
            why = _problem(node, function, known)
            found = (node, why) if why else _not_closed_inside(node, function, known)
            if found is not None:
                return found
    return None


def _own(top: ast.AST) -> Iterator[ast.AST]:
    """What it evaluates itself: of functions and lambdas inside only the defaults."""
    stack = [top]
    while stack:
        node = stack.pop()
        yield node
        stack += _evaluated(node)[::-1]


def _evaluated(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, (ast.FunctionDef, ast.Lambda)):
        return [one for one in (*node.args.defaults, *node.args.kw_defaults) if one is not None]
    if isinstance(node, ast.AnnAssign):  # a function does not evaluate the annotations of its names
        return [one for one in (node.target, node.value) if one is not None]
    return children(node)


def _not_closed_inside(node: ast.AST, function: Function, known: Known) -> tuple[ast.AST, str] | None:
    """The same of a function or a lambda inside it, which reads the names around it."""
    if isinstance(node, ast.FunctionDef):
        inner = function.module.at_node.get(node)
        return not_closed(inner.body, inner, known) if inner is not None else (node, f"`{node.name}` is not read")
    if not isinstance(node, ast.Lambda):
        return None
    rest = [one for one in (node.args.vararg, node.args.kwarg) if one is not None]
    own = {one.arg for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, *rest)}
    own |= {one for one in bound_names(node.body) if one not in function.module.top and not hasattr(builtins, one)}
    for part in _own(node.body):
        if isinstance(part, ast.Name):
            why = "" if part.id in own else _read_here(part, function, known)
        else:
            why = "a lambda in a lambda" if isinstance(part, ast.Lambda) else _problem(part, function, known)
        if why:
            return part, why
    return None


def _problem(node: ast.AST, function: Function, known: Known) -> str:
    if not isinstance(node, (*_STATEMENTS, *_EXPRESSIONS)):
        return f"`{type(node).__name__}` may do something else than compute"
    if isinstance(node, ast.FunctionDef):
        return f"`{node.name}` inside it is decorated" if node.decorator_list else ""
    if isinstance(node, ast.Name):
        return _named(node, function, known)
    if isinstance(node, ast.Attribute):
        return _attribute(node, function)
    if _by_locale(node, function):
        return "it writes a number as the locale says"
    if isinstance(node, ast.Call):
        return _called(node, function)
    if isinstance(node, ast.Compare) and any(isinstance(one, (ast.Is, ast.IsNot)) for one in node.ops):
        sides = (node.left, *node.comparators)
        single = any(isinstance(one, ast.Constant) and one.value in (None, True, False) for one in sides)
        return "" if single else "it tells objects apart that are equal"
    if isinstance(node, ast.ExceptHandler):
        return "" if _caught(node) else CAUGHT
    return ""


def _called(node: ast.Call, function: Function) -> str:
    if not isinstance(node.func, (ast.Name, ast.Attribute)):
        return "it calls what it computed"
    pattern = (standard(node.func, function) or "").startswith("re.") and node.args[:1]
    written = pattern and isinstance(pattern[0], ast.Constant) and isinstance(pattern[0].value, str)
    if pattern and not written and any(map(_makes_bytes, walk(function.node))):
        return "a pattern may be bytes, which may ask the locale"
    return ""


def _makes_bytes(node: ast.AST) -> bool:
    said = isinstance(node, ast.Constant) and isinstance(node.value, bytes)
    return said or getattr(node, "id", getattr(node, "attr", "")) in {"bytes", "bytearray", "encode"}


def _by_locale(node: ast.AST, function: Function) -> bool:
    """``f"{number:n}"``, ``"{:n}".format(number)``, ``format(number, "n")``, and those whose specification is not written down."""
    if isinstance(node, ast.FormattedValue):
        return isinstance(node.format_spec, ast.JoinedStr) and not _is_fixed(node.format_spec.values[-1:])
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute) and node.func.attr in {"format", "format_map"}:
        template = getattr(node.func.value, "value", None)
        return not isinstance(template, str) or _LOCAL_NUMBER.search(template) is not None
    called = getattr(node.func, "id", "") == "format" and is_builtin("format", function)
    return called and not _is_fixed(node.args[1:])


def _is_fixed(spec: list[ast.expr]) -> bool:
    """Whether the end of what says how a value is written is a text, and asks for no number as the locale has it."""
    return all(isinstance(one, ast.Constant) and not str(one.value).endswith("n") for one in spec)


def _named(node: ast.Name, function: Function, known: Known) -> str:
    if node.id in function.names.elsewhere:
        return f"`{node.id}` is not its own"
    if function.names.is_local(node.id) or node not in _free(node.id, function):
        return ""  # its own, or a comprehension's
    return _read_here(node, function, known)


def _read_here(node: ast.Name, function: Function, known: Known) -> str:
    """Why a name that may be of the functions around may stand for something else."""
    scope: Function | None = function
    while scope is not None and scope.qualname != "<module>":
        if node.id in scope.names.elsewhere:
            return f"`{node.id}` is not its own"
        if scope.names.is_local(node.id):
            return ""
        scope = scope.outer
    kind = getattr(builtins, node.id, None)
    error = isinstance(kind, type) and issubclass(kind, Exception)
    if is_builtin(node.id, function) and (node.id in _PURE or error):
        return ""
    return "" if _begins_standard(node, function) else known(node, function)


def _begins_standard(node: ast.expr, function: Function) -> bool:
    """Whether it is the ``os`` or the ``os.path`` of ``os.path.join``."""
    above = function.parents.get(node)
    return isinstance(above, ast.Attribute) and (is_standard(above, function) or _begins_standard(above, function))


def _free(name: str, function: Function) -> list[ast.Name]:
    return [*function.names.loads.get(name, ()), *(one.node for one in function.names.bindings.get(name, ()))]


def _attribute(node: ast.Attribute, function: Function) -> str:
    """A method of a plain value, or something of the standard library that computes."""
    if is_standard(node, function) or _begins_standard(node, function):
        return ""
    above = function.parents.get(node)
    method = isinstance(above, ast.Call) and above.func is node and not node.attr.startswith("_")
    return "" if method else f"`.{node.attr}` is no method of a plain value"


def _caught(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return all(isinstance(one, ast.Name) and one.id in _CAUGHT for one in kinds)
