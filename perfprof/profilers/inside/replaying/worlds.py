"""The state around a function: what its modules hold, so that old and new start from the same and end at the same."""

from __future__ import annotations

import functools
import gc
import sys
import types
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .fields import fields_of
from .shapes import Shape, digest

_CONTAINERS = (list, dict, set, deque, bytearray)
MOST_ENTRIES = 100_000


class World:
    """Everything mutable that can be reached from the globals of the project's modules, within bounds.

    complete: False if there was more than could be watched; then nothing is restored or compared.
    """

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._modules = [module for module in list(sys.modules.values()) if self._ours(module)]
        self._names = {id(module): _data_names(module.__dict__) for module in self._modules}
        self._undo: list[Callable[[], None]] = []
        self._seen: dict[int, Any] = {}
        self._left = MOST_ENTRIES
        for module in self._modules:
            self._bindings(module.__dict__)
            for value in list(module.__dict__.values()):
                self._keep(value)
        self.complete = self._left > 0
        self._caches = [
            item
            for item in gc.get_objects()
            if type(item) is functools._lru_cache_wrapper
            and self._ours(sys.modules.get(getattr(item, "__module__", None) or ""))
        ]

    def restore(self) -> None:
        """Put everything back as it was, and empty the caches."""
        if self.complete:
            for undo in self._undo:
                undo()
        for cache in self._caches:
            cache.cache_clear()

    def cached(self) -> bool:
        """Does a cache of the project hold anything?"""
        return any(cache.cache_info().currsize for cache in self._caches)

    def state(self) -> str:
        """A digest of what the modules hold now, under the names that were there at the start."""
        if not self.complete:
            return ""
        shape = Shape()
        text = []
        for module in self._modules:
            for name in self._names[id(module)]:
                text.append(f"\n{module.__name__}.{name}=")
                text.append(shape.write(module.__dict__.get(name)))
        return digest("".join(text))

    def _ours(self, module: Any) -> bool:
        file = getattr(module, "__file__", None)
        return isinstance(module, types.ModuleType) and isinstance(file, str) and file.startswith(self._root)

    def _keep(self, first: Any) -> None:
        """Remember the content of a container and of all it holds; objects of the project by their attributes."""
        todo = [first]
        while todo and self._left > 0:
            value = todo.pop()
            if id(value) in self._seen:
                continue
            inside = self._inside(value)
            if inside is not None:
                self._seen[id(value)] = value
                self._left -= len(inside) + 1
                todo.extend(inside)

    def _inside(self, value: Any) -> list[Any] | None:
        kind = type(value)
        if kind is tuple:
            return list(value)
        if kind.__module__ in ("builtins", "collections") and isinstance(value, _CONTAINERS):
            return self._container(value)
        if isinstance(value, type):
            return self._attributes(value) if self._ours(sys.modules.get(value.__module__)) else None
        if self._ours(sys.modules.get(kind.__module__)) and isinstance(getattr(value, "__dict__", None), dict):
            self._bindings(value.__dict__)
            return list(fields_of(value).values())
        return None

    def _container(self, value: Any) -> list[Any]:
        if isinstance(value, dict):
            saved = dict(value)
            self._undo.append(lambda: _refill(value, saved))
            return [*saved.values()]
        copy = list(value)

        def undo() -> None:
            value.clear()
            value.update(copy) if isinstance(value, set) else value.extend(copy)

        self._undo.append(undo)
        return [] if isinstance(value, bytearray) else copy

    def _bindings(self, names: dict[str, Any]) -> None:
        saved = dict(names)
        self._undo.append(lambda: _refill(names, saved))

    def _attributes(self, kind: type) -> list[Any]:
        held = {name: kind.__dict__[name] for name in _data_names(dict(kind.__dict__))}

        def undo() -> None:
            for name, value in held.items():
                if kind.__dict__.get(name) is not value:
                    setattr(kind, name, value)

        self._undo.append(undo)
        return list(held.values())


def _refill(target: dict[Any, Any], saved: dict[Any, Any]) -> None:
    same = len(target) == len(saved) and all(target.get(key, saved) is value for key, value in saved.items())
    if same and list(target) == list(saved):
        return
    target.clear()
    target.update(saved)


def _data_names(names: dict[str, Any]) -> list[str]:
    """The names that hold data: no code, no modules, nothing of the interpreter's."""
    code = (
        type,
        types.ModuleType,
        types.FunctionType,
        types.BuiltinFunctionType,
        property,
        staticmethod,
        classmethod,
    )
    hidden = (types.GetSetDescriptorType, types.MemberDescriptorType, functools._lru_cache_wrapper)
    return [
        name
        for name, value in names.items()
        if not (name.startswith("__") and name.endswith("__")) and not isinstance(value, (*code, *hidden))
    ]
