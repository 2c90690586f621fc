"""Frames of the program: which are application code, and what a frame is called in the journal.

Application code is what is neither the standard library, nor installed in site-packages, nor a script of the
environment's ``bin``, nor ours.
"""

from __future__ import annotations

import os
import sys
from types import CodeType
from typing import Any

_INSIDE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_SCRIPTS = tuple(
    {
        os.path.join(prefix, folder) + os.sep
        for prefix in (sys.prefix, sys.base_prefix)
        for folder in ("bin", "Scripts")
    }
)
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


class _Library(dict[str, bool]):
    def __missing__(self, filename: str) -> bool:
        self[filename] = known = _is_library(filename)
        return known


library = _Library()  # co_filename -> whether it is not the application's


def _is_library(filename: str) -> bool:
    if filename.startswith("<"):
        return True
    path = os.path.abspath(filename)
    return path.startswith((_INSIDE, _LIBRARY, *_SCRIPTS)) or any(part in path for part in _INSTALLED)


def line_of(code: CodeType, offset: int) -> int:
    """The line of the instruction at ``offset`` (``f_lasti``); the first line of the code if it has none."""
    for start, end, line in code.co_lines():
        if start <= offset < end and line is not None:
            return line
    return code.co_firstlineno


def describe(code: CodeType, line: int) -> list[Any]:
    """A frame as the journal has it: absolute path, function, line."""
    filename = code.co_filename
    path = filename if filename.startswith("<") else os.path.abspath(filename)
    return [path, getattr(code, "co_qualname", code.co_name), line]
