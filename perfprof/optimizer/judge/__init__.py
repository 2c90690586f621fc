"""The gate: baseline, replay, differential runs, tests, exact counters and paired benchmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perfprof.optimizer.judge.baseline import Baseline
    from perfprof.optimizer.judge.foreign import from_diff, judge_foreign
    from perfprof.optimizer.judge.judge import Judge
    from perfprof.optimizer.judge.settings import Settings
    from perfprof.optimizer.judge.verdict import Comparison, Layer, Together, Verdict
    from perfprof.optimizer.judge.verifying import verify

__all__ = [
    "Baseline",
    "Comparison",
    "Judge",
    "Layer",
    "Settings",
    "Together",
    "Verdict",
    "from_diff",
    "judge_foreign",
    "verify",
]

_HOMES = {
    "Baseline": "baseline",
    "Comparison": "verdict",
    "Judge": "judge",
    "Layer": "verdict",
    "Settings": "settings",
    "Together": "verdict",
    "Verdict": "verdict",
    "from_diff": "foreign",
    "judge_foreign": "foreign",
    "verify": "verifying",
}


def __getattr__(name: str) -> Any:
    """Reports need the verdict alone: the rest is imported by whoever judges."""
    if name not in _HOMES:
        raise AttributeError(name)
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
