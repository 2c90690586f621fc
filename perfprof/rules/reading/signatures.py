"""Signatures: what operators, builtins and methods of builtin types give, by the exact types that they are given.

Exact means of no subclass. ``str(x)`` may be of one: it is what a ``__str__`` answers, and so is a text that is formatted of
nothing else (``"%s" % x``).
"""

from __future__ import annotations

import ast
import re

WHOLE = frozenset({"bool", "int"})
NUMBERS = WHOLE | {"float"}
SCALARS = NUMBERS | {"str", "bytes", "NoneType"}
SEQUENCES = frozenset({"str", "bytes", "list", "tuple"})
CONTAINERS = frozenset({"list", "tuple", "dict", "set", "frozenset"})
MUTABLE = frozenset({"list", "dict", "set"})
# Builtins that give this type whatever they are given.
GIVEN = {name: name for name in ("list", "dict", "set", "frozenset", "tuple", "int", "float", "bool", "range")}
GIVEN |= dict.fromkeys(("len", "id", "hash", "ord"), "int") | dict.fromkeys(("chr", "hex", "oct", "bin"), "str")
GIVEN |= dict.fromkeys(("isinstance", "issubclass", "callable", "hasattr", "any", "all"), "bool")
GIVEN |= {"sorted": "list"}
TEXTS = frozenset({"str", "repr", "ascii"})  # a plain text of what has no `__str__` of its own
_TEXT = """capitalize casefold center expandtabs format_map join ljust lower lstrip removeprefix removesuffix replace rjust
    rstrip strip swapcase title translate upper zfill"""
_ASKED = "endswith startswith isalnum isalpha isascii isdigit islower isspace istitle isupper"
_METHODS = {"str": "isdecimal isidentifier isnumeric isprintable", "bytes": ""}
_FLAGS = {kind: dict.fromkeys(f"{_ASKED} {more}".split(), "bool") for kind, more in _METHODS.items()}
_PLACES = dict.fromkeys("count find index rfind rindex".split(), "int")
_PARTS = dict.fromkeys("split rsplit splitlines".split(), "list") | dict.fromkeys(
    ("partition", "rpartition"), "tuple"
)
PARTED = frozenset({"split", "rsplit", "splitlines"})  # `partition` hands back the separator that it was given
_COMBINED = dict.fromkeys("copy union intersection difference symmetric_difference".split())
_COMPARED = dict.fromkeys("issubset issuperset isdisjoint".split(), "bool")
OF = {
    **{
        kind: {**_FLAGS[kind], **_PLACES, **_PARTS, **dict.fromkeys(set(_TEXT.split()) - {"format_map"}, kind)}
        for kind in ("str", "bytes")
    },
    "list": {"copy": "list", "index": "int", "count": "int"},
    "tuple": {"index": "int", "count": "int"},
    "dict": {"copy": "dict"},
    **{kind: {**dict.fromkeys(_COMBINED, kind), **_COMPARED} for kind in ("set", "frozenset")},
}
OF["bytes"] = {name: gives for name, gives in OF["bytes"].items() if name not in {"casefold", "format_map"}}
CODECS = frozenset({"utf-8", "utf8", "ascii", "latin-1"})  # others may be anybody's
_FIELDS = re.compile(r"(\{([^{}]|\{[^{}]*\})*\}|%(\([^()]*\))?[-+ #0\d.*]*[hlL]?[a-zA-Z])*")


def operated(operator: ast.operator, left: str | None, right: str | None) -> str | None:
    """What ``left operator right`` gives; None if a type is not known or it is no plain operation of theirs."""
    if left is None or right is None:
        return None
    kinds = {left, right}
    if kinds <= NUMBERS:
        return _computed(operator, left, right)
    if isinstance(operator, ast.Add):
        return left if left == right and left in SEQUENCES else None
    if isinstance(operator, ast.Mult):
        repeated = kinds & SEQUENCES
        return repeated.pop() if len(repeated) == 1 and kinds & WHOLE else None
    if left == right and left in {"set", "frozenset"}:
        return left if isinstance(operator, (ast.BitOr, ast.BitAnd, ast.Sub, ast.BitXor)) else None
    return "dict" if kinds == {"dict"} and isinstance(operator, ast.BitOr) else None


def _computed(operator: ast.operator, left: str, right: str) -> str | None:
    if isinstance(operator, (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod)):
        return "float" if "float" in {left, right} else "int"
    if isinstance(operator, ast.Div):
        return "float"
    if "float" in {left, right} or isinstance(operator, (ast.Pow, ast.MatMult)):
        return None  # `2 ** -1` is a float
    flags = left == right == "bool" and isinstance(operator, (ast.BitAnd, ast.BitOr, ast.BitXor))
    return "bool" if flags else "int"


def extended(operator: ast.operator, left: str, right: str | None) -> str | None:
    """What a name holds after ``left operator= right``: a list takes the elements of any container in place."""
    if left == "list" and isinstance(operator, ast.Add):
        return "list" if right in CONTAINERS | {"str", "bytes", "range"} else None
    return operated(operator, left, right)


def spells(template: object) -> bool:
    """Whether a template has text beside its fields, so that what is formatted is a text of its own."""
    return isinstance(template, str) and _FIELDS.fullmatch(template) is None


def negated(operator: ast.unaryop, operand: str | None) -> str | None:
    """What ``-x``, ``+x``, ``~x`` and ``not x`` give."""
    if isinstance(operator, ast.Not):
        return "bool"
    if operand == "float" and not isinstance(operator, ast.Invert):
        return "float"
    return "int" if operand in WHOLE else None
