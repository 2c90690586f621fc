"""Which files make up a project, and a plain copy of them."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from perfprof.errors import PerfprofError

MOST_FILES = 100_000
MOST_BYTES = 4 << 30
MOST_IGNORED_BYTES = 256 << 20
_NOT_COPIED = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        ".perfprof",
        "__pycache__",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".tox",
        ".nox",
    }
    | {".hypothesis", ".import_linter_cache", ".eggs", ".ipynb_checkpoints"}
)


@dataclass(frozen=True, slots=True)
class Content:
    """What a project holds, as relative paths. folders: all, empty ones too. linked: environments, only linked to.

    left_out: ignored files that were too large to copy.
    """

    files: tuple[str, ...]
    folders: tuple[str, ...] = ()
    linked: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass
class _Walk:
    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    linked: list[str] = field(default_factory=list)


def content_of(root: Path) -> Content:
    """The files git knows, those it does not ignore, and ignored ones as long as they are small; else all files."""
    listed = _git(root, "--cached", "--others")
    everything = _walk(root, "")
    if listed is None:
        return _checked(root, Content(tuple(everything.files), tuple(everything.folders), tuple(everything.linked)))
    walk = _Walk()
    for name in listed:
        _add(root, name.rstrip("/"), walk)
    kept, left_out = _ignored(root)
    files = tuple(dict.fromkeys([*walk.files, *kept]))
    return _checked(
        root, Content(files, tuple(everything.folders), tuple(dict.fromkeys(everything.linked)), left_out)
    )


def copy(root: Path, content: Content, target: Path) -> None:
    """Copy the content; links inside the project stay inside the copy, links to the outside still lead there."""
    for name in content.folders:
        (target / name).mkdir(parents=True, exist_ok=True)
    for name in content.files:
        source, destination = root / name, target / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # deleted while we copied
            if source.is_symlink():
                _copy_link(root, source, target, destination)
            else:
                shutil.copyfile(source, destination)
                shutil.copystat(source, destination)
                destination.chmod(destination.stat().st_mode | 0o600)  # the source may be read only
    for name in content.linked:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).symlink_to((root / name).absolute())


def _copy_link(root: Path, source: Path, target: Path, destination: Path) -> None:
    pointed = Path(os.readlink(source))
    absolute = Path(os.path.normpath(pointed if pointed.is_absolute() else source.parent / pointed))
    if root == absolute or root in absolute.parents:
        destination.symlink_to(os.path.relpath(target / absolute.relative_to(root), destination.parent))
    else:
        destination.symlink_to(absolute)


def _git(root: Path, *what: str) -> list[str] | None:
    """File names below root from ``git ls-files``; None where there is no git."""
    argv = ["git", "-C", str(root), "ls-files", "-z", "--exclude-standard", *what]
    try:
        ran = subprocess.run(argv, capture_output=True, check=True, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return None
    return [os.fsdecode(name) for name in ran.stdout.split(b"\0") if name]


def _add(root: Path, name: str, walk: _Walk) -> None:
    """One entry of git's list; a folder is another repository inside this one."""
    path = root / name
    if _NOT_COPIED.intersection(name.split("/")):
        return
    if path.is_symlink() or path.is_file():
        walk.files.append(name)
    elif path.is_dir():
        walk.files += _walk(root, name).files


def _ignored(root: Path) -> tuple[list[str], tuple[str, ...]]:
    """What git ignores may still be needed (built extensions, local settings, data): the smallest first."""
    walk = _Walk()
    for name in _git(root, "--others", "--ignored", "--directory") or ():
        if not _environment(root / name):
            _add(root, name.rstrip("/"), walk)
    kept: list[str] = []
    left_out: list[str] = []
    total = 0
    for size, name in sorted((_size(root / name), name) for name in walk.files):
        total += size
        (kept if total <= MOST_IGNORED_BYTES else left_out).append(name)
    return kept, tuple(left_out)


def _walk(root: Path, below: str) -> _Walk:
    found = _Walk()
    for folder, names, files in os.walk(root / below):
        base = Path(folder).relative_to(root)
        names[:] = [name for name in names if _entered(root, base / name, found)]
        found.files += [str(base / name) for name in files if _regular(Path(folder, name))]
        if len(found.files) > MOST_FILES:
            raise _too_large(root, f"more than {MOST_FILES:,} files")
    return found


def _entered(root: Path, folder: Path, found: _Walk) -> bool:
    """Is this folder walked through? Links and environments are noted, caches passed over."""
    path = root / folder
    if path.is_symlink():
        found.files.append(str(folder))
        return False
    if folder.name in _NOT_COPIED:
        return False
    if _environment(path):
        found.linked.append(str(folder))
        return False
    found.folders.append(str(folder))
    return True


def _environment(path: Path) -> bool:
    """A virtual environment, or the packages of another language: used, never changed, too large to copy."""
    return path.name == "node_modules" or (path / "pyvenv.cfg").is_file() or (path / "conda-meta").is_dir()


def _regular(path: Path) -> bool:
    return path.is_symlink() or path.is_file()


def _checked(root: Path, content: Content) -> Content:
    size = sum(_size(root / name) for name in content.files)
    if size > MOST_BYTES:
        raise _too_large(root, f"{size / (1 << 30):.1f} GB")
    return content


def _too_large(root: Path, how: str) -> PerfprofError:
    return PerfprofError(
        f"the project is too large to copy ({how})",
        where=str(root),
        todo="Start perfprof in the folder that holds the code, or let git ignore the data.",
    )


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0
