"""The request that is being served: known to whatever else is recorded, in its thread or task."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from time import perf_counter
from typing import Any

from .endpoints import template
from .places import NOWHERE, Place, place_of
from .tallies import Tally

current: ContextVar[Request | None] = ContextVar("perfprof_request", default=None)
on_begin: Callable[[Request], Callable[[], None] | None] | None = None  # call trees: what is given ends the tree
tally = Tally("requests", sums=4)
under_way = 0  # requests under way in this process


class Request:
    """One request from its arrival until its last byte was handed over."""

    __slots__ = (
        "_end",
        "_token",
        "active",
        "connections",
        "method",
        "path",
        "place",
        "queries",
        "query_seconds",
        "route",
        "server",
        "size",
        "start",
        "status",
    )

    def __init__(self, server: str, method: str, path: str) -> None:
        global under_way
        under_way += 1
        self.active = under_way
        self.server, self.method, self.path = server, method, path
        self.route = ""
        self.place: Place = NOWHERE
        self.status, self.size = 0, 0
        self.queries, self.query_seconds, self.connections = 0, 0.0, 0
        self._token: Any = current.set(self)
        self._end = on_begin(self) if on_begin is not None else None
        self.start = perf_counter()

    def leave(self) -> None:
        """What comes now in this thread or task is no longer done for this request."""
        token, self._token = self._token, None
        end, self._end = self._end, None
        if end is not None:
            end()
        if token is not None:
            try:
                current.reset(token)
            except ValueError:  # another context: it is thrown away with what it holds
                pass

    def failed(self, error: BaseException) -> None:
        """It ended with an exception; 499 stands for a client that went away, as in the logs of nginx."""
        self.status = self.status or (500 if isinstance(error, Exception) else 499)

    def answered(self) -> None:
        """The answer is out, or the handler has raised (``status`` is 0 then). Only the first time counts."""
        global under_way
        if not self.start:
            return
        seconds, self.start = perf_counter() - self.start, 0.0
        under_way -= 1
        key = (self.method, self.route or template(self.path), self.status or 500, self.server)
        asked = self.queries, self.query_seconds, self.connections
        tally.note(key, self.place, seconds, self.size, *asked, most=self.active)

    def handled_by(self, route: str, function: Any) -> None:
        """What the framework's router says: the template of the route, and who serves it."""
        self.route = self.route or route
        if function is not None and not self.place:
            self.place = place_of(function)


def queried(seconds: float) -> None:
    """The request ran a statement."""
    request = current.get()
    if request is not None:
        request.queries += 1
        request.query_seconds += seconds


def waited(seconds: float) -> None:
    """For the rows of a statement that it ran."""
    request = current.get()
    if request is not None:
        request.query_seconds += seconds


def connected() -> None:
    """The request opened a connection to a database, or took one from a pool."""
    request = current.get()
    if request is not None:
        request.connections += 1


def forked() -> None:
    """Requests under way belong to the parent."""
    global under_way
    under_way = 0
