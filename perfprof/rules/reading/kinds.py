"""Kinds: what an expression gives, given the exact types of what it reads, and that computing it does nothing else.

An abstract evaluation over plain data. Where it answers, the expression cannot fail, has no effects, calls no code of
the program, and gives the same value whenever its operands are the same. Everything else is None: nothing is known.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfprof.rules.reading.expressions import QUIET_TEXT, is_builtin, path_of
from perfprof.rules.reading.scans import COMPREHENSIONS

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

Env = Mapping[tuple[str, ...], "Kind"]
ORDERED = frozenset({"int", "float", "number", "str", "bytes"})
NUMBERS = frozenset({"int", "float", "number"})
FLAT = ORDERED | {"none", "flat"}
WALKED = frozenset({"list", "tuple", "set", "frozenset", "dict", "keys", "generator"})


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value is.

    name: "int" (bool among them), "float", "number" (both), "str", "bytes", "none", "flat" (a mix of these), or a
    container of them: "list", "tuple", "set", "frozenset", "dict" (item: its keys), "keys" (of a dict), "generator". filled: not empty.
    "row": a tuple that is an element, by its parts.
    """

    name: str
    item: Kind | None = None
    filled: bool = False
    parts: tuple[Kind, ...] = ()


INT, FLOAT, STR, FLAG = Kind("int"), Kind("float"), Kind("str"), Kind("int")


def kind_of_types(types: Iterable[str]) -> Kind | None:
    """The kind of values of these exact types (``builtins.int``); None if one is not plain."""
    names = {name.removeprefix("builtins.") for name in types}
    if not names or not names <= {"int", "bool", "float", "str", "bytes", "NoneType"}:
        return None
    if names <= {"int", "bool"}:
        return INT
    if names <= {"int", "bool", "float"}:
        return FLOAT if names == {"float"} else Kind("number")
    if len(names) == 1:
        return Kind({"NoneType": "none"}.get(*names, *names))
    return None if {"str", "bytes"} <= names else Kind("flat")


def kind(node: ast.expr, env: Env, function: Function) -> Kind | None:
    """What an expression gives; None if it may fail, do something, or give something else another time."""
    path = path_of(node)
    if path is not None:
        return env.get(path)
    if isinstance(node, ast.Constant):
        return kind_of_types({type(node.value).__name__})
    if isinstance(node, COMPREHENSIONS):
        return _comprehension(node, env, function)
    if isinstance(node, ast.Call):
        return _call(node, env, function)
    if isinstance(node, ast.BinOp):
        return _operation(node, kind(node.left, env, function), kind(node.right, env, function))
    if isinstance(node, ast.Compare):
        return _comparison(node, env, function)
    if isinstance(node, ast.UnaryOp):
        return _unary(node, kind(node.operand, env, function))
    if isinstance(node, (ast.BoolOp, ast.IfExp)):
        return _choice(node, env, function)
    return _slice(node, env, function) if isinstance(node, ast.Subscript) else None


def _operation(node: ast.BinOp, left: Kind | None, right: Kind | None) -> Kind | None:
    if left is None or right is None:
        return None
    names, adds = {left.name, right.name}, isinstance(node.op, (ast.Add, ast.Sub, ast.Mult))
    if names in ({"int"}, {"float"}) and adds:
        return Kind(left.name)
    if left.name in {"int", "float"} and isinstance(node.op, (ast.Mod, ast.FloorDiv)):
        number = node.right.value if isinstance(node.right, ast.Constant) else 0
        return Kind(left.name) if number and right.name == left.name else None
    if isinstance(node.op, ast.Add) and left.name == right.name and left.name in {"str", "list", "tuple"}:
        return replace(left, filled=left.filled or right.filled) if left.item == right.item else None
    if isinstance(node.op, (ast.BitOr, ast.BitAnd, ast.Sub)) and names == {"set"}:
        return Kind("set", left.item) if left.item == right.item else None
    return None


def _unary(node: ast.UnaryOp, operand: Kind | None) -> Kind | None:
    if operand is None:
        return None
    if isinstance(node.op, ast.Not):
        return FLAG
    return operand if isinstance(node.op, ast.USub) and operand.name in {"int", "float"} else None


def _comparison(node: ast.Compare, env: Env, function: Function) -> Kind | None:
    sides = [kind(one, env, function) for one in (node.left, *node.comparators)]
    for operator, left, right in zip(node.ops, sides, sides[1:], strict=False):
        if left is None or right is None or not _comparable(operator, left, right):
            return None
    return FLAG


def _comparable(operator: ast.cmpop, left: Kind, right: Kind) -> bool:
    if isinstance(operator, (ast.In, ast.NotIn)):
        inside = right.item if right.name in WALKED - {"generator"} else None
        text = left.name == right.name == "str"
        return text or (inside is not None and left.name in FLAT and _equal_quietly(left, inside))
    if isinstance(operator, (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)):
        return left.name in FLAT and right.name in FLAT and _equal_quietly(left, right)
    return left.name in ORDERED and (left.name == right.name or {left.name, right.name} <= NUMBERS)


def _equal_quietly(left: Kind, right: Kind) -> bool:
    """``python -bb`` makes an error of comparing text with bytes."""
    names = {left.name, right.name}
    return names == {"bytes"} or "bytes" not in names


def _choice(node: ast.BoolOp | ast.IfExp, env: Env, function: Function) -> Kind | None:
    if isinstance(node, ast.IfExp):
        if kind(node.test, env, function) is None:
            return None
        parts = [node.body, node.orelse]
    else:
        parts = node.values
    found = {kind(one, env, function) for one in parts}
    return found.pop() if len(found) == 1 else None


