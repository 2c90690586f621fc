"""Who holds what: from the globals of the modules down to the containers and objects that they keep alive."""

from __future__ import annotations

import gc
import sys
from collections import OrderedDict, defaultdict, deque
from time import perf_counter
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType
from typing import Any

from ...frames import library

_SIZED = (list, dict, set, deque, OrderedDict, defaultdict)
_LEAST = 20  # entries of a container that are worth a word
_MOST = 500  # containers that are told of
_OBJECTS, _SECONDS = 200_000, 0.2  # that one walk may look at, and take
_DEEPEST = 7  # steps from a module
# classes and functions hold much that never grows; classes of the program's own may have a container
_SHUT = (ModuleType, FrameType, CodeType, FunctionType, BuiltinFunctionType, property, classmethod, staticmethod)


def walk(targets: dict[int, type]) -> tuple[dict[str, int], dict[type, str]]:
    """Lengths of containers by their path from a module of the program, and a path for each type of the targets.

    A path reads ``dict in Cache in shop.views.CACHE``. Breadth first, so the shortest path is found; libraries are
    walked only for a type that the program's own modules do not hold.
    """
    modules = [module for module in list(sys.modules.values()) if isinstance(module, ModuleType)]
    modules = [module for module in modules if not module.__name__.startswith("_perfprof")]
    own = [module for module in modules if _is_own(module)]
    search = _Search({id(module.__dict__) for module in modules}, targets)
    search.add(own)
    lengths = dict(search.lengths)
    if search.missing():
        search.add([module for module in modules if not _is_own(module)])
    return lengths, search.held


def _is_own(module: ModuleType | None) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and not library[file]


class _Search:
    def __init__(self, shut: set[int], targets: dict[int, type]) -> None:
        self._shut, self._targets = shut, targets  # dictionaries of modules are not walked into from elsewhere
        self._parents: dict[int, tuple[int, str, int]] = {}  # id -> id of the holder, name of this one, depth
        self._end = perf_counter() + _SECONDS
        self.lengths: dict[str, int] = {}
        self.held: dict[type, str] = {}

    def missing(self) -> bool:
        """Is there a type whose holder is not known yet?"""
        return len(self.held) < len(set(self._targets.values()))

    def add(self, modules: list[ModuleType]) -> None:
        """Walk down from these."""
        waiting: deque[Any] = deque()
        for module in modules:
            for name, value in list(module.__dict__.items()):
                if not name.startswith("__"):
                    self._meet(value, (0, f"{module.__name__}.{name}", 1), waiting)
        while waiting and len(self._parents) < _OBJECTS and perf_counter() < self._end:
            holder = waiting.popleft()
            depth = self._parents[id(holder)][2] + 1
            if depth > _DEEPEST:
                return
            attributes = _attributes(holder)
            for one in gc.get_referents(holder):
                name = "" if one is attributes else type(one).__name__
                self._meet(one, (id(holder), name, depth), waiting)

    def _meet(self, one: Any, at: tuple[int, str, int], waiting: deque[Any]) -> None:
        mark = id(one)
        if mark in self._parents or mark in self._shut or isinstance(one, _SHUT):
            return
        sized, tracked = type(one) in _SIZED, gc.is_tracked(one)
        if not (tracked or sized) or (isinstance(one, type) and not _is_own(sys.modules.get(one.__module__))):
            return
        self._parents[mark] = at
        if sized:
            self._measure(one)
        kind = self._targets.get(mark)
        if kind is not None and kind not in self.held and at[0]:  # what a module has one of, does not hold the many
            self.held[kind] = self._path(mark)
        if tracked:  # a dict of plain values is not
            waiting.append(one)

    def _measure(self, one: Any) -> None:
        if len(one) >= _LEAST and len(self.lengths) < _MOST:
            path = self._path(id(one))
            self.lengths[path] = max(self.lengths.get(path, 0), len(one))

    def _path(self, mark: int) -> str:
        names = []
        while mark:
            mark, name, _ = self._parents[mark]
            names.append(name)
        return " in ".join(filter(None, names))


def _attributes(holder: Any) -> Any:
    """The dictionary of an object's attributes, which is no step of its own; since 3.11 there is none until asked for."""
    if sys.version_info >= (3, 11) or type(holder) in _SIZED:
        return None
    try:
        return object.__getattribute__(holder, "__dict__")
    except AttributeError:
        return None
