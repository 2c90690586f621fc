"""Which runtimes a project is made for, told from the files in its folder; nothing of it is run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_VENVS = (".venv", "venv", "env", ".env")
_NODE = ("package.json", ".nvmrc", ".node-version")
_JAVA = ("pom.xml", "build.gradle", "build.gradle.kts", "settings.gradle", "build.sbt")
_PATIENCE = 5.0  # seconds that a runtime may take to tell its version


@dataclass(frozen=True, slots=True)
class Runtime:
    """One runtime of a project. version: what would run it, empty if it is not installed here.

    place: the virtual environment or the file that says so, relative to the project. says: what perfprof does with it.
    """

    name: str
    version: str
    place: str
    says: str


def runtimes(root: Path) -> tuple[Runtime, ...]:
    """What is found in the top folder of the project; Python always, for that is what is recorded."""
    return (*_pythons(root), *_node(root), *_java(root))


def told(root: Path) -> dict[str, str]:
    """The same for a recording: runtime -> version and place."""
    return {
        f"runtime {one.name}"
        + (f" {number}" if number > 1 else ""): f"{one.version or 'not installed'} ({one.place})"
        for number, one in enumerate(runtimes(root), 1)
    }


def _pythons(root: Path) -> Iterator[Runtime]:
    found = [folder for name in _VENVS if (folder := root / name) and (folder / "pyvenv.cfg").is_file()]
    for folder in found:
        yield Runtime("Python", _venv_version(folder), folder.name, "recorded")
    active = os.environ.get("VIRTUAL_ENV", "")
    if active and not any(os.path.samefile(active, folder) for folder in found if os.path.isdir(active)):
        yield Runtime("Python", _venv_version(Path(active)), active, "recorded")
    if not found and not active:
        yield Runtime("Python", ".".join(map(str, sys.version_info[:3])), sys.prefix, "recorded")


def _venv_version(folder: Path) -> str:
    try:
        lines = (folder / "pyvenv.cfg").read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    entries = {name.strip().lower(): value.strip() for name, _, value in (line.partition("=") for line in lines)}
    return entries.get("version") or entries.get("version_info", "")


def _node(root: Path) -> Iterator[Runtime]:
    place = next((name for name in _NODE if (root / name).is_file()), "")
    if place:
        says = "not recorded; perfprof report reads its .cpuprofile"
        yield Runtime("Node.js", _asked("node", "--version").lstrip("v"), place, says)


def _java(root: Path) -> Iterator[Runtime]:
    place = next((name for name in _JAVA if (root / name).is_file()), "")
    if place:
        told = _asked("java", "-version")
        version = told.partition('"')[2].partition('"')[0] or told.partition("\n")[0]
        yield Runtime("Java", version, place, "not recorded")


@cache
def _asked(program: str, option: str) -> str:
    """What an installed runtime says of itself; empty if it is not there."""
    path = shutil.which(program)
    if path is None:
        return ""
    try:
        done = subprocess.run(
            [path, option], capture_output=True, text=True, timeout=_PATIENCE, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (done.stdout or done.stderr).strip()
