"""What a recording holds beyond samples, as sections of the report: one file a subject, found by themselves.

Each gives ``section(recording, root)``: a table for the pages and a few lines for the terminal, or None if there is
nothing to show. ``ORDER`` says where it stands.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfprof.optimizer.reports.contract import Recorded
    from perfprof.profilers.recording import Frame, Recording

ROWS = 20  # of a table
_LIBRARY = re.compile(r".*[/\\](site-packages|dist-packages|lib[/\\]python3\.\d+)[/\\]")


def sections(recording: Recording, root: Path) -> tuple[Recorded, ...]:
    """All subjects that have something to show."""
    found = (_section(module, recording, root.resolve()) for module in _modules())
    return tuple(one for one in found if one is not None)


def _section(module: ModuleType, recording: Recording, root: Path) -> Recorded | None:
    """That of one subject; where it fails, the others are shown, and the recording is kept."""
    try:
        found: Recorded | None = module.section(recording, root)
    except Exception as error:
        name = module.__name__.rpartition(".")[2]
        told = f"it cannot be shown, please report this: {type(error).__name__}: {error}"
        return {"subject": name, "title": name, "says": told, "brief": [], "heads": [], "numbers": [], "rows": []}
    return found


def where(place: tuple[Frame, ...], root: Path) -> str:
    """The innermost frame as ``path:line function``, the path relative to the project or to where libraries lie."""
    if not place:
        return ""
    frame = place[0]
    return f"{name_of(frame.path, root)}:{frame.line} {frame.function}"


def name_of(path: str, root: Path) -> str:
    """A file as people name it."""
    if Path(path).is_relative_to(root) and not _LIBRARY.search(path[len(str(root)) :]):
        return Path(path).relative_to(root).as_posix()
    return _LIBRARY.sub("", path)


def shortened(text: str, most: int) -> str:
    """In one line, and cut where it is too long."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


@cache
def _modules() -> tuple[ModuleType, ...]:
    modules = [importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    return tuple(sorted(modules, key=lambda module: (module.ORDER, module.__name__)))
