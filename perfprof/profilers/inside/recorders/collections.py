"""Collections of garbage: how often, how long, which generation. Two calls of ours for each, some hundred nanoseconds."""

from __future__ import annotations

import gc
from time import perf_counter
from typing import Any

from ..places import NOWHERE
from ..tallies import Tally

_tally = Tally("collections", sums=2)
_state = {"start": 0.0}


def arm() -> None:
    """Have the collector tell us."""
    _tally.arm()
    gc.callbacks.append(_told)


def _told(phase: str, info: dict[str, Any]) -> None:
    """Runs inside the collector, perhaps while the interpreter goes down."""
    try:
        if phase == "start":
            _state["start"] = perf_counter()
        elif _state["start"]:
            seconds = perf_counter() - _state["start"]
            _tally.note((info["generation"],), NOWHERE, seconds, info["collected"], info["uncollectable"])
    except Exception:
        pass
