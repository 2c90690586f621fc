"""What a replayed call may not do: touch the outside, or run for ever.

An audit hook refuses effects before they happen (files opened for writing, connections, processes, databases);
a CPU timer ends a call that takes too long. Both raise exceptions that ``except Exception`` does not catch, and
leave a note for the case that a bare ``except`` did.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_REFUSED = frozenset(
    {
        "os.chflags",
        "os.chmod",
        "os.chown",
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.kill",
        "os.killpg",
        "os.link",
        "os.mkdir",
        "os.posix_spawn",
        "os.putenv",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.setxattr",
        "os.removexattr",
        "os.spawn",
        "os.startfile",
        "os.symlink",
        "os.system",
        "os.truncate",
        "os.unsetenv",
        "os.utime",
    }
    | {
        "shutil.chown",
        "shutil.copyfile",
        "shutil.copymode",
        "shutil.copystat",
        "shutil.copytree",
        "shutil.make_archive",
        "shutil.move",
        "shutil.rmtree",
        "shutil.unpack_archive",
    }
    | {"signal.pthread_kill"}
    | {"smtplib.connect", "smtplib.send"}
    | {
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "socket.sendmsg",
        "socket.sendto",
    }
    | {"sqlite3.connect"}
    | {"subprocess.Popen"}
    | {"syslog.openlog", "syslog.syslog"}
    | {"tempfile.mkdtemp", "tempfile.mkstemp"}
    | {"telnetlib.Telnet.open"}
    | {"ftplib.connect"}
    | {"imaplib.open"}
    | {"nntplib.connect"}
    | {"poplib.connect"}
    | {"urllib.Request"}
    | {"webbrowser.open"}
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


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
        elif event in _REFUSED and not (event == "sqlite3.connect" and arguments[:1] == (":memory:",)):
            self._stop(f"does {event}")

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
