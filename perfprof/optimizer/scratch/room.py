"""How many more connections the server that the user gave allows."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from perfprof.errors import PerfprofError
from perfprof.optimizer.scratch.sources import Source

_ASKED = """
SELECT least(current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
  - coalesce(current_setting('reserved_connections', true)::int, 0),
  (SELECT CASE WHEN rolconnlimit < 0 THEN 1000000 ELSE rolconnlimit END FROM pg_roles WHERE rolname = current_user),
  (SELECT CASE WHEN datconnlimit < 0 THEN 1000000 ELSE datconnlimit END FROM pg_database
   WHERE datname = current_database()))
"""


class Room:
    """Asked once, when somebody wants to know."""

    def __init__(self, url: str, root: Path) -> None:
        self._url, self._root = url, root

    @cached_property
    def connections(self) -> int:
        """As many as ordinary users may have there; -1 if it is no server, or does not answer."""
        if not self._url:
            return -1
        try:
            source = Source.of(self._url, self._root)
            if source.dialect != "postgresql":
                return -1
            with source.connected() as connection:
                row = connection.execute(_ASKED).fetchone()
        except PerfprofError:
            return -1
        return int(row[0]) if row is not None else -1
