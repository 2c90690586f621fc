"""Source files of the project: which there are, which may be read, and why the others are not."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

BOM = "\ufeff"

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")  # PEP 263
_GENERATED = re.compile(r"@generated\b|\b(do not|don't) (edit|modify|change)\b|\bautomatically generated\b", re.I)
_HEAD = 12  # lines in which a generator signs its work
_SUFFIXES = (".py", ".pyw")
_NOT_OURS = frozenset({"__pycache__", "node_modules", "site-packages", "__pypackages__", "dist-packages"})
_VENDORED = frozenset(
    {"_vendor", "_vendored", "vendored", "third_party"}
)  # `vendor` may be an application's own word


@dataclass(frozen=True, slots=True)
class Source:
    """A file that may be read and changed. text: as it is in the file, with its BOM and its ends of lines."""

    path: Path
    text: str

    @property
    def code(self) -> str:
        """What `ast.parse` takes: the text without a byte order mark."""
        return self.text.removeprefix(BOM)


class Sources:
    """Reads each file of a project once. ``skipped``: relative path -> why a file that was asked for is not read."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.skipped: dict[str, str] = {}
        self._texts: dict[Path, str | None] = {}

    def text(self, path: Path) -> str | None:
        """The text as it is in the file; None, and the reason in ``skipped``, if it cannot be read."""
        if path not in self._texts:
            source = read_source(path, self.root)
            self._texts[path] = source.text if isinstance(source, Source) else None
            if isinstance(source, str):
                self.skip(path, source)
        return self._texts[path]

    def skip(self, path: Path, reason: str) -> None:
        """Note that a file is left out."""
        self.skipped[path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)] = (
            reason
        )


def read_source(path: Path, root: Path) -> Source | str:
    """Read a file of the project, or say in a few words why not. Does not parse: see `syntax_reason`."""
    try:
        if not _real(path).is_relative_to(_real_folder(root)):
            return "lies outside of the project"
        if not _VENDORED.isdisjoint(path.relative_to(root).parts if path.is_relative_to(root) else ()):
            return "is vendored"
        data = path.read_bytes()
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of symlinks, before Python 3.13
        return f"cannot be read: {getattr(error, 'strerror', None) or error}"
    reason = _not_utf8(data)
    if reason:
        return reason
    text = data.decode()
    return "is generated" if _generated(text) else Source(path, text)


def _real(path: Path) -> Path:
    """The path without links; a folder is asked once for all of its files."""
    return path.resolve() if path.is_symlink() else _real_folder(path.parent) / path.name


@lru_cache(maxsize=256)
def _real_folder(folder: Path) -> Path:
    return folder.resolve()


def syntax_reason(error: Exception) -> str:
    """Why a source that was read is skipped all the same, from what `ast.parse` raised."""
    if isinstance(error, SyntaxError):
        return f"does not parse: line {error.lineno or 1}: {error.msg}"
    return f"does not parse: {type(error).__name__ if isinstance(error, MemoryError) else error}"


def _not_utf8(data: bytes) -> str:
    """Why these bytes are not UTF-8 for Python; empty if they are."""
    declared = _declared(data)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return f"is not UTF-8 (declared as {declared})" if declared != "utf-8" else "is not UTF-8"
    return "" if declared == "utf-8" or text.isascii() else f"is not UTF-8 (declared as {declared})"


def _declared(data: bytes) -> str:
    """The encoding that the file declares, ``utf-8`` if none (or another name for it)."""
    import codecs

    for line in data.split(b"\n", 2)[:2]:
        match = _COOKIE.match(line.removeprefix(codecs.BOM_UTF8))
        if match:
            name = match.group(1).decode("ascii", "replace").lower()
            try:
                return codecs.lookup(name.removesuffix("-unix").removesuffix("-dos")).name
            except LookupError:
                return name
        if line.strip() and not line.lstrip().startswith(b"#"):
            break
    return "utf-8"


def _generated(text: str) -> bool:
    head = text.removeprefix(BOM).split("\n", _HEAD)[:_HEAD]
    return any(_GENERATED.search(line) for line in head if line.lstrip().startswith(("#", '"""', "'''")))


def python_files(paths: Sequence[Path], root: Path) -> list[Path]:
    """The project's Python files below the paths, sorted, each once.

    A file that is named itself is taken whatever it is called. In a git work tree, what git ignores is left out;
    everywhere, other people's code is: virtual environments, caches, node_modules, hidden and vendored folders.
    """
    named = [path for path in paths if not path.is_dir()]
    folders = [path for path in paths if path.is_dir()]
    return sorted({*named, *_below(folders, root)})


def _below(folders: Sequence[Path], root: Path) -> Iterator[Path]:
    if not folders:
        return
    tracked = _from_git(root)
    for folder in folders:
        if tracked is not None and folder.is_relative_to(root):
            yield from (path for path in tracked if path.is_relative_to(folder) and _ours(path, folder))
        else:
            yield from _walked(folder)


def _from_git(root: Path) -> list[Path] | None:
    """Files that git tracks or would add; None outside of a work tree or without git."""
    import subprocess

    if not any((folder / ".git").exists() for folder in (root, *root.parents)):
        return None
    argv = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(argv, capture_output=True, timeout=60, check=True, env=clean)
    except (OSError, subprocess.SubprocessError):
        return None
    names = (os.fsdecode(name) for name in done.stdout.split(b"\0") if name)
    return [root / name for name in names if name.endswith(_SUFFIXES)]


def _ours(path: Path, folder: Path) -> bool:
    """Whether a file that git lists below the folder is the project's own code, and there."""
    parts = path.relative_to(folder).parts[:-1]
    if any(part in _NOT_OURS | _VENDORED or part.startswith(".") for part in parts):
        return False
    inner = (folder.joinpath(*parts[:depth]) for depth in range(1, len(parts) + 1))
    return path.is_file() and not path.is_symlink() and not any((one / "pyvenv.cfg").exists() for one in inner)


def _walked(folder: Path) -> Iterator[Path]:
    for where, folders, files in os.walk(folder):
        here = Path(where)
        folders[:] = [name for name in folders if _enter(here / name)]
        yield from (here / name for name in _plain(here, files))


def _enter(folder: Path) -> bool:
    name = folder.name
    if name in _NOT_OURS | _VENDORED or name.startswith(".") or name.endswith(".egg-info"):
        return False
    built = name == "build" and any(folder.glob("lib*")) and not (folder / "__init__.py").exists()
    return not built and not (folder / "pyvenv.cfg").exists()


def _plain(here: Path, files: Iterable[str]) -> Iterator[str]:
    return (name for name in files if name.endswith(_SUFFIXES) and not (here / name).is_symlink())
