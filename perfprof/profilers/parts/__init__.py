"""The parts of a recording beyond samples and statements: one file a subject, found by themselves.

A part names its tables, makes rows of the journals' lines, and reads its rows back as values:
``parts.SUBJECT.read(recording)``.
"""

from __future__ import annotations

import importlib
import pkgutil
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from perfprof.profilers.journals import Journal
from perfprof.profilers.stacks import Frame


@dataclass(frozen=True, slots=True)
class Part:
    """One subject of a recording.

    schema: its CREATE statements. store: puts what the journals say of it into its tables, in the transaction of the
    caller; the function that it is given numbers a stack (frames root first; 0 if none is the program's) so that a
    ``stack`` column can refer to ``stacks``.
    """

    schema: str
    store: Callable[[sqlite3.Connection, Sequence[Journal], Callable[[Iterable[Frame]], int]], None]


@cache
def parts() -> Mapping[str, Part]:
    """All parts by the name of their file."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__))
    return {name: importlib.import_module(f"{__name__}.{name}").PART for name in names}
