"""Act right after the program has imported a library, without importing it ourselves."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

_waiting: dict[str, list[Callable[[], None]]] = {}


def after(name: str, act: Callable[[], None]) -> None:
    """Call ``act`` once ``name`` is imported, now if it is already; its errors are dropped."""
    if name in sys.modules:
        _quietly(act)
        return
    _waiting.setdefault(name, []).append(act)
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def _all(acts: Sequence[Callable[[], None]]) -> Callable[[], None]:
    def act() -> None:
        for one in acts:
            _quietly(one)

    return act


def _quietly(act: Callable[[], None]) -> None:
    try:
        act()
    except Exception:  # a version of the library that we do not know
        pass


class _Finder:
    """Finds nothing itself: asks the other finders and follows the loading of what we wait for."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        acts = _waiting.pop(name, None)
        if acts is None:
            return None
        for finder in sys.meta_path:
            if isinstance(finder, _Finder) or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                return _followed(spec, _all(acts))
        return None


def _followed(spec: Any, act: Callable[[], None]) -> Any:
    """The spec, whose module is followed by ``act`` when it has been executed."""
    loader = spec.loader
    if isinstance(loader, type):  # frozen and builtin modules: the loader is a class that all of them share
        spec.loader = _Once(loader, act)
        return spec
    execute = getattr(loader, "exec_module", None)
    if execute is None:
        return spec

    def exec_module(module: ModuleType) -> None:
        try:
            del loader.exec_module
        except AttributeError:
            pass
        execute(module)
        _quietly(act)

    try:
        loader.exec_module = exec_module  # shadows the method on this one loader until it has run
    except AttributeError:  # a loader without a dictionary of its own
        pass
    return spec


class _Once:
    """Stands in for a loader that is a class, until the module is there."""

    def __init__(self, loader: Any, act: Callable[[], None]) -> None:
        self._loader = loader
        self._act = act

    def create_module(self, spec: Any) -> Any:
        spec.loader = self._loader
        try:
            return self._loader.create_module(spec)
        finally:
            spec.loader = self

    def exec_module(self, module: Any) -> None:
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        _quietly(self._act)
