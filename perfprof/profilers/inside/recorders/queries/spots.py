"""What asked where no frame of the program did: the line of a template, the field of a serializer."""

from __future__ import annotations

from typing import Any

from ...frames import library

FAR = 120  # frames that are looked through at most
_NEAR = 8  # frames between Django's admin and the fetch of its list


def spot_of(frame: Any) -> str:
    """The template line or serializer field that asked; empty if the program's own code did."""
    left = FAR
    while frame is not None and left:
        code = frame.f_code
        if not library[code.co_filename]:
            return ""
        if code.co_name == "render_annotated" and code.co_filename.endswith("base.py"):
            return _template(frame.f_locals)
        if code.co_name == "to_representation" and code.co_filename.endswith("serializers.py"):
            found = _field(frame.f_locals)
            if found:
                return found
        frame, left = frame.f_back, left - 1
    return ""


def _template(names: Any) -> str:
    """``path:line`` of a Django template."""
    try:
        node = names["self"]
        return f"template {node.origin.name}:{node.token.lineno}"
    except (KeyError, AttributeError):
        return ""


def _field(names: Any) -> str:
    """``module.Serializer.field`` of Django REST framework."""
    field, owner = names.get("field"), type(names.get("self"))
    name = getattr(field, "field_name", None)
    return f"serializer {owner.__module__}.{owner.__qualname__}.{name}" if name else ""


def admin_of(frame: Any) -> str:
    """``admin module.ModelAdmin`` if the list page of Django's admin fetches; its query set is made by no line of ours."""
    left = _NEAR
    while frame is not None and left:
        name = frame.f_code.co_name
        if name in ("changelist_view", "results"):
            names = frame.f_locals
            owner = type(
                names.get("self") if name == "changelist_view" else getattr(names.get("cl"), "model_admin", None)
            )
            if hasattr(owner, "list_select_related"):
                return f"admin {owner.__module__}.{owner.__qualname__}"
        frame, left = frame.f_back, left - 1
    return ""
