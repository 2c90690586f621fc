"""A value as text that two runs can compare: exact types, order, content, and who is the same object as whom.

Lists, dicts and deques keep their order, sets are written sorted, NaN equals NaN, -0.0 is not 0.0. An object that
was met before is written as its number, so that ``return argument`` and ``return list(argument)`` differ.
Objects without a readable state are written by type alone and named in ``Shape.opaque``.
"""

from __future__ import annotations

import copyreg
import enum
import functools
import hashlib
import re
import types
from collections import deque
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from . import frames
from .codes import code_name, held
from .fields import fields_of
from .frameworks import content

ATOMS = frozenset({int, float, complex, bool, str, bytes, type(None), type(...), type(NotImplemented)})
_NAMED = (
    type,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.ModuleType,
    property,
    staticmethod,
    classmethod,
)
_ONE_SHOT = (
    types.GeneratorType,
    types.CoroutineType,
    types.AsyncGeneratorType,
    types.FrameType,
    types.TracebackType,
)
FUNCTION = "a function"  # among what is opaque: one that a call made, known by its code alone
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{4,}")


class Shape:
    """Writes values one after another into one text; objects keep their numbers over all of them.

    limit: how many values are written at most, for objects that hang together with the whole program.
    shut: tells the classes whose instances are not looked into.
    """

    atoms: frozenset[Any] = ATOMS  # written as they print

    def __init__(self, limit: int = 50_000_000, shut: Callable[[type], bool] | None = None) -> None:
        self._left = limit
        self._shut = shut
        self.opaque: set[str] = set()
        self.queues = False  # are deques written as the lists they replace, indexes beside a list left out?
        self.codes = False  # are functions that a call made told apart by their code?
        self._numbers: dict[int, int] = {}
        self._alive: list[Any] = []  # ids are only unique while the objects live

    def write(self, *values: Any) -> str:
        """The text of these values."""
        out: list[str] = []
        todo: list[tuple[bool, Any]] = [(False, value) for value in reversed(values)]
        while todo and self._left > 0:
            self._left -= 1
            ready, value = todo.pop()
            if ready:
                out.append(value)
            else:
                todo.extend(reversed(self._parts(value)))
        return "".join(out)

    def _parts(self, value: Any) -> list[tuple[bool, Any]]:
        kind = type(value)
        if kind in self.atoms:
            return [(True, f"{kind.__name__}:{value!r};")]
        if isinstance(value, _NAMED):
            return self._named(value)
        if isinstance(value, enum.Enum):
            return [(True, f"<{type_name(kind)}.{value.name}>")]
        if kind is tuple or kind is frozenset:  # their identity cannot be told from their content
            return _items(value, self) if kind is tuple else _members(value, self)
        number = self._numbers.get(id(value))
        if number is not None:
            return [(True, f"#{number};")]
        self._numbers[id(value)] = len(self._numbers)
        self._alive.append(value)
        return self._content(value)

    def _content(self, value: Any) -> list[tuple[bool, Any]]:
        if isinstance(value, (list, tuple, deque)):
            return _items(value, self)
        if isinstance(value, dict):
            return _pairs(value, self)
        if isinstance(value, (set, frozenset)):
            return _members(value, self)
        if isinstance(value, BaseException):
            return [(True, f"<{type_name(type(value))} "), (False, value.args), *_fields(value), (True, ">")]
        if isinstance(value, (types.MethodType, functools.partial)):
            return _callable(value)
        if isinstance(value, (int, float, complex, str, bytes, bytearray)):
            return _subclass(value)
        return self._object(value)

    def _named(self, value: Any) -> list[tuple[bool, Any]]:
        """What is known by its name, if it is not one that a call made."""
        if self.codes and type(value) is types.FunctionType and "<" in value.__qualname__:
            return self._local(value)
        return [(True, f"<{_name_of(value)}>")]

    def _local(self, value: Any) -> list[tuple[bool, Any]]:
        """A function that a call made: equal code with equal defaults and cells does the same; other code may, too."""
        self.opaque.add(FUNCTION)
        number = self._numbers.get(id(value))
        if number is not None:
            return [(True, f"#{number};")]
        self._numbers[id(value)] = len(self._numbers)
        self._alive.append(value)
        name = f"{_name_of(value)} {code_name(value.__code__)}"
        return [(True, f"<{name}"), *((False, part) for part in held(value)), (True, ">")]

    def _object(self, value: Any) -> list[tuple[bool, Any]]:
        kind: Any = type(value)
        if isinstance(value, (PurePath, memoryview)):  # a path keeps caches in its slots
            return [(True, f"<{type_name(kind)} {bytes(value)!r}>")]
        if f"{kind.__module__}.{kind.__name__}" == "sqlite3.Row":
            return [(True, "<sqlite3.Row "), (False, value.keys()), (False, tuple(value)), (True, ">")]
        known = content(value)
        known = frames.content(value) if known is None else known
        if known is not None:
            parts = [part for name, held in known for part in ((True, f" {name}="), (False, held))]
            return [(True, f"<{type_name(kind)}"), *parts, (True, ">")]
        if self._shut is not None and self._shut(kind):
            self.opaque.add(type_name(kind))
            return [(True, f"<{type_name(kind)}>")]
        if _plain(kind):
            return [(True, f"<{type_name(kind)}"), *_fields(value, self.queues), (True, ">")]
        return self._reduced(value)

    def _reduced(self, value: Any) -> list[tuple[bool, Any]]:
        name = type_name(type(value))
        try:
            if isinstance(value, _ONE_SHOT):
                raise TypeError
            writer = copyreg.dispatch_table.get(type(value))
            reduced = writer(value) if writer else value.__reduce_ex__(4)
            if not isinstance(reduced, tuple):
                return [(True, f"<{name} {reduced}>")]
            head, rest = reduced[0], [
                list(part) if at > 1 and hasattr(part, "__next__") else part for at, part in enumerate(reduced[1:])
            ]
        except Exception:
            self.opaque.add(name)
            return [(True, f"<{name}>")]
        return [(True, f"<{name} {_name_of(head)}"), *((False, part) for part in rest), (True, ">")]


