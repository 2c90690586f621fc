"""A recording for which there is no room: said with the program's exit code, and kept elsewhere if that can be."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from perfprof.errors import PerfprofError


@contextmanager
def told_if_lost(result: Path, exit_code: int, write: Callable[[Path], None] | None = None) -> Iterator[None]:
    """The program has run: its exit code stays its own, also when there is no room for what was recorded.

    Then ``write`` is tried in the folder for temporary files, which may have some.
    """
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        lost = PerfprofError(f"the recording could not be written: {error}", where=str(result))
        lost.todo, lost.exit_code = "Make room there and record again.", exit_code
        with suppress(OSError, sqlite3.Error):
            if write is not None:
                elsewhere = Path(tempfile.mkdtemp(prefix="perfprof-")) / result.name
                write(elsewhere)
                lost.todo = f"It is in {elsewhere} instead: perfprof report {elsewhere}"
        raise lost from None
