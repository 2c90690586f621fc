"""A database that the user gave with ``--database``: where it is, and how to say so without giving it away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from perfprof.errors import PerfprofError, UsageError

if TYPE_CHECKING:
    import psycopg

_POSTGRES = ("postgresql", "postgres")
# Read only, and never in anybody's way; the source is asked, never worked on.
_POLITE = (
    "-c default_transaction_read_only=on -c statement_timeout=5s -c lock_timeout=1s "
    "-c idle_in_transaction_session_timeout=60s"
)
_HELD = (
    "SELECT current_setting('default_transaction_read_only') = 'on' AND current_setting('statement_timeout') = '5s' "
    "AND current_setting('lock_timeout') = '1s'"
)
_POOLER = "a pooler stands before the server and takes no settings: give the address of the server itself"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a database is. secret: all that libpq needs, password included; never shown, never written."""

    dialect: str
    name: str  # as in Statement.database: an absolute path, or host:port/name
    secret: str = field(repr=False, default="")

    @classmethod
    def of(cls, url: str, folder: Path) -> Source:
        """Read ``sqlite:///relative``, ``sqlite:////absolute``, a path to a file, or ``postgresql://…``; UsageError."""
        scheme = url.partition(":")[0].partition("+")[0].lower()
        if scheme in _POSTGRES and "://" in url:
            return cls("postgresql", _place(url), _POSTGRES[0] + url[url.index("://") :])
        path = unquote(url.partition("://")[2].removeprefix("/").partition("?")[0]) if scheme == "sqlite" else url
        if "://" in path or not (folder / path).is_file():
            shown = redacted(url).partition("?")[0]
            todo = "give sqlite:///path/to/file or postgresql://user@host/name"
            raise UsageError(f"there is no database {shown}", where="--database", todo=todo)
        return cls("sqlite", str((folder / path).resolve()))

    def is_meant_by(self, database: str) -> bool:
        """Whether a recorded database (a path, or host:port/name) is this one; hosts have more names than one."""
        if self.dialect == "sqlite" or "/" not in database:
            return database == self.name
        return database.rpartition("/")[2] == self.name.rpartition("/")[2]

    @contextmanager
    def connected(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """A connection that can only read and that gives up early; PerfprofError without the password in it.

        One on which the server does not know that is not used: a pooler may throw away what it was told.
        """
        try:
            import psycopg
        except ImportError:
            raise PerfprofError("psycopg is not installed", todo="pip install 'perfprof[postgres]'") from None

        try:
            with psycopg.connect(
                self.secret, options=_POLITE, application_name="perfprof", connect_timeout=10, autocommit=True
            ) as connection:
                if connection.execute(_HELD).fetchone() != (True,):
                    raise PerfprofError("the connection would not be read only", where=self.name, todo=_POOLER)
                yield connection
        except psycopg.Error as error:
            todo = _POOLER if "startup parameter" in str(error) else ""
            raise PerfprofError(self.without_secrets(error), where=self.name, todo=todo) from None

    def environment(self) -> dict[str, str]:
        """The same for pg_dump, by variables instead of a command line that everybody can read."""
        from psycopg.conninfo import conninfo_to_dict

        known = {
            "host": "PGHOST",
            "port": "PGPORT",
            "user": "PGUSER",
            "password": "PGPASSWORD",
            "dbname": "PGDATABASE",
        }
        known |= {
            "sslmode": "PGSSLMODE",
            "sslrootcert": "PGSSLROOTCERT",
            "passfile": "PGPASSFILE",
            "service": "PGSERVICE",
        }
        known |= {"sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "hostaddr": "PGHOSTADDR"}
        parts = {known[name]: str(value) for name, value in conninfo_to_dict(self.secret).items() if name in known}
        return {**parts, "PGOPTIONS": _POLITE, "PGCONNECT_TIMEOUT": "10", "PGAPPNAME": "perfprof"}

    def without_secrets(self, error: object) -> str:
        """A message of libpq or of a server, in one line, without user and password."""
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict

        text = " ".join(redacted(str(error)).split())
        try:
            parts = conninfo_to_dict(self.secret)
        except ProgrammingError:
            return "the address of the database cannot be understood"
        for name in ("password", "user"):
            secret = str(parts.get(name) or "")
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "***", text) if secret else text
        return text


def redacted(text: str) -> str:
    """Any text with the user and the password of URLs and of ``password=…`` blotted out."""
    text = re.sub(r"(\w+://)\S*@", r"\1***@", text)
    return re.sub(
        r"(?i)\b(\w*password|passwd|pwd|user|\w*secret|\w*token)(\s*=\s*)('(?:[^'\\]|\\.)*'|\S+)", r"\1\2***", text
    )


def _place(url: str) -> str:
    """host:port/name of a PostgreSQL URL."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 5432
    except ValueError:
        raise UsageError("the address of the database cannot be understood", where="--database") from None
    if "@" in parts.path + parts.query + parts.fragment:  # a password with a / ? or # that is not encoded
        todo = "write /, ?, # and @ in a password as %2F, %3F, %23 and %40"
        raise UsageError("the address of the database cannot be understood", where="--database", todo=todo)
    query = dict(re.findall(r"(\w+)=([^&]*)", parts.query))
    host = unquote(query.get("host", "")) or unquote(host) or "localhost"
    return f"{host}:{query.get('port', port)}/{unquote(parts.path.lstrip('/')) or query.get('dbname', '')}"
