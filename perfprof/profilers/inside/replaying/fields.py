"""What is stored in an instance, read from its ``__dict__`` and its slots."""

from __future__ import annotations

import contextlib
import functools
import types
from typing import Any


def fields_of(value: Any) -> dict[str, Any]:
    """What is stored in an instance: its ``__dict__`` and its slots, read without running the user's code."""
    try:
        stored = object.__getattribute__(value, "__dict__")
        found = dict(stored) if isinstance(stored, dict) else {}
    except AttributeError:
        found = {}
    kind: Any = type(value)
    for name, member in _slots(kind):
        with contextlib.suppress(AttributeError):  # an empty slot
            found[name] = member.__get__(value)
    return {str(name): field for name, field in found.items()}


@functools.lru_cache(maxsize=4096)
def _slots(kind: Any) -> tuple[tuple[str, Any], ...]:
    """The slots of a class and of its bases, with private names as they are stored."""
    found: dict[str, Any] = {}
    for base in kind.__mro__:
        declared = base.__dict__.get("__slots__", ())
        owner = base.__name__.lstrip("_")
        for name in (declared,) if isinstance(declared, str) else tuple(declared):
            private = name.startswith("__") and not name.endswith("__") and owner
            stored = f"_{owner}{name}" if private else name
            if isinstance(base.__dict__.get(stored), types.MemberDescriptorType):
                found.setdefault(stored, base.__dict__[stored])
    return tuple(found.items())
