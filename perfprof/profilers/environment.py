"""Where a run took place: what a reader of figures must know of the machine, and which samplers work here."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from perfprof.profilers.tools import without_loops, without_py_spy

_GIGABYTE = 1 << 30
_UNLIMITED = 1 << 60  # cgroup v1 writes a huge number where v2 writes "max"


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
        "container": _container(),
        "disk": _disk(os.getcwd()),
    }
    reasons = {"py-spy": without_py_spy(), "loops": without_loops()}
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


def _disk(folder: str) -> str:
    """The kind of disk under a folder, as far as the system tells, with its file system."""
    import psutil

    path = os.path.realpath(folder)
    mounts = [one for one in psutil.disk_partitions(all=True) if _holds(one.mountpoint, path)]
    kind = max(mounts, key=lambda one: len(one.mountpoint)).fstype if mounts else ""
    number = os.stat(path).st_dev
    block = f"/sys/dev/block/{os.major(number)}:{os.minor(number)}" if hasattr(os, "major") else ""
    turns = _read(f"{block}/queue/rotational") or _read(f"{block}/../queue/rotational")
    told = {"0": "solid state", "1": "rotating"}.get(turns, "disk of unknown kind")
    return f"{told}, {kind}" if kind else told


def _holds(mountpoint: str, path: str) -> bool:
    return path == mountpoint or path.startswith(mountpoint.rstrip("/") + "/")


def _read(path: str) -> str:
    try:
        return Path(path).read_text("ascii").strip()
    except (OSError, ValueError):
        return ""
