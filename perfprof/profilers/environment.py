"""Where a run took place: what a reader of figures must know of the machine, and which samplers work here."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_GIGABYTE = 1 << 30
_UNLIMITED = 1 << 60  # cgroup v1 writes a huge number where v2 writes "max"


@cache
def environment() -> dict[str, str]:
    """Names and values for reports: python, implementation, platform, cores, memory, limits, samplers …

    cores: those that this process may use. memory: in GB. container: limits of the control group, empty if there are
    none. samplers: those that work, the preferred one first; ``sampler py-spy`` and ``sampler loops``: why not.
    """
    import psutil

    found = {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": platform.platform(terse=True),
        "machine": platform.machine(),
        "cores": str(cores()),
        "memory": f"{psutil.virtual_memory().total / _GIGABYTE:.1f} GB",
        "container": _container(),
    }
    reasons = {"py-spy": _without_py_spy(), "loops": _without_loops()}
    found["samplers"] = ", ".join(name for name, reason in reasons.items() if not reason)
    return found | {f"sampler {name}": reason for name, reason in reasons.items() if reason}


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _container() -> str:
    """Limits of CPU and memory that a control group sets, as text."""
    return ", ".join([*_cpu_limit(), *_memory_limit()])


def _cpu_limit() -> Iterator[str]:
    quota, _, period = _read("/sys/fs/cgroup/cpu.max").partition(" ")
    if not quota:
        quota, period = (_read(f"/sys/fs/cgroup/cpu/cpu.cfs_{name}_us") for name in ("quota", "period"))
    if quota.isdigit() and period.isdigit() and int(period):
        yield f"{int(quota) / int(period):g} cores"


def _memory_limit() -> Iterator[str]:
    limit = _read("/sys/fs/cgroup/memory.max") or _read("/sys/fs/cgroup/memory/memory.limit_in_bytes")
    if limit.isdigit() and int(limit) < _UNLIMITED:
        yield f"{int(limit) / _GIGABYTE:.1f} GB"


def _without_py_spy() -> str:
    """Why py-spy cannot be used here, empty if nothing is known to be in the way."""
    from perfprof.profilers.cpu import find_py_spy, yama_scope

    if find_py_spy() is None:
        return "py-spy is not installed"
    if sys.platform == "darwin" and os.geteuid() != 0:
        return "on macOS it needs root"
    scope = yama_scope()
    if scope in ("2", "3") and os.geteuid() != 0:
        return f"this system lets only root look into processes (ptrace_scope {scope})"
    return ""


def _without_loops() -> str:
    import signal

    return "" if hasattr(signal, "setitimer") else "this system has no profiling timer"


def _read(path: str) -> str:
    try:
        return Path(path).read_text("ascii").strip()
    except (OSError, ValueError):
        return ""