def _slice(node: ast.Subscript, env: Env, function: Function) -> Kind | None:
    """A slice never fails, whatever its bounds; an item may."""
    value = kind(node.value, env, function)
    if (
        value is None
        or value.name not in {"list", "tuple", "str", "bytes"}
        or not isinstance(node.slice, ast.Slice)
    ):
        return None
    bounds = [one for one in (node.slice.lower, node.slice.upper) if one is not None]
    plain = all(kind(one, env, function) == INT for one in bounds)
    return replace(value, filled=False) if plain and node.slice.step is None else None


def _comprehension(node: ast.expr, env: Env, function: Function) -> Kind | None:
    assert isinstance(node, COMPREHENSIONS)
    inside, filled = dict(env), True
    for part in node.generators:
        walked = kind(part.iter, inside, function)
        item = _item(walked)
        if walked is None or item is None or part.is_async or not isinstance(part.target, ast.Name):
            return None
        inside[(part.target.id,)] = item
        if any(kind(one, inside, function) is None for one in part.ifs):
            return None
        filled = filled and walked.filled and not part.ifs
    element = kind(node.key if isinstance(node, ast.DictComp) else node.elt, inside, function)
    if element is None or (isinstance(node, (ast.SetComp, ast.DictComp)) and element.name not in FLAT):
        return None
    if isinstance(node, ast.DictComp) and kind(node.value, inside, function) is None:
        return None
    names = {ast.ListComp: "list", ast.SetComp: "set", ast.DictComp: "dict", ast.GeneratorExp: "generator"}
    return Kind(names[type(node)], element, filled)


def _item(walked: Kind | None) -> Kind | None:
    """What walking it gives."""
    return None if walked is None else STR if walked.name == "str" else walked.item


def _call(node: ast.Call, env: Env, function: Function) -> Kind | None:
    if any(isinstance(one, ast.Starred) for one in node.args):
        return None
    if isinstance(node.func, ast.Attribute):
        return _method(node, node.func, env, function)
    if not isinstance(node.func, ast.Name) or not is_builtin(node.func.id, function) or len(node.args) != 1:
        return None
    given = kind(node.args[0], env, function)
    return _builtin(node, node.func.id, given, env, function) if given is not None else None


def _builtin(node: ast.Call, name: str, given: Kind, env: Env, function: Function) -> Kind | None:
    words = {word.arg: word.value for word in node.keywords}
    item = _item(given)
    if name in {"min", "max"} and item is not None and item.name in ORDERED:
        if words.keys() <= {"default"} and (words or given.filled):
            default = kind(words["default"], env, function) if words else item
            return item if default == item else None
        return None
    if name == "sorted" and item is not None and words.keys() <= {"reverse"}:
        plain = all(isinstance(one, ast.Constant) for one in words.values())
        return Kind("list", item, given.filled) if plain and item.name in ORDERED else None
    return None if words else _walking(name, given, item)


def _walking(name: str, given: Kind, item: Kind | None) -> Kind | None:
    if name == "len":
        return INT if given.name in WALKED - {"generator"} | {"str", "bytes"} else None
    if name in {"bool", "abs"}:
        return INT if given.name == "int" else given if name == "abs" and given.name == "float" else None
    if item is None:
        return None
    if name == "sum":
        return item if item.name in {"int", "float"} else None
    if name == "dict":
        return replace(given) if given.name == "dict" else None
    if name in {"set", "frozenset", "list", "tuple"}:
        hashed = name in {"list", "tuple"} or item.name in FLAT
        return Kind(name, item, given.filled) if hashed else None
    return FLAG if name in {"any", "all"} else None


def _method(node: ast.Call, callee: ast.Attribute, env: Env, function: Function) -> Kind | None:
    owner = kind(callee.value, env, function)
    given = [kind(one, env, function) for one in node.args]
    if owner is None or node.keywords or None in given:
        return None
    known = [one for one in given if one is not None]
    if owner.name == "str":
        return _text(callee.attr, node, known)
    if callee.attr == "count" and owner.name in {"list", "tuple"}:
        return _counted(owner, known)
    if known:
        return None
    if callee.attr == "keys" and owner.name == "dict":
        return replace(owner, name="keys")
    return owner if callee.attr == "copy" and owner.name in {"list", "set", "dict"} else None


def _counted(owner: Kind, given: list[Kind]) -> Kind | None:
    """``xs.count(x)``, which compares x with each element."""
    if len(given) != 1 or owner.item is None or given[0].name not in FLAT:
        return None
    return INT if _equal_quietly(given[0], owner.item) else None


_TEXT_GIVES = {
    ("startswith", "str"): FLAG,
    ("endswith", "str"): FLAG,
    ("count", "str"): INT,
    ("find", "str"): INT,
    ("replace", "str", "str"): STR,
    ("split",): Kind("list", STR),
    ("splitlines",): Kind("list", STR),
}  # a method and the kinds of its arguments


def _text(method: str, node: ast.Call, given: list[Kind]) -> Kind | None:
    if method in QUIET_TEXT and not given:
        return STR
    if method == "join" and len(given) == 1:
        return STR if given[0].name in WALKED and given[0].item == STR else None
    names = [one.name for one in given]
    if method == "split" and names == ["str"]:
        separator = node.args[0].value if isinstance(node.args[0], ast.Constant) else ""
        return Kind("list", STR, True) if separator else None
    return _TEXT_GIVES.get((method, *names))
