"""Which profilers and tracers can be used here, and why others cannot."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tool:
    """purpose: what it gives a recording. reason: why it cannot be used, empty if it can."""

    name: str
    purpose: str
    reason: str


def tools() -> tuple[Tool, ...]:
    """All that perfprof knows how to use, by purpose."""
    return tuple(Tool(name, purpose, reason()) for name, (purpose, reason) in _KNOWN.items())


def without_py_spy() -> str:
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


def without_loops() -> str:
    """Why the sampler inside the process cannot be used."""
    return "" if hasattr(signal, "setitimer") else "this system has no profiling timer"


def without_strace() -> str:
    """Why system calls cannot be counted."""
    from perfprof.profilers.cpu import yama_scope

    if not sys.platform.startswith("linux"):
        return "it is for Linux"
    if shutil.which("strace") is None:
        return "strace is not installed"
    return "this system forbids tracing (ptrace_scope 3)" if yama_scope() == "3" else ""


def without_tshark() -> str:
    """Why packets cannot be captured, as far as it is known before it is tried."""
    if shutil.which("tshark") is None:
        return "tshark is not installed"
    return "tshark has no dumpcap beside it" if shutil.which("dumpcap") is None else ""


def _without_module(name: str) -> Callable[[], str]:
    return lambda: "" if importlib.util.find_spec(name) else f"{name} is not installed: pip install {name}"


def _nothing() -> str:
    return ""


_KNOWN: Mapping[str, tuple[str, Callable[[], str]]] = {
    "loops": ("CPU by loop, from inside the process", without_loops),
    "py-spy": ("CPU by line, from outside the process", without_py_spy),
    "pyinstrument": ("call trees of requests and tests", _without_module("pyinstrument")),
    "probes": ("exact calls, lines and growth: record --exact", _nothing),
    "memray": ("memory by line: record --memory", _without_module("memray")),
    "tracemalloc": ("memory by line where memray is missing", _nothing),
    "strace": ("system calls: record --syscalls", without_strace),
    "tshark": ("packets: record --packets", without_tshark),
    "httpx": ("requests to a server while it is recorded: record --load", _without_module("httpx")),
}
