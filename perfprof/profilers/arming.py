"""A command with our code in each of its Python processes, and a private folder for what these write."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from perfprof.errors import UsageError
from perfprof.profilers.processes import Ran, run

START = Path(__file__).resolve().parent / "inside" / "start"


def prepare(folder: Path) -> Path:
    """A fresh private folder for the journals of this run."""
    journals = folder / "journals"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(journals, ignore_errors=True)
        journals.mkdir(mode=0o700)
    except OSError as error:
        raise UsageError(f"nothing can be written here: {error.strerror}", where=str(folder)) from None
    return journals.resolve()


def environment_of(journals: Path, **asked: str) -> dict[str, str]:
    """Our environment with the recorders in it, and nothing left of a run around us."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PERFPROF_")}
    others = [entry for entry in env.get("PYTHONPATH", "").split(os.pathsep) if entry and entry != str(START)]
    env["PYTHONPATH"] = os.pathsep.join([str(START), *others])
    env["PERFPROF_FOLDER"] = str(journals)
    return env | asked


def run_armed(
    argv: Sequence[str],
    cwd: Path,
    env: Mapping[str, str],
    output: Path | None,
    timeout: float | None,
    *,
    started: Callable[[int], None] | None = None,
) -> Ran:
    """Run it to its end. output: a file for what it prints (it reads nothing then); else its streams are ours."""
    with _opened(output) as file:
        if file is None:
            return run(argv, cwd=cwd, env=env, timeout=timeout, started=started)
        return run(
            argv,
            cwd=cwd,
            env=env,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            started=started,
        )


@contextmanager
def _opened(output: Path | None) -> Iterator[IO[bytes] | None]:
    if output is None:
        yield None
        return
    with open(output, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        yield file
