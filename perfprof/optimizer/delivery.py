"""Deliver: patch and migration files into the run's folder, and with ``--apply`` the accepted ones into the tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from perfprof.errors import PerfprofError
from perfprof.optimizer.patches import FileChange
from perfprof.optimizer.run import Outcome, Run
from perfprof.optimizer.writing.patch_files import write_patches


def deliver(run: Run, changes: Sequence[FileChange], root: Path, apply: bool) -> Run:
    """The run with the names of what was written. changes: all accepted patches as one."""
    folder = Path(run.folder)
    names = write_patches(folder, run.outcomes, run.command, root)
    outcomes = [replace(one, patch_file=name) for one, name in zip(run.outcomes, names, strict=True)]
    migrations = _migrations(outcomes, root, changes)
    for change in migrations:
        target = folder / "migrations" / _apart(change.path, migrations)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        target.write_text(change.after, "utf-8")
    run = replace(run, outcomes=tuple(outcomes), migrations=tuple(change.path for change in migrations))
    if not apply or not (changes or migrations):
        return run
    from perfprof.optimizer.writing.apply import apply as write

    try:
        write(root, _one_a_file([*changes, *migrations]), label=run.id)
    except PerfprofError as problem:  # the report is kept all the same
        return replace(run, refused=str(problem))
    applied = [replace(one, status="applied") if one.status == "accepted" else one for one in outcomes]
    touched = tuple(change.path for change in changes)
    return replace(run, outcomes=tuple(applied), files_changed=touched, applied=True)


def _migrations(outcomes: Sequence[Outcome], root: Path, others: Sequence[FileChange]) -> list[FileChange]:
    """The files of all accepted migrations, one after the other, over the accepted patches."""
    from perfprof.optimizer.migrations.choose import changes

    made: list[FileChange] = []
    for one in outcomes:
        if one.status == "accepted" and one.patch is not None and one.patch.migration is not None:
            made += changes(root, one.patch, one.verdict, [*others, *made])
    return made


def _apart(path: str, among: Sequence[FileChange]) -> str:
    """A file's name, with its folders where another has the same."""
    name = Path(path).name
    same = {change.path for change in among if Path(change.path).name == name}
    return name if len(same) == 1 else path.replace("/", "_")


def _one_a_file(changes: Sequence[FileChange]) -> list[FileChange]:
    """Changes of one file in a row become one, from its first text to its last."""
    found: dict[str, FileChange] = {}
    for change in changes:
        before = found.get(change.path)
        found[change.path] = change if before is None else replace(change, before=before.before)
    return list(found.values())
