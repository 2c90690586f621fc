"""Operators: the special methods that an expression may call, and the project's own ones among them.

``a + b`` of two numbers has no effects, of an object whose class logs additions it has. Nothing is assumed of classes
that cannot be seen; those of the project are read.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from perfprof.rules.reading.callees import logs
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.types import builtin_type

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program

_BINARY = {"Add": "add", "Sub": "sub", "Mult": "mul", "MatMult": "matmul", "Div": "truediv", "FloorDiv": "floordiv"}
_BINARY |= {"Mod": "mod", "Pow": "pow", "LShift": "lshift", "RShift": "rshift"}
_BINARY |= {"BitOr": "or", "BitXor": "xor", "BitAnd": "and"}
_COMPARED = {"Eq": ("eq",), "NotEq": ("ne", "eq"), "Lt": ("lt", "gt"), "LtE": ("le", "ge"), "Gt": ("gt", "lt")}
_COMPARED |= {"GtE": ("ge", "le"), "In": ("eq", "contains", "hash"), "NotIn": ("eq", "contains", "hash")}
_UNARY = {"USub": ("neg",), "UAdd": ("pos",), "Invert": ("invert",), "Not": ("bool", "len")}
_CALLED = {"str": ("str", "repr"), "repr": ("repr",), "print": ("str", "repr"), "format": ("format", "str", "repr")}
_CALLED |= {"len": ("len",), "bool": ("bool", "len"), "hash": ("hash",), "int": ("int", "index"), "abs": ("abs",)}
_CALLED |= {"float": ("float",), "sorted": ("lt", "gt"), "min": ("lt", "gt"), "max": ("lt", "gt")}
_CALLED |= {"sum": ("add", "radd"), "set": ("hash", "eq"), "dict": ("hash", "eq"), "round": ("round",)}
_CALLED |= {"any": ("bool", "len"), "all": ("bool", "len"), "frozenset": ("hash", "eq")}
_COMPARING = frozenset({"index", "count", "remove"})  # methods of lists that compare each element
_READ, _STORED = ("getattr", "getattribute"), ("setattr", "delattr")
_TRUTH = ("bool", "len")
_SHOWN = ("format", "str", "repr")
OPERATING = frozenset(
    getattr(ast, name)
    for name in """BinOp AugAssign Compare UnaryOp Subscript FormattedValue Call If While IfExp Assert comprehension
    BoolOp Attribute""".split()
)


class Overload(NamedTuple):
    """A special method that may run. receiver: the object it is called on; None for elements of something."""

    name: str
    receiver: ast.expr | None
    given: tuple[ast.expr, ...] = ()


def overloads(node: ast.AST, function: Function, program: Program) -> Iterator[tuple[Function, Overload]]:
    """The special methods of the project that a node may call on objects whose type does not show."""
    for name, receiver, given in _possible(node, function):
        methods = own_methods(f"__{name}__", program)
        if methods and (receiver is None or builtin_type(receiver, function) is None):
            for method in methods:
                yield method, Overload(f"__{name}__", receiver, given)


def _possible(node: ast.AST, function: Function) -> Iterator[tuple[str, ast.expr | None, tuple[ast.expr, ...]]]:
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        yield from _arithmetic(node)
    elif isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        for operator, left, right in zip(node.ops, sides, sides[1:], strict=False):
            for name in _COMPARED.get(type(operator).__name__, ()):
                yield name, left, (right,)
                yield name, right, (left,)
    elif isinstance(node, ast.UnaryOp):
        yield from ((name, node.operand, ()) for name in _UNARY[type(node.op).__name__])
    elif isinstance(node, ast.Subscript):
        yield "getitem", node.value, (node.slice,)
        yield "missing", node.value, (node.slice,)
    elif isinstance(node, ast.FormattedValue):
        yield from ((name, node.value, ()) for name in _SHOWN)
    elif isinstance(node, ast.Call):
        yield from _called(node, function)
    elif isinstance(node, ast.Attribute):
        yield from _attribute(node, function)
    else:
        yield from ((name, tested, ()) for tested in _tested(node) for name in _TRUTH)


def _called(node: ast.Call, function: Function) -> Iterator[tuple[str, ast.expr | None, tuple[ast.expr, ...]]]:
    """What a builtin, or a list that is searched, calls on what it is given and on elements."""
    if isinstance(node.func, ast.Name) and is_builtin(node.func.id, function):
        names: tuple[str, ...] = _CALLED.get(node.func.id, ())
    else:
        names = ("eq",) if isinstance(node.func, ast.Attribute) and node.func.attr in _COMPARING else ()
    for name in names:
        yield from ((name, one, ()) for one in (*node.args, None))


def _attribute(
    node: ast.Attribute, function: Function
) -> Iterator[tuple[str, ast.expr | None, tuple[ast.expr, ...]]]:
    """What the object's class defines for all attributes, and what a descriptor in it defines for one."""
    loads = isinstance(node.ctx, ast.Load)
    yield from ((name, node.value, ()) for name in (_READ if loads else _STORED))
    if not logs(node) and not _is_module(
        node.value, function
    ):  # descriptors work in classes; a module only gives what it holds
        yield ("get" if loads else "set"), None, ()


def _is_module(node: ast.expr, function: Function) -> bool:
    """Whether it is a name of an ``import`` at the top of the file, or ``os.path``."""
    if isinstance(node, ast.Attribute) and node.attr == "path" and getattr(node.value, "id", "") == "os":
        node = node.value
    if not isinstance(node, ast.Name) or node.id in function.names.bindings or node.id in function.parameters:
        return False
    imported = isinstance(function.module.top.get(node.id), ast.Import)
    return imported and node.id not in function.module.rebound


def _arithmetic(node: ast.BinOp | ast.AugAssign) -> Iterator[tuple[str, ast.expr | None, tuple[ast.expr, ...]]]:
    name = _BINARY[type(node.op).__name__]
    left = node.left if isinstance(node, ast.BinOp) else node.target
    right = node.right if isinstance(node, ast.BinOp) else node.value
    if isinstance(node, ast.AugAssign):
        yield f"i{name}", left, (right,)
    yield name, left, (right,)
    yield f"r{name}", right, (left,)


def _tested(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, (ast.If, ast.While, ast.IfExp, ast.Assert)):
        return [node.test]
    if isinstance(node, ast.comprehension):
        return node.ifs
    return node.values if isinstance(node, ast.BoolOp) else []


def own_methods(name: str, program: Program) -> Sequence[Function]:
    """The special methods of this name that classes of the project define, as far as they are read."""
    return program.methods.get(name, ())
