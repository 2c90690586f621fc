"""Name look-ups and TLS handshakes, booked on the exchange that needs them."""

from __future__ import annotations

import functools
import sys
from time import perf_counter
from typing import Any

from .exchanges import add, current


def follow_socket() -> None:
    """``socket.getaddrinfo``, which http.client, urllib3 and httpx's synchronous side call."""
    socket: Any = sys.modules["socket"]
    look_up = socket.getaddrinfo

    @functools.wraps(look_up)
    def recorded(*arguments: Any, **named: Any) -> Any:
        if current.get() is None:
            return look_up(*arguments, **named)
        start = perf_counter()
        try:
            return look_up(*arguments, **named)
        finally:
            add("dns", perf_counter() - start)

    socket.getaddrinfo = recorded


def follow_ssl() -> None:
    """The handshake of a connected socket."""
    ssl: Any = sys.modules["ssl"]
    wrap = ssl.SSLContext.wrap_socket

    @functools.wraps(wrap)
    def recorded(*arguments: Any, **named: Any) -> Any:
        if current.get() is None:
            return wrap(*arguments, **named)
        start = perf_counter()
        try:
            return wrap(*arguments, **named)
        finally:
            add("tls", perf_counter() - start)

    ssl.SSLContext.wrap_socket = recorded


def follow_asyncio() -> None:
    """The look-up of an event loop, which runs in another thread: the task that waits for it knows the exchange."""
    loop: Any = sys.modules["asyncio.base_events"].BaseEventLoop
    look_up = loop.getaddrinfo

    @functools.wraps(look_up)
    async def recorded(*arguments: Any, **named: Any) -> Any:
        if current.get() is None:
            return await look_up(*arguments, **named)
        start = perf_counter()
        try:
            return await look_up(*arguments, **named)
        finally:
            add("dns", perf_counter() - start)

    loop.getaddrinfo = recorded
