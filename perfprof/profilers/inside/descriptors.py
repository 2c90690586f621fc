"""File descriptors of ours that a program must not notice, and that it may close without noticing either."""

from __future__ import annotations

import os

try:
    from fcntl import F_DUPFD_CLOEXEC as _DUPLICATE
    from fcntl import fcntl as _fcntl
except ImportError:  # Windows
    _fcntl = None  # type: ignore[assignment]

_FROM = 700  # below 1024, which is what select() takes and many a limit of open files is


def out_of_the_way(fd: int) -> int:
    """The same file under a high number, and the low one free again; where none is allowed, as it was."""
    if _fcntl is None:
        return fd
    for least in (_FROM, _FROM // 4):
        try:
            high = _fcntl(fd, _DUPLICATE, least)
        except OSError:  # more than this process may have
            continue
        os.close(fd)
        return high
    return fd


def identity(fd: int) -> tuple[int, int] | None:
    """Device and number of the file behind a descriptor; None if there is none, or its last name is gone."""
    try:
        found = os.fstat(fd)
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found.st_nlink else None
