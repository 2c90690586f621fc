"""Which Python runs the user's command: replay must happen in the same one, with the same packages."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_PYTHON = re.compile(r"(python|pypy)[0-9.]*(\.exe)?$")


def interpreter_of(argv: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """The interpreter behind a command: itself, the one its script names, its neighbour, or perfprof's own."""
    env = os.environ if env is None else env
    for word in argv[:3]:  # env, time, uv run …
        found = _program(word, cwd, env)
        if found is None or "=" in word:
            continue
        if _PYTHON.match(Path(word).name):
            return str(found)
        named = _shebang(found, env) or _neighbour(found)
        if named:
            return named
    environment = env.get("VIRTUAL_ENV", "")
    inside = Path(environment, "bin", "python")
    return str(inside) if environment and inside.exists() else sys.executable


def script_of(argv: Sequence[str], root: Path) -> str:
    """The program that the command starts, relative to the root, or empty (``-m``, ``pytest`` …)."""
    words = [word for word in argv if not _PYTHON.match(Path(word).name)]
    if len(words) == len(argv):
        return ""
    for word in words:
        if word in ("-m", "-c"):
            return ""
        if not word.startswith("-") and word.endswith(".py"):
            path = (root / word).resolve()
            inside = root.resolve()
            return str(path.relative_to(inside)) if inside in path.parents else ""
    return ""


def _program(word: str, cwd: Path, env: Mapping[str, str]) -> Path | None:
    if os.sep in word:
        path = Path(os.path.abspath(cwd / word))  # links are not followed: an environment is found by its link
        return path if path.exists() else None
    found = shutil.which(word, path=env.get("PATH"))
    return Path(found) if found else None


def _shebang(program: Path, env: Mapping[str, str]) -> str:
    try:
        with program.open("rb") as file:
            line = file.readline(512).decode("utf-8", "replace").strip()
    except OSError:
        return ""
    words = line[2:].split() if line.startswith("#!") else []
    for word in words:
        if _PYTHON.match(Path(word).name):
            return word if os.sep in word else shutil.which(word, path=env.get("PATH")) or ""
    return ""


def _neighbour(program: Path) -> str:
    """Scripts of an environment, and pyenv's, live beside its interpreter."""
    if program.parent in (Path("/bin"), Path("/usr/bin"), Path("/usr/local/bin")):
        return ""
    for name in ("python", "python3"):
        if (program.parent / name).exists():
            return str(program.parent / name)
    return ""
