"""What a key is computed from: the reads at the bottom of ``int(row["id"])``, ``(row.name.lower(), row.year)``."""

from __future__ import annotations

import ast
from typing import Literal, TypeAlias

from perfprof.rules.reading.expressions import QUIET_TEXT

Kind: TypeAlias = Literal["any", "text", "number", "piece"]

# Methods of str that cannot fail with so many arguments that are text.
WITH_TEXT = {"lstrip": 1, "rstrip": 1, "strip": 1, "removeprefix": 1, "removesuffix": 1, "replace": 2}
# What is converted where such a part is wanted, and what it must be itself.
_CONVERTS: dict[tuple[str, str], Kind] = {("str", "any"): "any", ("str", "text"): "any", ("int", "any"): "number"}


def leaves(node: ast.expr, kind: Kind = "any") -> list[tuple[ast.expr, Kind]] | None:
    """What a key is computed from, and what each part must be so that computing it cannot fail.

    ``row.sku.lower()`` -> [(row.sku, "text")], ``int(row["id"])`` -> [(row["id"], "number")], an int or its digits.
    None for keys whose computation may fail on other rows.
    """
    if isinstance(node, ast.Tuple) and kind == "any":
        parts = [[] if isinstance(one, ast.Constant) else leaves(one) for one in node.elts]
        return None if None in parts else [leaf for part in parts for leaf in part or ()]
    if isinstance(node, ast.Call):
        return _leaves_of_call(node, kind)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) and kind != "number":
        return leaves(node.value, "text") if _fixed_stretch(node.slice) else None
    if isinstance(node, ast.Subscript) and kind != "number" and is_piece(node):
        return leaves(node.value.func.value, "text") if _always_there(node) else [(node, "piece")]  # type: ignore[attr-defined]
    return [(node, kind)] if _reads_one(node) else None


CUTS = {"partition": 3, "rpartition": 3, "split": 0, "rsplit": 0}  # into how many pieces, 0 for any number


def unpacked(target: ast.expr, value: ast.expr) -> list[tuple[str, ast.expr]]:
    """What each name gets, where none can be missing: one name, or the three of ``name, _, rest = line.partition(":")``."""
    if isinstance(target, ast.Name):
        return [(target.id, value)]
    names = target.elts if isinstance(target, (ast.Tuple, ast.List)) else []
    pieces = [
        ast.copy_location(ast.Subscript(value, ast.Constant(n), ast.Load()), value) for n in range(len(names))
    ]
    method = value.func.attr if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) else ""
    if CUTS.get(method) != len(names) or not all(map(is_piece, pieces)):
        return []
    named = [(one, piece) for one, piece in zip(names, pieces, strict=True) if isinstance(one, ast.Name)]
    return [(one.id, piece) for one, piece in named] if len(named) == len(names) else []


def is_piece(node: ast.Subscript) -> bool:
    """Whether it is one piece of a text: ``line.split(":")[0]``, ``line.partition("=")[2]``."""
    call, place = node.value, _number(node.slice)
    if place is None or not isinstance(call, ast.Call) or call.keywords or not isinstance(call.func, ast.Attribute):
        return False
    if call.func.attr not in CUTS or not all(isinstance(one, ast.Constant) for one in call.args):
        return False
    given = [one.value for one in call.args if isinstance(one, ast.Constant)]
    plain = all(isinstance(one, str) and one for one in given[:1]) and all(type(one) is int for one in given[1:])
    return plain and (len(given) == 1 if CUTS[call.func.attr] else len(given) < 3)


def _always_there(node: ast.Subscript) -> bool:
    """Whether a text always has that piece: of three the first three, of those between something at least one."""
    place, call = _number(node.slice), node.value
    if place is None or not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return False
    pieces = CUTS[call.func.attr] or (1 if call.args else 0)
    return -pieces <= place < pieces


def _number(node: ast.expr) -> int | None:
    """A whole number that is written down."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        number = _number(node.operand)
        return -number if number is not None else None
    return node.value if isinstance(node, ast.Constant) and type(node.value) is int else None


def _leaves_of_call(node: ast.Call, kind: Kind) -> list[tuple[ast.expr, Kind]] | None:
    """``str(row.sku)``, ``int(row["id"])``, ``row.sku.lower()``, ``row.get("sku")``."""
    if node.keywords:
        return None
    if isinstance(node.func, ast.Name):
        made = _CONVERTS.get((node.func.id, kind))
        return leaves(node.args[0], made) if made is not None and len(node.args) == 1 else None
    if not isinstance(node.func, ast.Attribute):
        return None
    if _quiet_text(node.func.attr, node.args) and kind != "number":
        return leaves(node.func.value, "text")
    plain = all(isinstance(one, ast.Constant) for one in node.args)
    return [(node, kind)] if node.func.attr == "get" and plain and _reads_one(node.func.value) else None


def _quiet_text(name: str, given: list[ast.expr]) -> bool:
    """Whether a method of str cannot fail: ``lower()``, ``replace("-", "")``."""
    if not given:
        return name in QUIET_TEXT
    texts = all(isinstance(one, ast.Constant) and type(one.value) is str for one in given)
    return texts and WITH_TEXT.get(name) == len(given)


def _fixed_stretch(part: ast.Slice) -> bool:
    """``[:10]``, ``[-4:]``: ends that are written down."""
    ends = [one.operand if isinstance(one, ast.UnaryOp) else one for one in (part.lower, part.upper) if one]
    return part.step is None and all(isinstance(one, ast.Constant) and type(one.value) is int for one in ends)


def _reads_one(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return _reads_one(node.value)
    if isinstance(node, ast.Subscript):
        return _reads_one(node.value) and isinstance(node.slice, (ast.Constant, ast.Name))
    return isinstance(node, ast.Name)
