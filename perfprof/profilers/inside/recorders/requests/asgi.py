"""Servers of ASGI applications: the application they call is wrapped, what it sends is not changed."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from ...serving import Request, current

Application = Callable[..., Any]


def follow_uvicorn() -> None:
    """uvicorn, also as a worker of gunicorn."""
    config: Any = sys.modules["uvicorn.config"].Config
    load = config.load

    @functools.wraps(load)
    def recorded(self: Any) -> Any:
        result = load(self)
        self.loaded_app = wrap(self.loaded_app, "uvicorn")
        return result

    config.load = recorded


def follow_hypercorn() -> None:
    """hypercorn: its wrapper of ASGI applications."""
    wrapper: Any = sys.modules["hypercorn.app_wrappers"].ASGIWrapper
    begin = wrapper.__init__

    @functools.wraps(begin)
    def recorded(self: Any, *arguments: Any, **named: Any) -> None:
        begin(self, *arguments, **named)
        self.app = wrap(self.app, "hypercorn")

    wrapper.__init__ = recorded


def wrap(application: Application, server: str) -> Application:
    """The application, each HTTP request to it noted unless somebody outside of it does so already."""

    async def recorded(scope: Any, receive: Any, send: Any) -> Any:
        if scope.get("type") != "http" or current.get() is not None:
            return await application(scope, receive, send)
        return await serve(application, server, scope, receive, send)

    return recorded


async def serve(application: Application, server: str, scope: Any, receive: Any, send: Any) -> Any:
    """Call the application and note the request when it has sent its last part."""
    request = Request(server, str(scope.get("method", "")), str(scope.get("path", "")))

    async def sending(message: Any) -> None:
        kind = message.get("type")
        if kind == "http.response.start":
            request.status = message.get("status", 0)
        elif kind == "http.response.body":
            request.size += len(message.get("body", b""))
        await send(message)
        if kind == "http.response.body" and not message.get("more_body", False):
            request.answered()

    try:
        return await application(scope, receive, sending)
    except BaseException as error:
        request.failed(error)
        raise
    finally:
        request.leave()
        request.answered()
