"""One request of the program's and its answer, phase by phase."""

from __future__ import annotations

from contextvars import ContextVar
from time import perf_counter
from typing import Any

from ...endpoints import template
from ...places import Place, place
from ...tallies import Tally

PHASES = ("dns", "connect", "tls", "first_byte", "body")

tally = Tally("network", sums=len(PHASES) + 3)
current: ContextVar[Exchange | None] = ContextVar("perfprof_exchange", default=None)


class Exchange:
    """Phases in seconds: dns, connect, tls, first byte (from the connection being there), body. Noted once.

    It is noted when the library says that the body is over, else when nobody holds it any more.
    """

    __slots__ = ("_done", "_place", "_start", "_target", "got", "opened", "phases", "size")

    def __init__(self, library: str, method: str, base: str, path: str, *, depth: int = 1) -> None:
        self._target = (library, method, base + template(path))
        self._place: Place = place(depth + 1)
        self.phases = dict.fromkeys(PHASES, 0.0)
        self.opened = False
        self.size = 0
        self.got = 0.0  # perf_counter at which the head of the answer was there
        self._done = False
        self._start = perf_counter()

    def answered(self, size: int = 0) -> None:
        """The head of the answer is there, and announces so many bytes."""
        self.got = perf_counter()
        self.size = size
        waited = sum(self.phases[name] for name in ("dns", "connect", "tls"))
        self.phases["first_byte"] = max(self.got - self._start - waited, 0.0)

    def finish(self, *, failed: bool = False) -> None:
        """The body is over, or there is none."""
        if self._done:
            return
        self._done = True
        now = perf_counter()
        if self.got:
            self.phases["body"] = now - self.got
        self._note(now - self._start, failed or not self.got)

    def _note(self, seconds: float, failed: bool) -> None:
        figures = (*self.phases.values(), int(self.opened), int(failed), self.size)
        tally.note(self._target, self._place, seconds, *figures)

    def __del__(self) -> None:
        try:
            if not self._done:
                self._done = True
                self._note(self.phases["first_byte"] + sum(list(self.phases.values())[:3]), not self.got)
        except Exception:  # the interpreter is going down
            pass


def add(phase: str, seconds: float) -> None:
    """Time of a phase, measured deep down, of the exchange that this thread or task is about."""
    exchange = current.get()
    if exchange is not None:
        exchange.phases[phase] += seconds


def announced(value: Any) -> int:
    """A Content-Length as a number; 0 if it says none."""
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value or "")
    return int(text) if text.isdigit() else 0
