"""Profiles of other tools: what perfprof writes for them, and what it reads of theirs.

A format is a file here: ``write(profile)`` gives its text or bytes, ``read(data)`` gives a profile back or None if it is
not this format. A format that can do only one of the two has only that.
"""

from __future__ import annotations

import importlib
from collections import defaultdict
from pathlib import Path
from typing import Any

from perfprof.errors import UsageError
from perfprof.profilers.formats.profile import Lane, Profile, Stack
from perfprof.profilers.packages import without_secrets
from perfprof.profilers.recording import Recording

__all__ = ["READABLE", "WRITABLE", "Lane", "Profile", "profile_of", "read", "recording_of", "write"]

WRITABLE = ("speedscope", "collapsed", "pstats", "chrome")
READABLE = ("cpuprofile", "speedscope", "pstats", "collapsed")  # the least particular last


def write(form: str, profile: Profile) -> bytes:
    """The profile in one of the WRITABLE formats, as the bytes of a file."""
    return bytes(_format(form).write(profile))


def read(path: Path) -> Profile:
    """The profile in a file of one of the READABLE formats; UsageError if it is none of them."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None
    for form in READABLE:
        profile: Profile | None = _format(form).read(data)
        if profile is not None:
            return profile
    known = ", ".join(READABLE)
    raise UsageError("this is no profile that perfprof can read", where=str(path), todo=f"It reads {known}.")


def profile_of(recording: Recording) -> Profile:
    """The samples of a recording, one lane for each process and thread."""
    interval = float(recording.meta["interval"])
    names = {process.pid: without_secrets(process.command) for process in recording.processes()}
    lanes: dict[tuple[int, str], dict[Stack, float]] = {}
    for sample in recording.samples():
        lane = lanes.setdefault((sample.pid, sample.thread), defaultdict(float))
        lane[sample.stack] += sample.count * interval
    return Profile(
        tuple(
            Lane(f"{names.get(pid, pid)} {thread}", pid, thread, stacks) for (pid, thread), stacks in lanes.items()
        )
    )


def recording_of(path: Path, file: Path) -> Recording:
    """A recording in ``file`` of the profile of another tool in ``path``, so that reports and flame graphs can show it."""
    from perfprof.profilers.merge import Seen, Writer

    profile, interval = read(path), 0.0001
    writer = Writer(file)
    seen: dict[int, Seen] = {}
    for lane in profile.lanes:
        process = seen.setdefault(lane.pid, Seen(lane.pid, command=lane.name))
        for stack, seconds in lane.stacks.items():
            process.stacks[lane.thread, stack] += round(seconds / interval)
    writer.add_all([], seen)
    spent = f"{sum(sum(lane.stacks.values()) for lane in profile.lanes):.3f}"
    meta = {"command": path.name, "folder": str(path.resolve().parent), "notes": profile.note, "exit_code": "0"}
    meta |= {"interval": str(interval), "seconds": spent, "cpu_seconds": spent, "sampler": profile.tool}
    writer.finish(meta)
    return Recording.open(file)


def _format(name: str) -> Any:
    return importlib.import_module(f"{__name__}.{name}")
