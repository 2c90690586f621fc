"""Side-by-side copies of the project: the judge runs old and new code there, never in the user's folder."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from perfprof.errors import PerfprofError
from perfprof.optimizer.judge.copying import Content, content_of, copy
from perfprof.optimizer.judge.snapshots import Snapshot, Version, changed_since, mark_of, snapshot, version_of
from perfprof.optimizer.judge.workplace import remove
from perfprof.optimizer.patches import FileChange

_KEPT = frozenset(
    {"PATH", "HOME", "VIRTUAL_ENV", "CONDA_PREFIX", "TMPDIR", "OLDPWD", "XDG_CACHE_HOME", "PYENV_ROOT"}
)


_CODE = frozenset({".py", ".pyi", ".pyx", ".toml", ".cfg", ".ini", ".sql"})


def _is_code(name: str) -> bool:
    return Path(name).suffix in _CODE


@dataclass
class Tree:
    """One copy. ``reset`` takes back what runs have left behind, so that each run starts from the same files."""

    project: Path
    path: Path
    content: Content
    aliases: tuple[Path, ...] = ()  # other names of the project's folder
    # None stands for a file that is taken away
    _texts: dict[str, str | None] = field(default_factory=dict)  # what ``write`` put there
    _base: dict[str, str | None] = field(
        default_factory=dict
    )  # what stands there from the start, not the project's text
    _start: Snapshot = field(default_factory=lambda: Snapshot({}, frozenset()))
    _sources: dict[str, Version | None] = field(default_factory=dict)

    @classmethod
    def plant(
        cls,
        project: Path,
        path: Path,
        content: Content | None = None,
        aliases: Sequence[Path] = (),
        base: Iterable[FileChange] = (),
    ) -> Tree:
        """Copy the project to ``path``, which must not exist, and make the changes ``base`` in it for good."""
        content = content if content is not None else content_of(project)
        path.mkdir(mode=0o700)
        tree = cls(project, path, content, tuple(aliases))
        tree._sources = {name: version_of(project / name) for name in content.files}
        copy(project, content, path)
        for change in base:
            tree._base[change.path] = None if change.gone else change.after
            tree._put(change.path, tree._base[change.path])
        tree._start = tree._snapshot()
        return tree

    def write(self, changes: Iterable[FileChange]) -> None:
        """Make the tree the pristine copy plus these changes."""
        earlier = set(self._texts)
        self._texts = {change.path: None if change.gone else change.after for change in changes}
        for name in earlier - set(self._texts):
            self._restore(name)
        for name, text in self._texts.items():
            self._put(name, text)
        self.reset()

    def text(self, name: str) -> str:
        """A file as it is before any change by ``write``; empty if it is not there."""
        if name in self._base:
            return self._base[name] or ""
        path = self.project / name
        return read_text(path) if name in self._sources and path.exists() else ""

    def follow(self) -> None:
        """Take over the data that a run in the project itself has written since, so that all copies begin alike."""
        for name, version in self._sources.items():
            path = self.project / name
            mark = mark_of(path)
            if (
                _is_code(name)
                or mark is None
                or version is None
                or mark == version[0]
                or name not in self._start.files
            ):
                continue
            self._restore(name)
            self._sources[name] = version_of(path)
            self._start.files[name] = mark_of(self.path / name) or mark

    def reset(self) -> None:
        """Remove what runs made and restore what they changed."""
        now = self._snapshot()
        texts = {**self._base, **self._texts}
        for name, mark in self._start.files.items():
            if name not in texts and now.files.get(name) != mark:
                self._restore(name)
        for name, text in texts.items():
            if (read_text(self.path / name) if (self.path / name).exists() else None) != text:
                self._put(name, text)
        self._sweep(now, set(texts))

    def _sweep(self, now: Snapshot, kept: set[str]) -> None:
        for name in now.files.keys() - self._start.files.keys() - kept:
            with contextlib.suppress(OSError):
                (self.path / name).unlink()
        needed = {parent for name in kept for parent in Path(name).parents}
        for name in sorted(now.folders - self._start.folders, key=len, reverse=True):
            if Path(name) not in needed:
                remove(self.path / name)

    def touched(self) -> list[str]:
        """Files that the last run made, changed or removed."""
        now = self._snapshot().files
        mine = {**self._base, **self._texts}
        return sorted(name for name, _ in now.items() ^ self._start.files.items() if name not in mine)

    def command(self, argv: Sequence[str], env: Mapping[str, str] | None = None) -> tuple[str, ...]:
        """The command with the project's own absolute paths turned into the tree's.

        env: where the command sets PYTHONPATH itself (``env PYTHONPATH=src python …``), that of ``env`` goes first.
        """
        words = [self.moved(argument) for argument in argv]
        ours = (env or {}).get("PYTHONPATH", "")
        name = "PYTHONPATH="
        return tuple(
            f"{name}{ours}{os.pathsep}{word[len(name):]}" if ours and word.startswith(name) else word
            for word in words
        )

    def moved(self, text: str) -> str:
        """Text in which paths into the project lead into the tree."""
        for name in dict.fromkeys(map(str, (self.project, *self.aliases))):
            text = re.sub(rf"(?<![\w.-]){re.escape(name)}(?=$|[/:;,'\"\s])", lambda _: str(self.path), text)
        return text

    def env(self, base: Mapping[str, str] | None = None, first: Sequence[Path] = ()) -> dict[str, str]:
        """The environment for a run in the tree. first: folders that come before all others on PYTHONPATH."""
        outer = dict(os.environ if base is None else base)
        env = {name: value if name in _KEPT else self.moved(value) for name, value in outer.items()}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        env.pop("PYTHONPYCACHEPREFIX", None)
        users = [part for part in env.get("PYTHONPATH", "").split(os.pathsep) if part]
        ours = [part for part in users if Path(part) == self.path or self.path in Path(part).parents]
        folders = [*map(str, first), *ours, *map(str, self.import_folders()), *users]
        env["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(folders))
        env["PWD"] = str(self.path)
        return env

    def import_folders(self) -> list[Path]:
        """Where the project's modules are found: ``src`` where it is a layout, and the root.

        The root is left out if its files would hide modules of the standard library.
        """
        folders = []
        source = self.path / "src"
        if source.is_dir() and not (source / "__init__.py").exists():
            folders.append(source)
        names = {entry.name.removesuffix(".py") for entry in self.path.iterdir() if _importable(entry)}
        if not names & sys.stdlib_module_names:
            folders.append(self.path)
        return folders

    def remove(self) -> None:
        """Delete the copy."""
        remove(self.path)

    def _put(self, name: str, text: str | None) -> None:
        target = self.path / name
        if text is None:
            target.unlink(missing_ok=True)
            _forget(target)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_symlink():
            target = target.resolve()
            if self.path not in target.parents:
                raise PerfprofError("the file is a link that leads out of the project", where=name)
        target.write_bytes(text.encode("utf-8", "surrogateescape"))
        _forget(target)

    def _restore(self, name: str) -> None:
        if name in self._base:
            self._put(name, self._base[name])
            return
        (self.path / name).unlink(missing_ok=True)
        if name not in self._sources:  # a file that only a patch had
            return
        if changed_since(self.project / name, self._sources[name]) and _is_code(name):  # logs are what runs write
            what = "the file was changed while perfprof was judging"
            raise PerfprofError(what, where=name, todo="Nothing was written. Run perfprof again.")
        _forget(self.path / name)
        copy(self.project, Content((name,)), self.path)

    def _snapshot(self) -> Snapshot:
        return snapshot(self.path, frozenset(self.content.linked))


def _forget(source: Path) -> None:
    """Remove compiled copies: a file written in the same second with the same size would pass for the old text."""
    for compiled in (source.parent / "__pycache__").glob(f"{source.stem}.*.pyc"):
        compiled.unlink(missing_ok=True)


def read_text(path: Path) -> str:
    """A source file as text that writes back to the same bytes."""
    return path.read_bytes().decode("utf-8", "surrogateescape")


def _importable(entry: Path) -> bool:
    return entry.suffix == ".py" or (entry / "__init__.py").exists()
