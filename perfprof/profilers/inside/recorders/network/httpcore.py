"""httpx, and whoever else uses httpcore: its own trace extension tells each phase."""

from __future__ import annotations

import functools
import sys
from time import perf_counter
from typing import Any

from .exchanges import Exchange, announced, current

_PHASES = {"connect_tcp": "connect", "connect_unix_socket": "connect", "start_tls": "tls"}


def follow() -> None:
    """Both pools, with and without await."""
    httpcore: Any = sys.modules["httpcore"]
    pool, pool_async = httpcore.ConnectionPool, httpcore.AsyncConnectionPool
    handle, handle_async = pool.handle_request, pool_async.handle_async_request

    @functools.wraps(handle)
    def recorded(self: Any, request: Any) -> Any:
        trace = _begin(request)
        token = current.set(trace.exchange)
        try:
            return handle(self, request)
        except BaseException:
            trace.exchange.finish(failed=True)
            raise
        finally:
            current.reset(token)

    @functools.wraps(handle_async)
    async def recorded_async(self: Any, request: Any) -> Any:
        trace = _begin(request, asynchronous=True)
        token = current.set(trace.exchange)
        try:
            return await handle_async(self, request)
        except BaseException:
            trace.exchange.finish(failed=True)
            raise
        finally:
            current.reset(token)

    pool.handle_request, pool_async.handle_async_request = recorded, recorded_async


def _begin(request: Any, *, asynchronous: bool = False) -> _Trace:
    url = request.url
    host, scheme, path = (part.decode("ascii", "replace") for part in (url.host, url.scheme, url.target))
    port = url.port or {"http": 80, "https": 443}.get(scheme, 0)
    method = request.method.decode("ascii", "replace")
    trace = _Trace(
        Exchange("httpcore", method, f"{scheme}://{host}:{port}", path, depth=2), request.extensions.get("trace")
    )
    extended = trace.awaited if asynchronous else trace.called
    request.extensions = {**request.extensions, "trace": extended}
    return trace


class _Trace:
    """What httpcore calls at each step; the program's own trace is called, too."""

    def __init__(self, exchange: Exchange, found: Any) -> None:
        self.exchange, self._found = exchange, found
        self._since = 0.0

    def called(self, event: str, info: Any) -> None:
        """For the synchronous pool."""
        self._take(event, info)
        if self._found is not None:
            self._found(event, info)

    async def awaited(self, event: str, info: Any) -> None:
        """For the asynchronous pool."""
        self._take(event, info)
        if self._found is not None:
            await self._found(event, info)

    def _take(self, event: str, info: Any) -> None:
        try:
            _, step, state = event.split(".")
            if step in _PHASES:
                self._phase(_PHASES[step], state)
            elif step == "receive_response_headers" and state == "complete":
                self.exchange.answered(_length(info.get("return_value")))
            elif step == "response_closed" and state == "complete":
                self.exchange.finish()
        except Exception:  # another version
            pass

    def _phase(self, phase: str, state: str) -> None:
        if state == "started":
            self._since = perf_counter()
            return
        phases = self.exchange.phases
        inner = phases["dns"] if phase == "connect" else phases["tls"]
        phases[phase] += max(perf_counter() - self._since - inner, 0.0)
        self.exchange.opened = True


def _length(value: Any) -> int:
    """Content-Length among the headers that httpcore returns (version, status, reason, headers, ...)."""
    for part in value or ():
        if isinstance(part, list):
            for name, content in part:
                if name.lower() == b"content-length":
                    return announced(content)
    return 0
