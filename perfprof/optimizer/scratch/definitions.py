"""The definitions that stand in the catalogs of the databases that a workload used: read only, in a moment, or not at all."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from perfprof.errors import PerfprofError
from perfprof.optimizer.scratch.sources import Source

if TYPE_CHECKING:
    from perfprof.rules.catalog import Definitions

_WAIT = 1.0  # seconds for a file that somebody else holds
_SERVER = re.compile(r"(?P<host>.*):(?P<port>\d+)/(?P<name>[^/]*)")
_USER = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_toast%'"
# Each row is a definition as `perfprof.rules.schema.defined` reads it. A table of which others inherit shows their rows.
_DEFINED = f"""
SELECT 'create view ' || c.relname || ' as ' || pg_get_viewdef(c.oid) FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm') AND {_USER}
UNION ALL SELECT 'create table ' || c.relname || ' (' || concat_ws(', ',
    (SELECT string_agg(quote_ident(attname) || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
     FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped),
    (SELECT string_agg(pg_get_constraintdef(oid), ', ') FROM pg_constraint WHERE conrelid = c.oid)) || ')'
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'f') AND {_USER}
UNION ALL SELECT 'create view ' || pair.one || ' as select from ' || pair.other FROM pg_inherits i
  JOIN pg_class p ON p.oid = i.inhparent JOIN pg_class k ON k.oid = i.inhrelid
  CROSS JOIN LATERAL (VALUES (p.relname, k.relname), (k.relname, p.relname)) AS pair (one, other)
UNION ALL SELECT 'create trigger rule on ' || c.relname || ' ' || pg_get_ruledef(r.oid) FROM pg_rewrite r
  JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE r.rulename <> '_RETURN' AND {_USER}
"""  # noqa: S608 (nothing of the user's is in it)
_TRIGGERS = """
SELECT c.relname, t.tgfoid FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal
"""
_FUNCTIONS = f"""
SELECT p.oid, p.proname, p.prosrc, l.lanname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_language l ON l.oid = p.prolang WHERE {_USER}
"""  # noqa: S608 (as above)
_READABLE = ("sql", "plpgsql")
_WORD = re.compile(r"[\w$]+")


def definitions(given: str, root: Path) -> Definitions:
    """What reads the catalog of a recorded database, each one once. given: the ``--database`` URL, "" for none.

    Of a server without one, what libpq finds in the environment is tried (PGUSER, a password file), as the program may
    have done. Nothing is written, and whatever takes long or fails is as if it could not be read.
    """
    source = Source.of(given, root) if given else None

    @cache
    def read(database: str) -> tuple[str, ...] | None:
        server = _SERVER.fullmatch(database)
        try:
            if source is not None and source.is_meant_by(database):
                return _of_server(source) if source.dialect == "postgresql" else _of_file(source.name)
            return _of_file(database) if server is None else _of_server(_by_environment(server))
        except (PerfprofError, sqlite3.Error, OSError):
            return None

    return read


def _of_file(database: str) -> tuple[str, ...] | None:
    path = Path(database)
    if not path.is_file() or _in_use(path):
        return None
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=_WAIT)) as connection:
        rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid").fetchall()
    return tuple(text for (text,) in rows)


def _in_use(path: Path) -> bool:
    """Whether reading it would leave files beside it: a write-ahead log whose index is not there."""
    with path.open("rb") as file:
        logged = file.read(20)[18:20] == b"\x02\x02"
    return logged and not path.with_name(f"{path.name}-shm").exists()


def _by_environment(server: re.Match[str]) -> Source:
    from psycopg.conninfo import make_conninfo

    secret = make_conninfo("", host=server["host"], port=server["port"], dbname=server["name"])
    return Source("postgresql", server[0], secret)


def _of_server(source: Source) -> tuple[str, ...]:
    with source.connected() as connection:
        defined = [str(text) for (text,) in connection.execute(_DEFINED)]
        triggers = connection.execute(_TRIGGERS).fetchall()
        functions = connection.execute(_FUNCTIONS).fetchall() if triggers else []
    return (*defined, *_triggers(triggers, functions, " ".join(defined)))


def _triggers(
    triggers: Iterable[tuple[Any, ...]], functions: Iterable[tuple[Any, ...]], everything: str
) -> Iterator[str]:
    """The words of what each trigger does, with the functions that its function calls; all, if one cannot be read."""
    known = {oid: (str(name), str(body), str(language)) for oid, name, body, language in functions}
    named: dict[str, list[int]] = {}
    for oid, (name, _, _) in known.items():
        named.setdefault(name.lower(), []).append(oid)
    for table, function in triggers:
        words = _words_of(function, known, named, everything) - {"create"}
        yield f"create trigger of_{table} on {table} {' '.join(sorted(words))}"


def _words_of(
    function: int, known: dict[int, tuple[str, str, str]], named: dict[str, list[int]], everything: str
) -> set[str]:
    """The words in the body of a function, and of those that it may call."""
    seen: set[int] = set()
    found: set[str] = set()
    left = [function]
    while left:
        oid = left.pop()
        if oid not in seen:
            seen.add(oid)
            _, body, language = known.get(oid, ("", "", ""))
            words = {word.lower() for word in _WORD.findall(body)}
            dynamic = language not in _READABLE or (language == "plpgsql" and "execute" in words)
            found |= set(_WORD.findall(everything.lower())) if dynamic else words
            left += [other for word in words for other in named.get(word, ())]
    return found
