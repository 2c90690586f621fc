"""Quiet expressions: those that run no code of the program, given the exact types of what they read.

`reading.kinds` answers only where evaluating cannot fail either. Here it may fail (``str`` of a huge int, an index out of
range), for rules whose new code keeps what an error would have left.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules.reading.expressions import QUIET_TEXT, is_builtin
from perfprof.rules.reading.kinds import FLAG, FLAT, INT, NUMBERS, STR, Env, Kind, kind

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

BYTES = Kind("bytes")
_TOLD = {
    "str": STR,
    "repr": STR,
    "ascii": STR,
    "hex": STR,
    "oct": STR,
    "bin": STR,
    "chr": STR,
    "ord": INT,
    "int": INT,
}
_SAME_TEXT = QUIET_TEXT | frozenset("ljust rjust center zfill replace expandtabs removeprefix removesuffix".split())
_ASKED = {"startswith": FLAG, "endswith": FLAG, "isdigit": FLAG, "isalpha": FLAG, "isspace": FLAG, "find": INT}
_CODECS = frozenset({"utf-8", "utf8", "ascii", "latin-1"})
_ADDED = frozenset({"str", "bytes", "list", "tuple"})


def gives(node: ast.expr, env: Env, function: Function) -> Kind | None:
    """What an expression gives where it does not fail; None if it may run code of the program."""
    known = kind(node, env, function)
    if known is not None:
        return known
    if isinstance(node, ast.BinOp):
        return _operation(node, env, function)
    if isinstance(node, ast.JoinedStr):
        return STR if all(_formatted(one, env, function) for one in node.values) else None
    if isinstance(node, ast.Call):
        return _call(node, env, function)
    if isinstance(node, ast.Subscript):
        return _item(node, env, function)
    if isinstance(node, ast.Compare):
        return FLAG if all(_flat(one, env, function) for one in (node.left, *node.comparators)) else None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return FLAG if gives(node.operand, env, function) is not None else None
    if isinstance(node, ast.IfExp) and gives(node.test, env, function) is None:
        return None
    parts = node.values if isinstance(node, ast.BoolOp) else _branches(node)
    found = {gives(one, env, function) for one in parts}
    return found.pop() if len(found) == 1 else None


def _branches(node: ast.expr) -> list[ast.expr]:
    return [node.body, node.orelse] if isinstance(node, ast.IfExp) else []


def _flat(node: ast.expr, env: Env, function: Function) -> bool:
    found = gives(node, env, function)
    return found is not None and found.name in FLAT


def _operation(node: ast.BinOp, env: Env, function: Function) -> Kind | None:
    left = gives(node.left, env, function)
    if left is not None and left.name == "str" and isinstance(node.op, ast.Mod):
        given = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        return STR if all(_flat(one, env, function) for one in given) else None
    right = gives(node.right, env, function)
    if left is None or right is None:
        return None
    if isinstance(node.op, ast.Add) and left.name == right.name and left.item == right.item and left.name in _ADDED:
        return Kind(left.name, left.item)
    names = {left.name, right.name}
    if isinstance(node.op, ast.Mult) and names in ({"str", "int"}, {"bytes", "int"}):
        return STR if "str" in names else BYTES
    if names <= NUMBERS and isinstance(node.op, (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod, ast.Div)):
        return INT if names == {"int"} and not isinstance(node.op, ast.Div) else Kind("number")
    return None


def _formatted(node: ast.expr, env: Env, function: Function) -> bool:
    if not isinstance(node, ast.FormattedValue):
        return isinstance(node, ast.Constant)
    spec = node.format_spec
    plain = spec is None or (
        isinstance(spec, ast.JoinedStr) and all(isinstance(one, ast.Constant) for one in spec.values)
    )
    return plain and _flat(node.value, env, function)


def _call(node: ast.Call, env: Env, function: Function) -> Kind | None:
    if node.keywords or not all(_flat(one, env, function) for one in node.args):
        return None
    if isinstance(node.func, ast.Attribute):
        return _method(node, node.func, env, function)
    if not isinstance(node.func, ast.Name) or not is_builtin(node.func.id, function) or len(node.args) != 1:
        return None
    return _TOLD.get(node.func.id)


def _method(node: ast.Call, callee: ast.Attribute, env: Env, function: Function) -> Kind | None:
    owner = gives(callee.value, env, function)
    if owner is None or owner.name not in {"str", "bytes"}:
        return None
    if callee.attr in {"encode", "decode"}:
        names = [one.value if isinstance(one, ast.Constant) else "" for one in node.args]
        known = len(names) < 2 and set(names) <= _CODECS
        return {"encode": BYTES, "decode": STR}[callee.attr] if known else None
    if owner.name == "str" and callee.attr == "format":
        return STR if isinstance(callee.value, ast.Constant) else None
    return owner if callee.attr in _SAME_TEXT else _ASKED.get(callee.attr)


def _item(node: ast.Subscript, env: Env, function: Function) -> Kind | None:
    held = gives(node.value, env, function)
    if held is None or isinstance(node.slice, ast.Slice) or gives(node.slice, env, function) != INT:
        return None
    if held.name in {"str", "bytes"}:
        return STR if held.name == "str" else INT
    return held.item if held.name in {"list", "tuple"} else None
