"""Requests that the program serves: WSGI, ASGI, Django, and aiohttp's server.

A server's hook sees each request from outside all middleware; the framework's hook names the route. Where no server
that we know is there (a test client), the framework's hook sees the request itself.
"""

from __future__ import annotations

import os

from ... import imports, serving

_HOOKS = {  # module of the program, and ours with the function that follows it
    "wsgiref.handlers": ("wsgi", "follow_wsgiref"),
    "gunicorn.workers.base": ("wsgi", "follow_gunicorn"),
    "werkzeug.serving": ("wsgi", "follow_werkzeug"),
    "waitress.server": ("wsgi", "follow_waitress"),
    "uvicorn.config": ("asgi", "follow_uvicorn"),
    "hypercorn.utils": ("asgi", "follow_hypercorn"),
    "flask.app": ("frameworks", "follow_flask"),
    "starlette.applications": ("frameworks", "follow_starlette"),
    "starlette.routing": ("frameworks", "follow_routes"),
    "fastapi.routing": ("frameworks", "follow_fastapi"),
    "django.core.handlers.base": ("django", "follow"),
    "aiohttp.web_app": ("frameworks", "follow_aiohttp"),
}


def arm() -> None:
    """Follow each server and framework once the program has imported it."""
    serving.tally.arm()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=serving.forked)
    for library, (module, function) in _HOOKS.items():
        imports.after(library, lambda module=module, function=function: _follow(module, function))  # type: ignore[misc]


def _follow(module: str, function: str) -> None:
    getattr(__import__(f"{__name__}.{module}", fromlist=[function]), function)()
