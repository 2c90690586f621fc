"""What a replayed call may not do: touch the outside, or run for ever.

An audit hook refuses effects before they happen (files opened for writing, connections, processes, databases);
a CPU timer ends a call that takes too long. Both raise exceptions that ``except Exception`` does not catch, and
leave a note for the case that a bare ``except`` did.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_EFFECTS = {
    "os": "chflags chmod chown exec fork forkpty kill killpg link mkdir posix_spawn putenv remove rename rmdir setxattr"
    " removexattr spawn startfile symlink system truncate unsetenv utime",
    "shutil": "chown copyfile copymode copystat copytree make_archive move rmtree unpack_archive",
    "socket": "bind connect getaddrinfo gethostbyname sendmsg sendto",
    "signal": "pthread_kill",
    "smtplib": "connect send",
    "sqlite3": "connect",
    "subprocess": "Popen",
    "syslog": "openlog syslog",
    "tempfile": "mkdtemp mkstemp",
    "urllib": "Request",
    "webbrowser": "open",
}
_REFUSED = frozenset(f"{module}.{name}" for module, names in _EFFECTS.items() for name in names.split())
# These connect in C, where no audit event tells of it.
_DRIVERS = (
    ("psycopg.generators", "connect"),
    ("psycopg2", "_connect"),
    ("MySQLdb", "connect"),
    ("mariadb", "connect"),
    ("pyodbc", "connect"),
    ("oracledb", "connect"),
    ("cx_Oracle", "connect"),
    ("pymssql", "connect"),
    ("duckdb", "connect"),
)
_DRIVER_NAMES = frozenset(name.partition(".")[0] for name, _ in _DRIVERS)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def open_connection() -> str:
    """The type of a database connection that the program opened when it was imported, or empty.

    What runs on it is not seen by the fence.
    """
    if _connection():
        gc.collect()  # closed ones linger in cycles
    return _connection()


def _connection() -> str:
    drivers = {"sqlite3", *_DRIVER_NAMES}
    for item in gc.get_objects():
        kind = type(item)
        if "onnection" in kind.__name__ and kind.__module__.partition(".")[0] in drivers:
            return f"{kind.__module__}.{kind.__name__}"
    return ""


class Refused(BaseException):
    """The call was about to touch the outside, or took too long."""


class Fence:
    """One a process, because an audit hook cannot be taken back. note: why the running call was stopped, or empty."""

    def __init__(self) -> None:
        self.note = ""
        self._closed = False
        sys.addaudithook(self._audit)
        self._timed = hasattr(signal, "setitimer")
        if self._timed:
            signal.signal(signal.SIGPROF, self._late)

    @contextmanager
    def around(self, seconds: float) -> Iterator[None]:
        """Watch one call; ``seconds`` of CPU time at most."""
        self.note = ""
        self._shut_drivers()
        if self._timed:
            signal.setitimer(signal.ITIMER_PROF, seconds, 0.25)
        self._closed = True
        try:
            yield
        except Refused as refused:
            self.note = self.note or str(refused)
        finally:
            self._closed = False
            if self._timed:
                signal.setitimer(signal.ITIMER_PROF, 0)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._closed:
            return
        if event == "open":
            if _for_writing(arguments):
                self._stop(f"opens {arguments[0]!s} for writing")
        elif event == "import" and str(arguments[0]).partition(".")[0] in _DRIVER_NAMES:
            self._stop(f"imports {arguments[0]}")  # and would connect before its connect can be replaced
        elif event in _REFUSED and not (event == "sqlite3.connect" and arguments[:1] == (":memory:",)):
            self._stop(f"does {event}")

    def _shut_drivers(self) -> None:
        for name, attribute in _DRIVERS:
            module = sys.modules.get(name)
            connect = getattr(module, attribute, None)
            if connect is not None and not hasattr(connect, "refuses"):
                setattr(module, attribute, self._refusing(name, connect))

    def _refusing(self, name: str, connect: Callable[..., Any]) -> Callable[..., Any]:
        def refusing(*args: Any, **kwargs: Any) -> Any:
            if self._closed:
                self._stop(f"does {name.partition('.')[0]}.connect")
            return connect(*args, **kwargs)

        refusing.refuses = True  # type: ignore[attr-defined]
        return refusing

    def _late(self, number: int, frame: object) -> None:
        if self._closed:
            self._stop("took too long")

    def _stop(self, why: str) -> None:
        self.note = self.note or why
        raise Refused(why)


def _for_writing(arguments: tuple[Any, ...]) -> bool:
    path, mode, flags = (*arguments, None, None, None)[:3]
    if path == os.devnull:
        return False
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return isinstance(flags, int) and bool(flags & _WRITES)