def digest(text: str) -> str:
    """A short name for a shape."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def type_name(kind: type) -> str:
    """``module.qualname``, builtins without their module."""
    module = getattr(kind, "__module__", "?")
    name = getattr(kind, "__qualname__", "?")
    return name if module == "builtins" else f"{module}.{name}"


def without_addresses(text: str) -> str:
    """Text in which no address of an object stands: those change from run to run."""
    return _ADDRESS.sub("0x…", text)


def brief(value: Any, limit: int = 160) -> str:
    """One line for a human; never raises, never long."""
    import reprlib

    short = reprlib.Repr()
    short.maxlist = short.maxtuple = short.maxset = short.maxdict = short.maxdeque = 8
    short.maxstring = short.maxother = short.maxlong = 60
    try:
        text = without_addresses(short.repr(value)).replace("\n", " ")
    except Exception:
        text = f"<{type_name(type(value))}>"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _items(value: Any, shape: Shape) -> list[tuple[bool, Any]]:
    kind = type(value)
    if shape.queues and kind is deque and value.maxlen is None:
        value, kind = list(value), list
    base = list if isinstance(value, list) else tuple if isinstance(value, tuple) else deque
    members = list(base.__iter__(value))
    extra = [(True, f"maxlen={value.maxlen} ")] if isinstance(value, deque) else []
    fields = [] if kind in (list, tuple, deque) else _fields(value)
    if shape.atoms.issuperset(map(type, members)):  # one call in C for long lists of plain values
        return [(True, f"{type_name(kind)}["), *extra, (True, repr(members)), *fields, (True, "]")]
    return [(True, f"{type_name(kind)}["), *extra, *((False, member) for member in members), *fields, (True, "]")]


def _pairs(value: Any, shape: Shape) -> list[tuple[bool, Any]]:
    kind = type(value)
    parts: list[tuple[bool, Any]] = [(True, f"{type_name(kind)}{{")]
    if hasattr(value, "default_factory"):
        parts.append((False, value.default_factory))
    items = list(dict.items(value))
    if shape.atoms.issuperset(type(part) for pair in items for part in pair):
        parts.append((True, repr(items)))
    else:
        parts.extend((False, part) for pair in items for part in pair)
    return [*parts, *([] if kind is dict else _fields(value)), (True, "}")]


def _members(value: Any, shape: Shape) -> list[tuple[bool, Any]]:
    texts = []
    for member in list(value):
        inner = Shape()  # a set has no order in which its members could get numbers
        texts.append(inner.write(member))
        shape.opaque |= inner.opaque
    kind = type(value)
    fields = [] if kind in (set, frozenset) else _fields(value)
    return [(True, f"{type_name(kind)}({','.join(sorted(texts))}"), *fields, (True, ")")]


def _subclass(value: Any) -> list[tuple[bool, Any]]:
    base = next(kind for kind in (int, float, complex, str, bytes, bytearray) if isinstance(value, kind))
    return [(True, f"<{type_name(type(value))} {base.__repr__(value)}"), *_fields(value), (True, ">")]


def _callable(value: Any) -> list[tuple[bool, Any]]:
    if isinstance(value, types.MethodType):
        return [(True, f"<method {_name_of(value.__func__)} "), (False, value.__self__), (True, ">")]
    parts = (value.func, value.args, dict(value.keywords))
    return [(True, "<partial "), *((False, part) for part in parts), (True, ">")]


def _fields(value: Any, queues: bool = False) -> list[tuple[bool, Any]]:
    """Instance attributes by name (an index beside a list aside); the order in which they were set cannot matter."""
    kept = [one for one in sorted(fields_of(value).items()) if not (queues and _empty_index(type(value), one[0]))]
    return [part for name, field in kept for part in ((True, f" {name}="), (False, field))]


def _empty_index(kind: type, name: str) -> bool:
    """Whether a class or one above has there what a list's index is before it is made: no list, no rows, their number."""
    known = [vars(one).get(name) for one in kind.__mro__]
    return any(type(one) is tuple and [*map(type, one)] == [type(None), dict, int] for one in known)


@functools.lru_cache(maxsize=4096)
def _plain(kind: type) -> bool:
    """Were all of its classes made by class statements? Then its state is in ``__dict__`` and slots, and nothing else."""
    heap = 1 << 9  # Py_TPFLAGS_HEAPTYPE
    classes = [base for base in kind.__mro__ if base is not object]
    return all(base.__flags__ & heap and not _from_c(base) for base in classes)


def _from_c(kind: type) -> bool:
    """Only C code puts method wrappers of its own into a class."""
    wrappers = (types.WrapperDescriptorType, types.MethodDescriptorType)
    return any(isinstance(member, wrappers) and member.__objclass__ is kind for member in kind.__dict__.values())


def _name_of(value: Any) -> str:
    kind = type(value).__name__
    module = getattr(value, "__module__", None) or ""
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", "?")
    return without_addresses(f"{kind} {module}.{name}")
