"""``perfprof record --check``: where a recording would take place, and what it could use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from perfprof.profilers.environment import environment
from perfprof.profilers.runtimes import runtimes
from perfprof.profilers.tools import tools

_SHOWN = ("python", "platform", "cores", "memory", "container", "disk")


def lines(root: Path) -> Iterator[str]:
    """The machine, the runtimes of the project, and each tool with what it is for or why it is not there."""
    found = environment()
    yield from (f"{name:14} {found[name] or 'no limits'}" for name in _SHOWN if name in found)
    yield ""
    for runtime in runtimes(root):
        version = runtime.version or "not installed here"
        yield f"{runtime.name:14} {version} ({runtime.place}): {runtime.says}"
    yield ""
    for tool in tools():
        yield f"{tool.name:14} {'yes' if not tool.reason else 'no '}  {tool.purpose}" + (
            f" - {tool.reason}" if tool.reason else ""
        )
