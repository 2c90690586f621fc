"""The captured calls of a probed run, as the judge plays them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from perfprof.optimizer.judge.hints import hinted
from perfprof.optimizer.judge.replay import Call, Case
from perfprof.optimizer.patches import FileChange, Patch


def read(folder: Path | None, roots: Sequence[Path]) -> tuple[Call, ...]:
    """All calls in a folder of captures; functions are named ``path::qualified.name``, relative to the root that holds them."""
    if folder is None or not folder.exists():
        return ()
    from perfprof.profilers.calls import read_calls

    calls = []
    for call in read_calls(folder):
        path, _, name = call.function.partition("::")
        calls.append(
            Call(
                f"{_relative(path, roots)}::{name}",
                call.blob,
                call.weight,
                call.size,
                call.cpu_seconds or call.seconds,
                _relative(call.main, roots),
                not call.raised and call.seconds > 0,  # generators and coroutines were not followed to their end
            )
        )
    return tuple(calls)


def case_of(patch: Patch, calls: Iterable[Call], imported: frozenset[str]) -> Case:
    """The calls of the functions that the patch changes; calls of others would tell nothing of it, least of all its time.

    imported: files that the workload executes; only changes of these, or if nothing is known all, can be played.
    """
    changes = tuple(change for change in patch.changes if _playable(change, imported))
    mine = tuple(call for call in calls if call.function in patch.functions and not patch.reshapes)
    hints = hinted(changes) if patch.domain == "hinted" else {}
    return Case(patch.digest, changes, mine, hints, patch.tolerance)


def _playable(change: FileChange, imported: frozenset[str]) -> bool:
    return (
        bool(change.before)
        and not change.gone
        and change.path.endswith(".py")
        and (change.path in imported or not imported)
    )


def _relative(path: str, roots: Sequence[Path]) -> str:
    """A file of the project by its relative path; empty for files elsewhere."""
    if not path or not Path(path).is_absolute():
        return path
    resolved = Path(path).resolve()
    return next((resolved.relative_to(root).as_posix() for root in roots if root in resolved.parents), "")
