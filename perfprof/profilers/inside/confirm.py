"""Call the old and the new function with arguments that somebody says they differ on; print how, or nothing.

argv: module of the old function, module of the new one, its name, and the arguments as text ``(x=1, y=[2])``. A tool
that thinks about code with models of values is not believed before both were really called.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any


def told(module: Any, function: str, arguments: str) -> tuple[str, str]:
    """What one side does, for comparing and for a reader; errors are compared by type."""
    given = eval(f"dict{arguments}", {**vars(module), "dict": dict})  # noqa: S307 (made by CrossHair for this call)
    try:
        answer = getattr(module, function)(**given)
    except Exception as error:
        return type(error).__name__, f"raised {type(error).__name__}: {error}"
    return f"{type(answer).__name__} {answer!r} {given!r}", f"returned {answer!r}"


def main(old: str, new: str, function: str, arguments: str) -> None:
    """Print one line if they differ, and the old one agrees with itself."""
    before, after, again = (told(importlib.import_module(name), function, arguments) for name in (old, new, old))
    if before == again and before[0] != after[0]:
        sys.stdout.write(f"differ: old {before[1][:150]}; new {after[1][:150]}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
