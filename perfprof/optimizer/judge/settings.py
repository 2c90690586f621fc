"""How much the judge may spend."""

from __future__ import annotations

from dataclasses import dataclass, field

from perfprof.optimizer.judge.replay import Limits


@dataclass(frozen=True, slots=True)
class Settings:
    """seeds: PYTHONHASHSEED of the replaying processes. jobs: processes at a time.

    function_seconds: for timing the captured calls of one patch. workload_seconds: wall clock for old and new runs
    of the whole workload. long_suite: a suite that takes longer is run once for all accepted patches, not for each of
    several. short_suite: one that takes less is not worth asking which of its tests reach a patch.
    timeout: seconds for the first run of the workload or the tests, 0 for none; later runs get ten times the first.
    deep: CPU seconds that CrossHair may take for one function, 0 to leave it out.
    """

    seeds: tuple[int, ...] = (0, 1)
    jobs: int = 2
    function_seconds: float = 3.0
    workload_seconds: float = 20.0
    long_suite: float = 10.0
    short_suite: float = 3.0
    timeout: float = 0.0
    deep: float = 0.0
    limits: Limits = field(default_factory=Limits)
