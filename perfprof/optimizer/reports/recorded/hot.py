"""Where the CPU time went: the paths that lead to most of it, and the functions between them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Recorded
from perfprof.optimizer.reports.recorded import ROWS, where
from perfprof.profilers.hot import LEAST, HotFunction, HotPath, hot_functions, hot_paths, of_libraries
from perfprof.profilers.recording import Frame, Recording

ORDER = 0
_BRIEF, _NAMES = 5, 6  # lines for a terminal, and functions on the way to a hot one
_WORTH = 0.03  # share of its own from which a function is told where no path that is told ends in it


def section(recording: Recording, root: Path) -> Recorded | None:
    """Functions by their own time, and paths of more than ten per cent."""
    functions, paths = hot_functions(recording), hot_paths(recording)
    if not functions:
        return None
    places = [where((Frame(one.path, one.function, one.line),), root) for one in functions]
    return Recorded(
        subject="hot",
        title="Hot functions",
        says=_says(paths)
        + ("; of libraries, for no code of this project was seen" if of_libraries(recording) else ""),
        brief=list(_brief(paths, functions, root))[:_BRIEF],
        heads=["function", "own time", "with calls"],
        numbers=["own time", "with calls"],
        rows=[
            [place, figures.share(one.own), figures.share(one.total)]
            for one, place in zip(functions[:ROWS], places[:ROWS], strict=True)
        ],
    )


def _says(paths: tuple[HotPath, ...]) -> str:
    count = {0: "no path takes", 1: "one path takes"}.get(len(paths), f"{len(paths)} paths take")
    return f"{count} {figures.share(LEAST)} of the CPU time or more"


def _brief(paths: tuple[HotPath, ...], functions: tuple[HotFunction, ...], root: Path) -> Iterator[str]:
    """The paths; then functions that are dear by themselves, from wherever they are called."""
    for path in paths:
        yield _path(path, root)
    ends = {(path.frames[-1].path, path.frames[-1].function) for path in paths}
    for one in functions:
        if one.own >= _WORTH and (one.path, one.function) not in ends:
            place = where((Frame(one.path, one.function, one.line),), root)
            yield f"{figures.share(one.own):>5} {place} · of its own"


def _path(path: HotPath, root: Path) -> str:
    """The share, the innermost place, and the functions that lead to it."""
    *outer, _ = path.frames
    names = [frame.function for frame in outer if frame.function != "<module>"]
    through = " > ".join(names if len(names) <= _NAMES else ["…", *names[-_NAMES:]])
    return f"{figures.share(path.share):>5} {where(path.frames[::-1], root)}" + (
        f" · from {through}" if through else ""
    )
