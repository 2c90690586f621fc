"""Act right after the program has imported a library, without importing it ourselves."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

_waiting: dict[str, Callable[[], None]] = {}


def after(name: str, act: Callable[[], None]) -> None:
    """Call ``act`` once ``name`` is imported, now if it is already; its errors are dropped."""
    if name in sys.modules:
        _quietly(act)
        return
    _waiting[name] = act
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def _quietly(act: Callable[[], None]) -> None:
    try:
        act()
    except Exception:  # a version of the library that we do not know
        pass


class _Finder:
    """Finds nothing itself: asks the other finders and follows the loading of what we wait for."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        act = _waiting.pop(name, None)
        if act is None:
            return None
        for finder in sys.meta_path:
            if isinstance(finder, _Finder) or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                _follow(spec.loader, act)
                return spec
        return None


def _follow(loader: Any, act: Callable[[], None]) -> None:
    """Shadow ``exec_module`` on this one loader until it has run."""
    execute = getattr(loader, "exec_module", None)
    if execute is None:
        return

    def exec_module(module: ModuleType) -> None:
        try:
            del loader.exec_module
        except AttributeError:
            pass
        execute(module)
        _quietly(act)

    try:
        loader.exec_module = exec_module
    except AttributeError:  # a loader without a dictionary of its own
        pass
