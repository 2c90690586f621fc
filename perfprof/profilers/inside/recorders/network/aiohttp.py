"""aiohttp's client: a trace configuration of ours beside the program's."""

from __future__ import annotations

import functools
import sys
from time import perf_counter
from typing import Any

from .exchanges import Exchange, announced


def follow() -> None:
    """Each session gets our configuration as it is made."""
    session: Any = sys.modules["aiohttp.client"].ClientSession
    begin = session.__init__

    @functools.wraps(begin)
    def recorded(self: Any, *arguments: Any, **named: Any) -> None:
        try:
            named["trace_configs"] = [*(named.get("trace_configs") or ()), _configuration()]
        except Exception:  # another version
            pass
        begin(self, *arguments, **named)

    session.__init__ = recorded


def _configuration() -> Any:
    config = sys.modules["aiohttp.tracing"].TraceConfig()
    config.on_request_start.append(_started)
    config.on_dns_resolvehost_start.append(_since("dns_since"))
    config.on_dns_resolvehost_end.append(_resolved)
    config.on_connection_create_start.append(_since("connect_since"))
    config.on_connection_create_end.append(_connected)
    config.on_request_end.append(_answered)
    config.on_request_exception.append(_failed)
    config.on_response_chunk_received.append(_received)
    return config


async def _started(session: Any, context: Any, told: Any) -> None:
    url = told.url
    port = f":{url.port}" if url.port else ""
    context.perfprof = Exchange("aiohttp", told.method, f"{url.scheme}://{url.host}{port}", url.path)


def _since(name: str) -> Any:
    async def note(session: Any, context: Any, told: Any) -> None:
        setattr(context, name, perf_counter())

    return note


async def _resolved(session: Any, context: Any, told: Any) -> None:
    context.perfprof.phases["dns"] += perf_counter() - context.dns_since


async def _connected(session: Any, context: Any, told: Any) -> None:
    """The handshake of TLS is part of it: aiohttp does not tell them apart."""
    exchange = context.perfprof
    exchange.opened = True
    exchange.phases["connect"] += max(perf_counter() - context.connect_since - exchange.phases["dns"], 0.0)


async def _answered(session: Any, context: Any, told: Any) -> None:
    context.perfprof.answered(announced(told.response.headers.get("Content-Length")))


async def _failed(session: Any, context: Any, told: Any) -> None:
    context.perfprof.finish(failed=True)


async def _received(session: Any, context: Any, told: Any) -> None:
    """The body was read as one; one that is read piece by piece is not told of, and ends with its response."""
    if context.perfprof.got:
        context.perfprof.finish()
