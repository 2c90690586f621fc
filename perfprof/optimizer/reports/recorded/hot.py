"""Where the CPU time went: hot functions, and the paths that lead there."""

from __future__ import annotations

from pathlib import Path

from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Recorded
from perfprof.optimizer.reports.recorded import ROWS, where
from perfprof.profilers.hot import LEAST, HotPath, hot_functions, hot_paths
from perfprof.profilers.recording import Frame, Recording

ORDER = 0
_BRIEF = 3


def section(recording: Recording, root: Path) -> Recorded | None:
    """Functions by their own time, and paths of more than ten per cent."""
    functions, paths = hot_functions(recording), hot_paths(recording)
    if not functions:
        return None
    places = [where((Frame(one.path, one.function, one.line),), root) for one in functions]
    return Recorded(
        subject="hot",
        title="Hot functions",
        says=_says(paths),
        brief=[_brief(path, root) for path in paths[:_BRIEF]],
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


def _brief(path: HotPath, root: Path) -> str:
    """The share, the innermost place, and the functions that lead to it."""
    *outer, _ = path.frames
    through = " > ".join(frame.function for frame in outer if frame.function != "<module>")
    return f"{figures.share(path.share):>5} {where(path.frames[::-1], root)}" + (
        f" · from {through}" if through else ""
    )
