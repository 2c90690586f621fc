"""Whether processes have ended: what nobody has waited for (an orphan where no init reaps) has ended, too."""

from __future__ import annotations

import time
from collections.abc import Iterable

import psutil

PATIENCE = 30.0  # seconds that a busy machine may take to end what was told to


def ended(pids: Iterable[int]) -> bool:
    """Whether all of them are gone, at the latest after ``PATIENCE``."""
    until, left = time.monotonic() + PATIENCE, list(pids)
    while (left := [pid for pid in left if _alive(pid)]) and time.monotonic() < until:
        time.sleep(0.05)
    return not left


def _alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
