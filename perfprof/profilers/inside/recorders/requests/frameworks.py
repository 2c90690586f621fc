"""Flask, Starlette, FastAPI and aiohttp: which route it is, and the request itself where no server told of it."""

from __future__ import annotations

import functools
import sys
from typing import Any

from ...places import NOWHERE
from ...serving import Request, current
from . import asgi, wsgi


def follow_flask() -> None:
    """Flask: ``wsgi_app`` is what servers and its test client end at; ``dispatch_request`` knows the rule."""
    module: Any = sys.modules["flask.app"]
    flask: Any = module.Flask
    application, dispatch = flask.wsgi_app, flask.dispatch_request

    @functools.wraps(application)
    def recorded(self: Any, environ: Any, start_response: Any) -> Any:
        if current.get() is not None:
            return application(self, environ, start_response)
        return wsgi.serve(functools.partial(application, self), "flask", environ, start_response)

    @functools.wraps(dispatch)
    def dispatched(self: Any, *arguments: Any, **named: Any) -> Any:
        request = current.get()
        if request is not None:
            try:
                rule = sys.modules["flask"].request.url_rule
                if rule is not None:
                    request.place = NOWHERE
                    request.handled_by(rule.rule, self.view_functions.get(rule.endpoint))
            except Exception:  # another version
                pass
        return dispatch(self, *arguments, **named)

    flask.wsgi_app, flask.dispatch_request = recorded, dispatched


def follow_starlette() -> None:
    """Starlette and FastAPI under a server that we do not know, or a test client."""
    starlette: Any = sys.modules["starlette.applications"].Starlette
    call = starlette.__call__

    @functools.wraps(call)
    async def recorded(self: Any, scope: Any, receive: Any, send: Any) -> None:
        if scope.get("type") != "http" or current.get() is not None:
            await call(self, scope, receive, send)
        else:
            await asgi.serve(functools.partial(call, self), "starlette", scope, receive, send)

    starlette.__call__ = recorded


def follow_routes() -> None:
    """The route that Starlette chose."""
    _follow_route(sys.modules["starlette.routing"].Route)


def follow_fastapi() -> None:
    """FastAPI's route, where it has a ``handle`` of its own."""
    route = sys.modules["fastapi.routing"].APIRoute
    if "handle" in vars(route):
        _follow_route(route)


def _follow_route(route: Any) -> None:
    handle = route.handle

    @functools.wraps(handle)
    async def recorded(self: Any, scope: Any, receive: Any, send: Any) -> Any:
        request = current.get()
        if request is not None:
            try:
                mounted = scope.get("root_path", "").removeprefix(scope.get("app_root_path", ""))
                request.handled_by(mounted + self.path, self.endpoint)
            except Exception:
                pass
        return await handle(self, scope, receive, send)

    route.handle = recorded


def follow_aiohttp() -> None:
    """aiohttp's server is its own framework."""
    application: Any = sys.modules["aiohttp.web_app"].Application
    handle = application._handle

    @functools.wraps(handle)
    async def recorded(self: Any, asked: Any) -> Any:
        if current.get() is not None:
            return await handle(self, asked)
        request = Request("aiohttp", asked.method, asked.path)
        try:
            answer = await handle(self, asked)
            request.status = getattr(answer, "status", 0)
            request.size = getattr(answer, "content_length", 0) or 0
            return answer
        except BaseException as error:
            request.status = getattr(error, "status", 0)
            request.failed(error)
            raise
        finally:
            matched = getattr(asked, "match_info", None)
            resource = getattr(getattr(matched, "route", None), "resource", None)
            if resource is not None:
                request.handled_by(resource.canonical, matched.handler)  # type: ignore[union-attr]
            request.leave()
            request.answered()

    application._handle = recorded
