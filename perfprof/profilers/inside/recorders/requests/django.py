"""Django: the handler knows the view, under any server and under the test client."""

from __future__ import annotations

import functools
import sys
from typing import Any

from ...places import NOWHERE
from ...serving import Request, current


def follow() -> None:
    """Both ways into Django, with and without await."""
    handler: Any = sys.modules["django.core.handlers.base"].BaseHandler
    get, get_async = handler.get_response, handler.get_response_async

    @functools.wraps(get)
    def recorded(self: Any, asked: Any) -> Any:
        request, mine = _begin(asked)
        try:
            answer = get(self, asked)
            request.status = answer.status_code
            return answer
        finally:
            _end(request, asked, mine)

    @functools.wraps(get_async)
    async def recorded_async(self: Any, asked: Any) -> Any:
        request, mine = _begin(asked)
        try:
            answer = await get_async(self, asked)
            request.status = answer.status_code
            return answer
        finally:
            _end(request, asked, mine)

    handler.get_response, handler.get_response_async = recorded, recorded_async


def _begin(asked: Any) -> tuple[Request, bool]:
    """The request that a server told of, or a new one."""
    request = current.get()
    if request is not None:
        return request, False
    return Request("django", asked.method or "", asked.path), True


def _end(request: Request, asked: Any, mine: bool) -> None:
    matched = getattr(asked, "resolver_match", None)
    if matched is not None:
        request.place = NOWHERE
        request.handled_by("/" + str(matched.route).lstrip("^"), matched.func)
    if mine:
        request.leave()
        request.answered()
