"""Requests that the program makes: http.client (urllib, urllib3, requests), httpx and aiohttp, phase by phase."""

from __future__ import annotations

from ... import imports
from . import exchanges

_HOOKS = {  # module of the program, and ours that follows it
    "socket": "sockets.follow_socket",
    "ssl": "sockets.follow_ssl",
    "asyncio.base_events": "sockets.follow_asyncio",
    "http.client": "http_client.follow",
    "urllib3.connection": "http_client.follow_urllib3",
    "httpcore": "httpcore.follow",
    "aiohttp.client": "aiohttp.follow",
}


def arm() -> None:
    """Follow each library once the program has imported it."""
    exchanges.tally.arm()
    for library, hook in _HOOKS.items():
        imports.after(library, lambda hook=hook: _follow(hook))  # type: ignore[misc]


def _follow(hook: str) -> None:
    module, _, function = hook.partition(".")
    getattr(__import__(f"{__name__}.{module}", fromlist=[function]), function)()
