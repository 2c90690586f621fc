"""Check: read files without running anything, fast enough for a commit hook.

Imports nothing heavy. What was read is remembered by content, with the files it depended on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.optimizer.checking.changed import Lines, changed_lines
from perfprof.optimizer.checking.ranking import rank
from perfprof.optimizer.checking.reader import Found, Read, read_files, read_in_turn
from perfprof.optimizer.executors import executor
from perfprof.optimizer.options import CheckOptions
from perfprof.optimizer.run import Outcome, Run
from perfprof.optimizer.sources import python_files
from perfprof.rules.rule import Finding, Level

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from perfprof.optimizer.checking.memory import Memory

CHUNK = 50  # files a task: large enough that modules which many import are seldom read twice
SERIAL = 50  # below that many files, starting processes costs more than it saves


def check(options: CheckOptions) -> Run:
    """Read what the options name; the run has one outcome a finding."""
    project = options.project
    named = frozenset(project.paths)
    files = [
        path
        for path in python_files(project.paths, options.root)
        if path in named or not is_test(path, options.root)
    ]
    changed = changed_lines(options.root, options.diff) if options.diff else None
    if changed is not None:
        files = [path for path in files if path in changed]
    memory = _memory(options)
    known = memory.known(options.root, files) if memory is not None else {}
    reads = [*known.values(), *_read(options, [path for path in files if path not in known])]
    if memory is not None:
        memory.keep(options.root, reads)
    reads.sort(key=lambda read: read.path)
    ranked = rank([one for read in reads for one in _touched(read, options.root, changed)], options)
    return Run(
        id="check",
        verb="check",
        folder="",
        root=str(options.root),
        command="",
        applied=False,
        environment={},
        outcomes=tuple(
            Outcome(one.finding, "found", reason_of(one), one.title, one.level, one.proofs) for one in ranked.shown
        ),
        skipped={read.path: read.skipped for read in reads if read.skipped},
        hidden=ranked.cold,
        unmeasured=ranked.unmeasured,
    )


def _memory(options: CheckOptions) -> Memory | None:
    """What earlier runs found; None if nobody wants it. Hashing and JSON are imported when they are needed."""
    if not options.cache:
        return None
    from perfprof.optimizer.checking.memory import Memory

    return Memory(options.project.home, options.only)


def is_test(path: Path, root: Path) -> bool:
    """Whether a file looks like a test: the speed of tests is rarely worth a diff, so they are read only by name."""
    parts = path.relative_to(root).parts if path.is_relative_to(root) else path.parts
    name = path.stem
    return (
        bool({"test", "tests"} & set(parts[:-1]))
        or name.startswith("test_")
        or name.endswith("_test")
        or name in {"conftest", "test", "tests"}
    )


def reason_of(one: Found) -> str:
    """What is left to show before a patch can be applied."""
    left = [proof.obligation for proof in one.proofs if proof.level is Level.OBSERVED]
    return f"to be observed: {', '.join(left)}" if left else f"{one.level.word} by reading"


def _read(options: CheckOptions, files: Sequence[Path]) -> list[Read]:
    chunks = [files[start : start + CHUNK] for start in range(0, len(files), CHUNK)]
    if options.jobs == 1 or (len(files) < SERIAL and not options.executor):
        return read_in_turn(options.root, chunks, options.only)
    from perfprof.profilers.environment import cores

    jobs = options.jobs or cores()
    with executor(options.executor, jobs) as pool:
        reads, lost = _submitted(pool, options, chunks)
    for path in lost:  # a worker died: read alone what it had, and name the file that kills
        with executor(options.executor, 1) as pool:
            more, dead = _submitted(pool, options, [[path]])
        reads += more or [
            Read(one.relative_to(options.root).as_posix(), skipped="kills the reader") for one in dead
        ]
    return reads


def _submitted(
    pool: Executor, options: CheckOptions, chunks: Iterable[Sequence[Path]]
) -> tuple[list[Read], list[Path]]:
    """What was read, and the files whose worker died."""
    from concurrent.futures import BrokenExecutor

    given = [(chunk, pool.submit(read_files, options.root, list(chunk), options.only)) for chunk in chunks]
    reads: list[Read] = []
    lost: list[Path] = []
    for chunk, future in given:
        try:
            reads += future.result()
        except BrokenExecutor:
            lost += chunk
    return reads, lost


def _touched(read: Read, root: Path, changed: Lines | None) -> list[Found]:
    if changed is None:
        return list(read.found)
    return [one for one in read.found if _meets(one.finding, changed.get(root / one.finding.path, ()))]


def _meets(finding: Finding, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(first <= finding.end_line and finding.line <= last for first, last in ranges)
