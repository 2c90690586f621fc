"""How dear is `perfprof check`? CPU time as a ratio to `ast.parse` of the same files, in one process, by turns.

    python benchmarks/check.py [FOLDER]     by default the standard library of this interpreter, without tests

Also: ten clean files in a cold process, and the same folder a second time with the memory of the first.
"""

from __future__ import annotations

import ast
import os
import resource
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from perfprof.optimizer.checking import CHUNK
from perfprof.optimizer.checking.reader import read_files
from perfprof.optimizer.sources import Source, read_source

ROUNDS = 5
LEFT_OUT = {"test", "tests", "site-packages", "idle_test", "idlelib"}


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def reading(root: Path, files: Sequence[Path], sources: Sequence[str]) -> None:
    """The ratio of check to ast.parse over a folder."""

    def parse() -> None:
        for source in sources:
            ast.parse(source)

    def check() -> None:
        for start in range(0, len(files), CHUNK):
            read_files(root, files[start : start + CHUNK], ())

    pairs = [(cpu(parse), cpu(check)) for _ in range(ROUNDS)]
    ratios = sorted(own / plain for plain, own in pairs)
    lines = sum(source.count("\n") for source in sources)
    print(f"{len(files)} files, {lines:,} lines: ast.parse {median(one for one, _ in pairs):.2f} s,", end=" ")
    print(
        f"check {median(one for _, one in pairs):.2f} s CPU, x{median(ratios):.2f} ({ratios[0]:.2f} - {ratios[-1]:.2f})"
    )


def cold(argv: Sequence[str], cwd: Path) -> float:
    """Median CPU seconds of a whole process, with bytecode as an installation leaves it."""
    spent = []
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(cwd / ".bytecode")
    subprocess.run(
        [sys.executable, "-m", "perfprof", "check", *argv],
        cwd=cwd,
        capture_output=True,
        check=False,
        env=environment,
    )
    for _ in range(ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "perfprof", "check", *argv],
            cwd=cwd,
            capture_output=True,
            check=False,
            env=environment,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return median(spent)


def main() -> None:
    """Print the three figures."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else sysconfig.get_path("stdlib")).resolve()
    found = [path for path in sorted(root.rglob("*.py")) if not LEFT_OUT & set(path.relative_to(root).parts)]
    readable = {path: one for path in found if isinstance(one := read_source(path, root), Source)}
    reading(root, list(readable), [one.code for one in readable.values()])
    with tempfile.TemporaryDirectory() as folder:
        clean = Path(folder)
        for number in range(10):
            (clean / f"m{number}.py").write_text("def f(xs):\n    return {x: len(x) for x in xs}\n" * 20)
        print(f"ten clean files, cold process: {cold(['--no-cache', '.'], clean):.3f} s CPU")
    with tempfile.TemporaryDirectory() as folder:
        copies = Path(folder)
        for number, one in enumerate(list(readable.values())[:300]):
            (copies / f"m{number}.py").write_text(one.text)
        first = cold(["--no-cache", "."], copies)
        cold(["."], copies)
        print(f"300 files: {first:.2f} s CPU, again with memory: {cold(['.'], copies):.2f} s")


if __name__ == "__main__":
    main()
