"""Which runtimes a project is made for, told from the files in its folder; nothing of it is run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_VENVS = (".venv", "venv", "env", ".env")
_NODE = ("package.json", ".nvmrc", ".node-version")
_JAVA = ("pom.xml", "build.gradle", "build.gradle.kts", "settings.gradle", "build.sbt")
_FOLDERS = 50  # below a project that are looked into
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
    """What is found in the project and in the folders right below it; Python always, for that is what is recorded."""
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
    asked = _read(root / ".python-version").partition("\n")[0]
    if asked:
        yield Runtime("Python", asked, ".python-version", "asked for by the project")
    if not found and not active:
        yield Runtime("Python", ".".join(map(str, sys.version_info[:3])), sys.prefix, "recorded")


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def _venv_version(folder: Path) -> str:
    lines = _read(folder / "pyvenv.cfg").splitlines()
    entries = {name.strip().lower(): value.strip() for name, _, value in (line.partition("=") for line in lines)}
    return entries.get("version") or entries.get("version_info", "")


def _places(root: Path, names: Sequence[str]) -> Iterator[str]:
    """The files of these names in the project and in the folders right below it, one a folder."""
    for folder in (root, *_folders(root)):
        found = next((folder / name for name in names if (folder / name).is_file()), None)
        if found is not None:
            yield found.relative_to(root).as_posix()


def _folders(root: Path) -> list[Path]:
    try:
        found = sorted(folder for folder in root.iterdir() if folder.is_dir())
    except OSError:
        return []
    return [
        folder
        for folder in found
        if not folder.name.startswith(".") and folder.name != "node_modules" and folder.name not in _VENVS
    ][:_FOLDERS]


def _node(root: Path) -> Iterator[Runtime]:
    for place in _places(root, _NODE):
        says = "not recorded; perfprof report reads its .cpuprofile"
        yield Runtime("Node.js", _asked("node", "--version").lstrip("v"), place, says)


def _java(root: Path) -> Iterator[Runtime]:
    for place in _places(root, _JAVA):
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
