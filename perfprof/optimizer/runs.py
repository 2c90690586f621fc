"""The folder of a run: ``.perfprof/runs/<day>-<number>/``, private to the user, ignored by git."""

from __future__ import annotations

import datetime
from pathlib import Path

from perfprof.errors import PerfprofError


def begin(home: Path, today: datetime.date | None = None) -> Path:
    """Make the next run's folder and return it. Raises PerfprofError if the project cannot be written."""
    day = (today or datetime.date.today()).isoformat()
    try:
        home.mkdir(mode=0o700, exist_ok=True)
        home.chmod(0o700)
        ignore = home / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
        for number in range(1, 100_000):
            folder = home / "runs" / f"{day}-{number}"
            if not folder.exists():
                folder.mkdir(mode=0o700, parents=True)
                return folder
    except OSError as problem:
        raise PerfprofError(
            f"cannot write the run's folder: {problem.strerror}",
            where=str(home),
            todo="perfprof keeps recordings and patches there; make the project writable.",
        ) from problem
    raise PerfprofError("no free name for a run", where=str(home))


def latest(home: Path) -> Path | None:
    """The newest run that has a report or a recording."""
    runs = [one for one in (home / "runs").glob("*") if (one / "recording.sqlite").exists()]
    return max(runs, key=lambda one: (one.stat().st_mtime, one.name), default=None)
