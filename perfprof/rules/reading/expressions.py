"""Expressions: which only read plain data, what they depend on, and a value's builtin type where it shows."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from perfprof.rules.reading.scans import COMPREHENSIONS
from perfprof.rules.reading.stars import star_for
from perfprof.rules.reading.syntax import children, walk

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

# Methods of builtin types that change nothing; on other types the name is only a hint, see `reads_only`.
TEXT_METHODS = frozenset(
    """capitalize casefold center decode encode endswith expandtabs find format isalnum isalpha isascii
    isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust lower
    lstrip partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split
    splitlines startswith strip swapcase title translate upper zfill isoformat strftime total_seconds
    timestamp bit_length hex as_tuple quantize group groupdict""".split()
)
LOOKUP_METHODS = frozenset({"get", "items", "keys", "values", "copy", "index", "count"})
PURE_BUILTINS = frozenset(
    """abs all any ascii bin bool bytes callable chr complex dict divmod enumerate filter float format
    frozenset getattr hasattr hash hex id int isinstance issubclass len list map max min oct ord pow range
    repr reversed round set slice sorted str sum tuple type zip print super object property iter bytearray
    memoryview""".split()
)
SCALAR_BUILTINS = frozenset(
    {"str", "int", "float", "len", "abs", "round", "bool", "tuple", "ord", "chr", "repr", "hash"}
)
LIST_MAKERS = frozenset({"list", "sorted"})
LIST_METHODS = frozenset({"split", "rsplit", "splitlines", "fetchall", "fetchmany", "readlines"})


def path_of(node: ast.expr) -> tuple[str, ...] | None:
    """``a`` -> ("a",), ``self.b.c`` -> ("self", "b", "c"); None for anything else."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        base = path_of(node.value)
        return None if base is None else (*base, node.attr)
    return None


def holder_of(node: ast.expr) -> ast.expr | None:
    """``data`` of ``data["rows"]`` and ``data.get("rows", [])``, an item of what has a name; None for anything else."""
    if isinstance(node, ast.Subscript):
        held = node.value
    elif _gets(node) and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        held = node.func.value
    else:
        return None
    key = _key_of(node)
    named = isinstance(key, ast.Constant) and type(key.value) is str
    return held if named and path_of(held) is not None else None


def key_in_holder(node: ast.expr) -> str | None:
    """``'rows'`` of the same, as source."""
    return ast.unparse(_key_of(node)) if holder_of(node) is not None else None


def _key_of(node: ast.expr) -> ast.expr:
    assert isinstance(node, (ast.Subscript, ast.Call))
    return node.slice if isinstance(node, ast.Subscript) else node.args[0]


def _gets(node: ast.expr) -> bool:
    """``.get(key)`` and ``.get(key, [])``, whose default is nothing."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.keywords:
        return False
    empty = all(isinstance(one, (ast.List, ast.Tuple)) and not one.elts for one in node.args[1:])
    return node.func.attr == "get" and len(node.args) in (1, 2) and empty


def root_name(node: ast.expr) -> str | None:
    """The name that a chain of attributes, items and calls begins with."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def reads_only(node: ast.expr, function: Function) -> bool:
    """Whether evaluating it only reads data: names, attributes, items, operators, and calls known to be pure.

    Operators and attribute reads are taken to be those of plain data; whether an attribute is computed is another
    obligation (`attributes_of` lists what to watch).
    """
    if isinstance(node, (ast.Name, ast.Constant)):
        return True
    if isinstance(node, ast.Attribute):
        return reads_only(node.value, function)
    if isinstance(node, ast.Subscript):
        return reads_only(node.value, function) and _index_reads_only(node.slice, function)
    if isinstance(node, ast.Call):
        return _call_reads_only(node, function)
    if isinstance(node, (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Tuple, ast.JoinedStr)):
        return all(reads_only(child, function) for child in children(node) if isinstance(child, ast.expr))
    if isinstance(node, ast.FormattedValue):
        return reads_only(node.value, function)
    return False


def _index_reads_only(node: ast.expr, function: Function) -> bool:
    if isinstance(node, ast.Slice):
        return all(reads_only(part, function) for part in (node.lower, node.upper, node.step) if part is not None)
    return reads_only(node, function)


def _call_reads_only(node: ast.Call, function: Function) -> bool:
    if node.keywords or not all(reads_only(one, function) for one in node.args):
        return False
    if isinstance(node.func, ast.Name):
        return node.func.id in SCALAR_BUILTINS and is_builtin(node.func.id, function)
    if isinstance(node.func, ast.Attribute):
        return node.func.attr in TEXT_METHODS | {"get"} and reads_only(node.func.value, function)
    return False


def is_builtin(name: str, function: Function) -> bool:
    """Whether a name means the builtin in a function."""
    module = function.module
    if not hasattr(builtins, name) or name in module.top or name in module.rebound:
        return False
    return not function.hides(name) and star_for(name, module) is None


def attributes_of(node: ast.expr) -> list[ast.Attribute]:
    """The attribute reads in an expression; the function of a method call is not one."""
    called = {id(one.func) for one in walk(node) if isinstance(one, ast.Call)}
    return [one for one in walk(node) if isinstance(one, ast.Attribute) and id(one) not in called]


def items_of(node: ast.expr) -> list[ast.expr]:
    """The objects of which an expression reads an item (``row["id"]``, ``row.get("id")``)."""
    found = []
    for one in walk(node):
        if isinstance(one, ast.Subscript):
            found.append(one.value)
        elif isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == "get":
            found.append(one.func.value)
    return found


# Methods of str without arguments that cannot fail.
QUIET_TEXT = frozenset("capitalize casefold lower lstrip rstrip strip swapcase title upper".split())


def makes_list(node: ast.expr, function: Function) -> bool:
    """Whether the expression surely gives a new list that nobody else holds."""
    if isinstance(node, (ast.List, ast.ListComp)):
        return True
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name):
            return node.func.id in LIST_MAKERS and is_builtin(node.func.id, function)
        return isinstance(node.func, ast.Attribute) and node.func.attr in LIST_METHODS
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mult)):
        return makes_list(node.left, function) or makes_list(node.right, function)
    return False


def makes_container(node: ast.expr, function: Function) -> bool:
    """Whether the expression gives a new container of a builtin or ``collections`` type."""
    if isinstance(node, (ast.List, ast.Dict, ast.Set, *COMPREHENSIONS)):
        return True
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id in {"list", "dict", "set", "sorted", "bytearray"}:
            return is_builtin(node.func.id, function)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return name in {"deque", "defaultdict", "Counter", "OrderedDict"}
    return makes_list(node, function)
