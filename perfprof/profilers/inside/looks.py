"""Look at a value without touching it: names of types, lengths, elements, attributes. No code of the program runs."""

from __future__ import annotations

import types
from collections import deque, namedtuple
from collections.abc import Iterable
from itertools import islice
from operator import le
from typing import Any

MOST = 64  # elements that are looked at

_ITEMS = 8  # a longer tuple is named without its items
_WRAPPER: Any = type(list.__len__)  # a method written in C
_SEQUENCES: tuple[Any, ...] = (list, tuple)
_EMPTY: dict[Any, Any] = {}
_VIEWS: tuple[Any, ...] = (type(_EMPTY.keys()), type(_EMPTY.values()), type(_EMPTY.items()))
_WALKED: tuple[Any, ...] = (set, frozenset, dict, deque, *_VIEWS)
_ORDERED: tuple[Any, ...] = (int, float, str, bytes)
_HEAD, _NEARLY = 256, 0.1
_WALK = 4_096  # a larger one is not walked to its end: only its first elements are seen
_FIELD = type(namedtuple("_", "field").field)  # type: ignore[attr-defined]
_STATIC = (types.MemberDescriptorType, types.GetSetDescriptorType, _FIELD)
_METHODS = (types.FunctionType, types.MethodDescriptorType, classmethod, staticmethod, types.BuiltinFunctionType)
_ORDINARY = [
    base.__getattribute__
    for base in (
        object,
        list,
        tuple,
        dict,
        set,
        frozenset,
        deque,
        str,
        bytes,
        bytearray,
        int,
        float,
        complex,
        range,
        types.SimpleNamespace,
    )
]
_NAMES = (
    types.SimpleNamespace.__dict__["__dict__"],
)  # where a class of C keeps its attributes in a way of its own

_names: dict[int, tuple[type, str]] = {}  # by identity: a metaclass may define __hash__


def type_name(kind: type) -> str:
    """``module.qualname``."""
    found = _names.get(id(kind))
    if found is None or found[0] is not kind:
        module = type.__getattribute__(kind, "__module__")
        name = type.__getattribute__(kind, "__qualname__")
        found = _names[id(kind)] = (kind, f"{module}.{name}")
    return found[1]


def value_name(value: Any) -> str:
    """The exact type; a short tuple with the types of its items, as in ``builtins.tuple[builtins.int]``."""
    kind = type(value)
    if kind is tuple and len(value) <= _ITEMS:
        return f"builtins.tuple[{','.join(type_name(type(item)) for item in value)}]"
    return type_name(kind)


def length(value: Any) -> int | None:
    """``len`` where it is written in C, None elsewhere."""
    measure = _of_type(type(value), "__len__")
    if type(measure) is not _WRAPPER:
        return None
    try:
        size: int = measure(value)
    except Exception:  # an array without dimensions
        return None
    return size


def elements(value: Any) -> Iterable[Any]:
    """At most 64 elements of a builtin collection, spread over it as far as that is cheap; keys of a dict."""
    kind = type(value)
    walk = _of_type(kind, "__iter__")
    for base in _SEQUENCES:
        if issubclass(kind, base) and walk is base.__iter__:
            return _spread(value, base)
    for base in _WALKED:
        if issubclass(kind, base) and type(walk) is _WRAPPER:
            size: int = base.__len__(value)
            step = max(1, size // MOST) if size <= _WALK else 1
            return list(islice(walk(value), 0, MOST * step, step))
    return value[:1] if kind is range else ()


def order(value: Any) -> str:
    """Whether the beginning of a list or tuple of numbers or texts is nearly in ``order``, up or down, or not (``other``)."""
    head: Any = value[:_HEAD] if type(value) in _SEQUENCES else ()
    if len(head) < 2 or len(set(map(type, head))) > 1 or type(head[0]) not in _ORDERED:
        return "unknown"
    ups = sum(map(le, head, head[1:])) / (len(head) - 1)
    return "other" if _NEARLY < ups < 1 - _NEARLY else "order"


def _spread(value: Any, base: Any) -> Iterable[Any]:
    size: int = base.__len__(value)
    return [base.__getitem__(value, place * size // MOST) for place in range(MOST)] if size > MOST else value


def reading(value: Any, attribute: str) -> str:
    """What ``value.attribute`` does: a ``plain`` look-up, ``computed`` by code, or ``missing``."""
    kind = type(value)
    if kind is types.ModuleType:
        return _reading_module(value.__dict__, attribute)
    if issubclass(kind, type):
        return _reading_class(value, kind, attribute)
    if _of_type(kind, "__getattribute__") not in _ORDINARY:
        return "computed"
    found = _of_type(kind, attribute)
    if _is_data(found):
        return "plain" if type(found) in _STATIC else "computed"
    if attribute in _dictionary(value, kind):
        return "plain"
    if found is None:
        return "computed" if _has(kind, "__getattr__") else "missing"
    return "plain" if type(found) in _METHODS or not _has(type(found), "__get__") else "computed"


def _reading_class(owner: type, kind: type, attribute: str) -> str:
    """The same of a class: what it or a base defines, unless its metaclass goes before."""
    above = _of_type(kind, attribute)
    if _of_type(kind, "__getattribute__") is not type.__dict__["__getattribute__"] or _is_data(above):
        return "computed"
    names = type.__dict__["__dict__"]
    for base in type.__getattribute__(owner, "__mro__"):
        if attribute in names.__get__(base):
            found = names.__get__(base)[attribute]
            return "plain" if type(found) in _METHODS or not _has(type(found), "__get__") else "computed"
    return "missing" if above is None and not _has(kind, "__getattr__") else "computed"


def _reading_module(names: dict[str, Any], attribute: str) -> str:
    if attribute in names:
        return "plain"
    return "computed" if "__getattr__" in names else "missing"


def _of_type(kind: type, name: str) -> Any:
    """What the type or a base defines, past any descriptor; None if nothing does."""
    for base in type.__getattribute__(kind, "__mro__"):
        found = type.__dict__["__dict__"].__get__(base)
        if name in found:
            return found[name]
    return None


def _has(kind: type, name: str) -> bool:
    return _of_type(kind, name) is not None


def _is_data(found: Any) -> bool:
    """A descriptor that goes before the instance's own attributes."""
    return found is not None and (_has(type(found), "__set__") or _has(type(found), "__delete__"))


def _dictionary(value: Any, kind: type) -> dict[str, Any]:
    """The instance's attributes; none if the class has made something of its own of ``__dict__``."""
    place = _of_type(kind, "__dict__")
    if type(place) is not types.GetSetDescriptorType and not any(place is one for one in _NAMES):
        return {}
    found = object.__getattribute__(value, "__dict__")
    return found if type(found) is dict else {}
