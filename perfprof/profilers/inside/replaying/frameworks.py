"""What answers of web frameworks and mappers hold, without what they keep for themselves.

A model's columns, not what was loaded along with it; of a query that nobody has asked yet only whose objects it gives,
of a response its status and body. Told by the names of the classes, so nothing is imported, and nothing is asked.
"""

from __future__ import annotations

from typing import Any

_MODEL = "django.db.models.base.Model"
_QUERY = "django.db.models.query.QuerySet"
_MANAGER = "django.db.models.manager.BaseManager"
_RESPONSE = "django.http.response.HttpResponseBase"
_WERKZEUG = "werkzeug.sansio.response.Response"
_STARLETTE = "starlette.responses.Response"
_LOADED = frozenset(["_state", "_prefetched_objects_cache", "_sa_instance_state"])


def content(value: Any) -> list[tuple[str, Any]] | None:
    """Named parts to compare; None for an object of no framework known here."""
    kind: Any = type(value)
    names = {f"{base.__module__}.{base.__qualname__}" for base in kind.__mro__}
    stored = getattr(value, "__dict__", None)
    if not isinstance(stored, dict):
        return None
    if _MODEL in names:
        return [(name, stored[name]) for name in sorted(stored) if name not in _LOADED]
    if "_sa_instance_state" in stored and hasattr(kind, "__mapper__"):
        return _columns(stored, kind)
    if _QUERY in names or _MANAGER in names:
        return _asked(stored, manager=_MANAGER in names)
    return _sent(stored, names)


def _sent(stored: dict[str, Any], names: set[str]) -> list[tuple[str, Any]] | None:
    """Status, headers and body of Flask's and Starlette's responses; None of one that is sent piece by piece."""
    if _RESPONSE in names:
        return _response(stored)
    if _WERKZEUG in names:
        status, body, headers = (stored.get(name) for name in ("_status", "response", "headers"))
        sent = [*getattr(headers, "_list", ())]
    elif _STARLETTE in names:
        status, body, sent = stored.get("status_code"), stored.get("body"), stored.get("raw_headers") or []
    else:
        return None
    return [("status", status), ("headers", sent), ("body", body)] if isinstance(body, (list, bytes)) else None


def _asked(stored: dict[str, Any], *, manager: bool) -> list[tuple[str, Any]]:
    """Of a query or a manager of queries: whose objects it gives, and which it has."""
    found = stored.get("_result_cache")
    objects = [] if manager else [("objects", found if isinstance(found, list) else "not asked yet")]
    return [("model", stored.get("model")), *objects]


def _columns(stored: dict[str, Any], kind: Any) -> list[tuple[str, Any]]:
    """Of a mapped object: what is no relationship."""
    related = {one.key for one in kind.__mapper__.relationships}
    return [(name, stored[name]) for name in sorted(stored) if name not in related | _LOADED]


def _response(stored: dict[str, Any]) -> list[tuple[str, Any]]:
    """Status and body; of a template's response that nobody has rendered yet the template."""
    parts: list[tuple[str, Any]] = [
        (name, stored[name]) for name in ("status_code", "template_name") if name in stored
    ]
    if "_container" in stored:
        parts.append(
            ("body", [bytes(part) if isinstance(part, memoryview) else part for part in stored["_container"]])
        )
    return parts
