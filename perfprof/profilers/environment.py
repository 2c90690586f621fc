"""Where a run took place: what a reader of figures must know of the machine, and which samplers work here."""

from __future__ import annotations

import os
import platform
from functools import cache

from perfprof.profilers.containers import limits
from perfprof.profilers.disks import disk
from perfprof.profilers.tools import without_loops, without_py_spy

_GIGABYTE = 1 << 30


@cache
def environment() -> dict[str, str]:
    """Names and values for reports: python, implementation, platform, cores, memory, limits, samplers …

    cores: those that this process may use. memory: in GB. container: limits of the control group, empty if there are
    none. disk: under the current folder. samplers: those that work; ``sampler py-spy`` and ``sampler loops``: why not.
    """
    import psutil

    found = {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": platform.platform(terse=True),
        "machine": platform.machine(),
        "cores": str(cores()),
        "memory": f"{psutil.virtual_memory().total / _GIGABYTE:.1f} GB",
        "container": limits(),
        "disk": disk(os.getcwd()),
    }
    reasons = {"py-spy": without_py_spy(), "loops": without_loops()}
    found["samplers"] = ", ".join(name for name, reason in reasons.items() if not reason)
    return found | {f"sampler {name}": reason for name, reason in reasons.items() if reason}


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
