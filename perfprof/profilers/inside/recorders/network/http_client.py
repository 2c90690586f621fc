"""http.client, on which urllib and urllib3 (and so requests) stand: one exchange from request line to end of body."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

from .exchanges import Exchange, announced, current

_NAME = "_perfprof_exchange"


def follow() -> None:
    """The request line begins an exchange, the head of the answer and the end of its body go on with it."""
    client: Any = sys.modules["http.client"]
    connection, response = client.HTTPConnection, client.HTTPResponse
    connection.putrequest = _beginning(connection.putrequest)
    connection.getresponse = _answering(connection.getresponse)
    connection.connect = _connecting(connection.connect)
    client.HTTPSConnection.connect = _connecting(client.HTTPSConnection.connect)
    response._close_conn = _ending(response._close_conn)


def follow_urllib3() -> None:
    """urllib3 connects in its own way."""
    module: Any = sys.modules["urllib3.connection"]
    for kind in (module.HTTPConnection, module.HTTPSConnection):
        if "connect" in vars(kind):
            kind.connect = _connecting(vars(kind)["connect"])


def _beginning(put: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(put)
    def recorded(self: Any, method: str, url: str, *rest: Any, **named: Any) -> Any:
        try:
            before = self.__dict__.pop(_NAME, None)
            self.__dict__[_NAME] = _begin(self, method, url, before)
        except Exception:  # an object made in an unusual way
            pass
        return put(self, method, url, *rest, **named)

    return recorded


def _begin(connection: Any, method: str, url: str, before: Any) -> Exchange:
    """The exchange; a connection that was opened beforehand gives what that took to its first one."""
    secure = hasattr(connection, "_context") or type(connection).__name__.startswith("HTTPS")
    scheme = "https" if secure else "http"
    path = url if url.startswith("/") else "/" + url.partition("://")[2].partition("/")[2]
    library = "urllib3" if type(connection).__module__.startswith("urllib3") else "http.client"
    exchange = Exchange(library, method, f"{scheme}://{connection.host}:{connection.port}", path, depth=2)
    if isinstance(before, _Opening):
        before.give_to(exchange)
    return exchange


class _Opening(Exchange):
    """A connection that is opened before there is a request on it."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("", "", "", "")
        self._done = True  # it is never noted itself

    def give_to(self, exchange: Exchange) -> None:
        exchange.opened = True
        exchange.phases.update(self.phases)
        exchange._start -= sum(self.phases.values())


def _connecting(connect: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(connect)
    def recorded(self: Any, *arguments: Any, **named: Any) -> Any:
        exchange = self.__dict__.get(_NAME)
        if exchange is None:
            exchange = self.__dict__[_NAME] = _Opening()
        if current.get() is exchange:  # HTTPS calls the connect of HTTP
            return connect(self, *arguments, **named)
        token = current.set(exchange)
        start = perf_counter()
        try:
            return connect(self, *arguments, **named)
        finally:
            current.reset(token)
            exchange.opened = True
            took = perf_counter() - start - exchange.phases["dns"] - exchange.phases["tls"]
            exchange.phases["connect"] += max(took, 0.0)

    return recorded


def _answering(get: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(get)
    def recorded(self: Any, *arguments: Any, **named: Any) -> Any:
        exchange = self.__dict__.pop(_NAME, None)
        answer = get(self, *arguments, **named)
        if isinstance(exchange, Exchange):
            exchange.answered(announced(answer.headers.get("content-length")))
            held = getattr(answer, "_original_response", answer)  # urllib3 has one around it
            try:
                held._perfprof_exchange = exchange
            except AttributeError:
                pass
        return answer

    return recorded


def _ending(close: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(close)
    def recorded(self: Any) -> Any:
        exchange = self.__dict__.pop(_NAME, None)
        if exchange is not None:
            exchange.finish()
        return close(self)

    return recorded
