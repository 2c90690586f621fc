"""A PostgreSQL server of our own: private, without network, without a care for crashes, gone at the end.

It runs as an unprivileged user when we are root, listens on a socket in a folder of mode 0700 only, and asks for a
random password. A guard process stops it and deletes its folder even if perfprof is killed.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from perfprof.errors import PerfprofError
from perfprof.optimizer.scratch.binaries import Account, Binaries, account, find_binaries, reachable, within_reach

_SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
fsync = off
full_page_writes = off
synchronous_commit = off
autovacuum = off
jit = off
max_connections = 20
shared_buffers = 64MB
max_parallel_workers_per_gather = 0
password_encryption = 'scram-sha-256'
log_statement = none
log_min_error_statement = panic
"""
# Wait until perfprof ends (its end of the pipe closes), then leave nothing behind.
_GUARD = 'cat >/dev/null; "$1" stop -D "$2" -m immediate -s >/dev/null 2>&1; rm -rf "$3"'
_SLOWEST_START = 60  # seconds


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; ``with Server.start(folder) as server``."""

    socket: Path
    user: str
    password: str = field(repr=False)
    binaries: Binaries
    version: str

    @property
    def dsn(self) -> str:
        """For psycopg; holds the password of a server that only this process knows."""
        return self.dsn_of("postgres")

    def dsn_of(self, database: str) -> str:
        """The same for another database."""
        from psycopg.conninfo import make_conninfo

        return make_conninfo(
            host=str(self.socket), port=5432, user=self.user, password=self.password, dbname=database
        )

    def url_of(self, database: str) -> str:
        """The same as a URL, as a user would give it."""
        who = f"{quote(self.user)}:{quote(self.password)}"
        return f"postgresql://{who}@/{database}?host={quote(str(self.socket), safe='')}&port=5432"

    def environment(self, database: str) -> dict[str, str]:
        """For PostgreSQL's own programs, so that no password stands in a command line."""
        own = {"PGHOST": str(self.socket), "PGPORT": "5432", "PGUSER": self.user, "PGPASSWORD": self.password}
        return {**_clean_environment(), **own, "PGDATABASE": database}

    @classmethod
    @contextmanager
    def start(cls, folder: Path) -> Iterator[Server]:
        """Create a server below ``folder``, or below the system's temporary folder if its user cannot reach that.

        Raises PerfprofError if there is no PostgreSQL or it does not start.
        """
        who = account()
        home = _home(folder, who)
        try:
            binaries = within_reach(find_binaries(), who, home)
            with _guarded(binaries, who, home):
                server = _initialised(binaries, who, home)
                try:
                    _told(
                        [binaries["pg_ctl"], "start", *_where(home), "-w", "-s", "-t", str(_SLOWEST_START)],
                        who,
                        home,
                    )
                    yield server
                finally:
                    _quietly([binaries["pg_ctl"], "stop", *_where(home), "-m", "immediate", "-s"], who, home)
        finally:
            shutil.rmtree(home, ignore_errors=True)


def _home(folder: Path, who: Account) -> Path:
    """A new folder, 0700, of that user. Sockets have short names (107 bytes), so a deep folder will not do either."""
    usable = reachable(folder, who) and len(str(folder.absolute())) < 60
    home = Path(tempfile.mkdtemp(prefix="perfprof-pg-", dir=folder if usable else None))
    (home / "socket").mkdir(mode=0o700)
    if who.uid >= 0:
        for path in (home, home / "socket"):
            os.chown(path, who.uid, who.gid)
    return home


def _where(home: Path) -> list[str]:
    return ["-D", str(home / "data"), "-l", str(home / "log")]


def _initialised(binaries: Binaries, who: Account, home: Path) -> Server:
    user, password = "perfprof_" + secrets.token_hex(4), secrets.token_urlsafe(24)
    secret = home / "password"
    descriptor = os.open(secret, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(password)
    if who.uid >= 0:
        os.chown(secret, who.uid, who.gid)
    options = [
        "--username",
        user,
        "--pwfile",
        str(secret),
        "--auth",
        "scram-sha-256",
        "--encoding",
        "UTF8",
        "--no-locale",
    ]
    version = _version(binaries, who, home)
    if int(version.split(".")[0]) >= 18:
        options.append("--no-data-checksums")  # files without data are written by hand
    _told([binaries["initdb"], "-D", str(home / "data"), "--no-sync", "--no-instructions", *options], who, home)
    secret.unlink()
    socket = home / "socket"
    with (home / "data" / "postgresql.conf").open("a") as settings:
        settings.write(_SETTINGS.format(socket=str(socket).replace("'", "''")))
    return Server(socket, user, password, binaries, version)


def _version(binaries: Binaries, who: Account, home: Path) -> str:
    found = re.search(r"\d+(\.\d+)*", _told([binaries["pg_ctl"], "--version"], who, home))
    return found[0] if found is not None else "unknown"


@contextmanager
def _guarded(binaries: Binaries, who: Account, home: Path) -> Iterator[None]:
    """A process that outlives us by a moment; a session of its own, so that Ctrl-C does not reach it."""
    command = ["/bin/sh", "-c", _GUARD, "perfprof-guard", binaries["pg_ctl"], str(home / "data"), str(home)]
    guard = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
        env=_clean_environment(),
        **who.arguments,  # type: ignore[call-overload]
    )
    try:
        yield
    finally:
        guard.kill()
        guard.wait()
        assert guard.stdin is not None
        guard.stdin.close()


def _told(command: Sequence[str], who: Account, home: Path) -> str:
    """Run one of PostgreSQL's programs; what it complains of becomes our error."""
    log = home / "output"
    with log.open("w+") as output:  # not a pipe: the server would inherit and keep it
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd="/",
            env=_clean_environment(),
            check=False,
            **who.arguments,  # type: ignore[call-overload]
        )
        output.seek(0)
        text = output.read()
    if done.returncode:
        server = home / "log"
        words = (server.read_text(errors="replace") if server.exists() else text).strip().splitlines()[-3:]
        raise PerfprofError(f"PostgreSQL does not start: {' '.join(words)[:300]}", where=Path(command[0]).name)
    return text


def _quietly(command: Sequence[str], who: Account, home: Path) -> None:
    with suppress(PerfprofError, OSError):  # it has stopped already
        _told(command, who, home)


def _clean_environment() -> dict[str, str]:
    """Without the PG* variables of the user, which may point elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C"}
