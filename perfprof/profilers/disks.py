"""What kind of disk a folder lies on, as far as the system tells."""

from __future__ import annotations

import os
from pathlib import Path

_IN_MEMORY = frozenset({"tmpfs", "ramfs", "devtmpfs"})
_REMOTE = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "fuse.sshfs", "ceph", "glusterfs", "afpfs"}
)
_BY_NAME = {  # of the device; a virtual disk says it rotates, whatever it is made of
    "nvme": "solid state (NVMe)",
    "vd": "virtual disk",
    "xvd": "virtual disk",
    "zram": "compressed memory",
    "mmcblk": "memory card",
}


def disk(folder: str) -> str:
    """``solid state, ext4``, ``virtual disk, ext4``, ``network, nfs4``, ``memory, tmpfs`` …"""
    import psutil

    path = os.path.realpath(folder)
    mounts = [one for one in psutil.disk_partitions(all=True) if _holds(one.mountpoint, path)]
    mount = max(mounts, key=lambda one: len(one.mountpoint), default=None)
    system = mount.fstype if mount is not None else ""
    kind = _kind(path, system, mount.device if mount is not None else "")
    return f"{kind}, {system}" if system else kind


def _kind(path: str, system: str, device: str) -> str:
    if system in _IN_MEMORY:
        return "memory"
    if system in _REMOTE:
        return "network"
    block = _block(path, device)
    if block is None:
        return "disk of unknown kind"
    known = [kind for name, kind in _BY_NAME.items() if block.name.startswith(name)]
    if known:
        return known[0]
    for place in (block, block.parent):  # a partition has no queue, but its disk has
        turns = _read(place / "queue" / "rotational")
        if turns:
            return {"0": "solid state", "1": "rotating"}.get(turns, "disk of unknown kind")
    return "disk of unknown kind"


def _block(path: str, device: str) -> Path | None:
    """What the system knows of the device, by its number or, where a file system hides that, by the mount's name."""
    number = os.stat(path).st_dev
    places = (
        [f"/sys/class/block/{os.path.basename(os.path.realpath(device))}"] if device.startswith("/dev/") else []
    )
    if hasattr(os, "major"):
        places.insert(0, f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    found = [Path(os.path.realpath(place)) for place in places if os.path.exists(place)]
    return found[0] if found else None


def _holds(mountpoint: str, path: str) -> bool:
    return path == mountpoint or path.startswith(mountpoint.rstrip("/") + "/")


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""
