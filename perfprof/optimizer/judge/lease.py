"""Who may use the cores: all perfprofs of a user share them, and what measures at the end has the machine to itself.

Each core is a file that one holder locks (``flock``): the kernel lets go of it when a process ends, however it ends,
so there is nothing stale to recover. While searching, a judge holds one core; whoever measures at the end closes the
gate, so that no new search begins, and takes all cores in order. Nobody waits while holding a core, so nobody waits
for ever; and nobody waits longer than ``PATIENCE``.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from perfprof.optimizer.judge.processes import TOKEN
from perfprof.profilers.environment import cores

try:
    import fcntl
except ImportError:  # no such locks on this system: everybody measures as he likes
    fcntl = None  # type: ignore[assignment]

PATIENCE = 900.0  # seconds
_LOOK_EVERY = 0.05  # seconds
Tell = Callable[[str], None]


def _silent(text: str) -> None:
    return None


class Lease:
    """The cores of this machine. folder: private to the user; None for the usual one. count: cores, 0 for all."""

    def __init__(
        self, folder: Path | None = None, *, count: int = 0, patience: float = PATIENCE, tell: Tell = _silent
    ) -> None:
        self._folder = _usable(folder or Path(tempfile.gettempdir()) / f"perfprof-cores-{_user()}")
        self._count = count or cores()
        self._patience = patience
        self._tell = tell

    @contextlib.contextmanager
    def core(self) -> Iterator[bool]:
        """One core to search on. False: nobody could be asked, or it took too long; it goes on all the same."""
        with contextlib.ExitStack() as held:
            yield self._waited(
                lambda: self._open_gate() and any(self._take(held, f"core-{n}") for n in self._cores())
            )

    @contextlib.contextmanager
    def machine(self) -> Iterator[bool]:
        """All cores, to measure alone. False as for ``core``."""
        with contextlib.ExitStack() as held:
            wanted = ["gate", *(f"core-{number}" for number in self._cores())]

            def more() -> bool:
                while wanted and self._take(held, wanted[0]):
                    wanted.pop(0)
                return not wanted

            yield self._waited(more)

    def _cores(self) -> range:
        return range(self._count)

    def _open_gate(self) -> bool:
        with contextlib.ExitStack() as briefly:
            return self._take(briefly, "gate")

    def _waited(self, attempt: Callable[[], bool]) -> bool:
        if self._folder is None or TOKEN in os.environ:  # judged ourselves: our judge has the lease
            return False
        begun, told = time.monotonic(), False
        while not attempt():
            if time.monotonic() - begun > self._patience:
                return False
            if not told and time.monotonic() - begun > 1:
                self._tell("waiting for another perfprof that is measuring")
                told = True
            time.sleep(_LOOK_EVERY)
        return True

    def _take(self, held: contextlib.ExitStack, name: str) -> bool:
        """Lock one file until ``held`` is closed; False if somebody else has it."""
        assert self._folder is not None
        try:
            descriptor = os.open(self._folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return True  # the folder is gone: better to measure in company than not at all
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            return not isinstance(error, BlockingIOError)
        held.callback(os.close, descriptor)
        return True


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else "user"


def _usable(folder: Path) -> Path | None:
    """The folder if it is ours alone, made if need be; None where there are no locks."""
    if fcntl is None:
        return None
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        state = folder.lstat()
    except OSError:
        return None
    return folder if stat.S_ISDIR(state.st_mode) and state.st_uid == os.getuid() else None
