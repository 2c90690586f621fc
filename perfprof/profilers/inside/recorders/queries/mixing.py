"""Mix a class of ours in behind a factory of the program's own, so that its ``super()`` meets it."""

from __future__ import annotations

from typing import Any

_mixed: dict[type, type] = {}


def over(factory: Any, plain: type, ours: type) -> Any:
    """``factory`` with our class mixed in behind the program's own; other callables as they are."""
    if factory is plain:
        return ours
    if not isinstance(factory, type) or not issubclass(factory, plain) or issubclass(factory, ours):
        return factory
    if factory not in _mixed:
        names = {"__module__": factory.__module__, "__qualname__": factory.__qualname__, "__doc__": factory.__doc__}
        try:
            metaclass: Any = type(factory)
            _mixed[factory] = metaclass(factory.__name__, (factory, ours), names)
        except TypeError:  # it has slots of its own: the layouts do not go together
            _mixed[factory] = factory
    return _mixed[factory]
