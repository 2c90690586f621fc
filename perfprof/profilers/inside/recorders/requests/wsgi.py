"""Servers of WSGI applications: the application they call is wrapped, its answer is not changed."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any

from ...serving import Request, current

Application = Callable[..., Any]


def follow_wsgiref() -> None:
    """wsgiref, and Django's runserver, which is built on it."""
    handler: Any = sys.modules["wsgiref.handlers"].BaseHandler
    run = handler.run

    @functools.wraps(run)
    def recorded(self: Any, application: Application) -> Any:
        return run(self, wrap(application, "wsgiref"))

    handler.run = recorded


def follow_gunicorn() -> None:
    """gunicorn's own workers; workers of others bring servers of their own."""
    worker: Any = sys.modules["gunicorn.workers.base"].Worker
    load = worker.load_wsgi

    @functools.wraps(load)
    def recorded(self: Any) -> Any:
        result = load(self)
        module = type(self).__module__
        if module.startswith("gunicorn.workers.") and "asgi" in module:
            from .asgi import wrap as wrap_async

            self.wsgi = wrap_async(self.wsgi, "gunicorn")
        elif module.startswith("gunicorn.workers."):
            self.wsgi = wrap(self.wsgi, "gunicorn")
        return result

    worker.load_wsgi = recorded


def follow_werkzeug() -> None:
    """``flask run`` and ``run_simple``."""
    server: Any = sys.modules["werkzeug.serving"].BaseWSGIServer
    _after_init(server, "werkzeug", "app")


def follow_waitress() -> None:
    """waitress."""
    server: Any = sys.modules["waitress.server"].BaseWSGIServer
    _after_init(server, "waitress", "application")


def _after_init(server: Any, name: str, attribute: str) -> None:
    begin = server.__init__

    @functools.wraps(begin)
    def recorded(self: Any, *arguments: Any, **named: Any) -> None:
        begin(self, *arguments, **named)
        setattr(self, attribute, wrap(getattr(self, attribute), name))

    server.__init__ = recorded


def wrap(application: Application, server: str) -> Application:
    """The application, each of its calls noted unless somebody outside of it does so already."""
    if isinstance(application, _Application):
        return application
    return _Application(application, server)


class _Application:
    """Stands in for the application, whose attributes it has."""

    def __init__(self, application: Application, server: str) -> None:
        self.__wrapped__ = application
        self._server = server

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__wrapped__, name)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if current.get() is not None:
            return self.__wrapped__(environ, start_response)
        return serve(self.__wrapped__, self._server, environ, start_response)


def serve(application: Application, server: str, environ: dict[str, Any], start_response: Any) -> Any:
    """Call the application and note the request when its body has been read to the end."""
    request = Request(server, str(environ.get("REQUEST_METHOD", "")), str(environ.get("PATH_INFO", "")))
    if not request.place and not hasattr(application, "wsgi_app"):
        request.handled_by("", application)

    def started(status: str, headers: Any, *info: Any) -> Any:
        request.status = int(status[:3]) if status[:3].isdigit() else 0
        request.size = _announced(headers)
        return start_response(status, headers, *info)

    try:
        result = application(environ, started)
    except BaseException as error:
        request.failed(error)
        request.leave()
        request.answered()
        raise
    if hasattr(result, "__len__") or _is_file(result, environ):  # the server looks closely at these
        request.leave()
        request.answered()
        return result
    return _Body(result, request)


def _announced(headers: Any) -> int:
    for name, value in headers:
        if name.lower() == "content-length" and value.isdigit():
            return int(value)
    return 0


def _is_file(result: Any, environ: dict[str, Any]) -> bool:
    wrapper = environ.get("wsgi.file_wrapper")
    return isinstance(wrapper, type) and isinstance(result, wrapper)


class _Body:
    """The parts of an answer as they are asked for."""

    def __init__(self, parts: Any, request: Request) -> None:
        self._parts, self._request = parts, request

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parts, name)

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self._parts
        except BaseException as error:
            self._request.failed(error)
            raise
        finally:
            self._request.leave()
            self._request.answered()

    def close(self) -> None:
        """As the server must."""
        try:
            close = getattr(self._parts, "close", None)
            if close is not None:
                close()
        finally:
            self._request.leave()
            self._request.answered()
