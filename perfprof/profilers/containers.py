"""What a container or a control group allows this process: cores, memory, processes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_GIGABYTE = 1 << 30
_UNLIMITED = 1 << 60  # version 1 writes a huge number where version 2 writes "max"
_MARKS = {"docker": "/.dockerenv", "podman": "/run/.containerenv", "lxc": "/dev/lxd"}


def limits(system: Path = Path("/")) -> str:
    """Kind and limits as text, such as ``docker, 1.5 cores, 4.0 GB, 100 processes``; empty where there is neither.

    The nearest limit counts: that of the group of this process, or of one around it. system: where /proc and /sys lie.
    """
    kind, found = list(_kind(system)), [*_cores(system), *_memory(system), *_processes(system)]
    return ", ".join([*kind, *(found or ["no limits"])]) if kind or found else ""


def _kind(system: Path) -> Iterator[str]:
    if "KUBERNETES_SERVICE_HOST" in os.environ:
        yield "kubernetes"
        return
    yield from [kind for kind, mark in _MARKS.items() if (system / mark.lstrip("/")).exists()][:1]


def _cores(system: Path) -> Iterator[str]:
    found = []
    for folder in _groups(system, "cpu"):
        quota, _, period = _read(folder / "cpu.max").partition(" ")
        if not quota:
            quota, period = _read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us")
        if quota.isdigit() and period.isdigit() and int(period):
            found.append(int(quota) / int(period))
    if found:
        yield f"{min(found):g} cores"


def _memory(system: Path) -> Iterator[str]:
    found = _numbers(system, "memory", "memory.max", "memory.limit_in_bytes")
    if found and min(found) < _UNLIMITED:
        yield f"{min(found) / _GIGABYTE:.1f} GB"


def _processes(system: Path) -> Iterator[str]:
    """Only where a container sets it: systemd gives every session some ten thousand."""
    found = _numbers(system, "pids", "pids.max")
    if found and min(found) < 10_000:
        yield f"{min(found):,} processes"


def _numbers(system: Path, controller: str, *names: str) -> list[int]:
    texts = (_read(folder / name) for folder in _groups(system, controller) for name in names)
    return [int(text) for text in texts if text.isdigit()]


def _groups(system: Path, controller: str) -> Iterator[Path]:
    """The folders of the group of this process and of those around it, in either version of control groups."""
    root = system / "sys/fs/cgroup"
    for line in (_read(system / "proc/self/cgroup") or "0::/").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0":
            tops = [root, root / "unified"]
        elif controller in controllers.split(","):
            tops = [root / controllers, root / controller]
        else:
            continue
        own = PurePosixPath(path.lstrip("/"))
        for top in tops:
            yield from (top / part for part in (own, *own.parents) if ".." not in part.parts)


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""
