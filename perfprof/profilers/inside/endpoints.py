"""Paths with what varies in them taken out: what may be kept of an address."""

from __future__ import annotations

import re

_VARIES = re.compile(r"(?=.*\d)[0-9a-fA-F-]{8,}|\d[\d.,:T_-]*|.*[@%=].*|(?=.*\d)[\w~.-]{20,}|[\w~.-]{40,}")
_SEGMENTS = 8  # of a path that are kept


def template(path: str) -> str:
    """``/users/{}/orders/{}`` of ``/users/7/orders/2024-05-01?page=2``: numbers, dates, hashes and keys are left out."""
    segments = path.partition("?")[0].partition("#")[0].split("/")
    kept = ["{}" if _VARIES.fullmatch(segment) else segment for segment in segments[: _SEGMENTS + 1]]
    return "/".join(kept) + ("/..." if len(segments) > _SEGMENTS + 1 else "") or "/"
