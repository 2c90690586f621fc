"""Captured calls on old and new code, and inputs derived from them, in fresh interpreters of the target.

The comparing itself happens in ``perfprof/profilers/inside/replaying``; here the processes are started, one for each
hash seed, and their answers are weighed.
"""

from __future__ import annotations

import json
import pickle
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import perfprof.profilers.inside
from perfprof.optimizer.judge.processes import Processes, Ran
from perfprof.optimizer.judge.trees import Tree
from perfprof.optimizer.patches import FileChange

ENTRY = Path(perfprof.profilers.inside.__file__).parent / "replay.py"


@dataclass(frozen=True, slots=True)
class Call:
    """A captured call. function: ``path::qualified.name``. blob: pickled (args, kwargs). weight: calls it stands for.

    seconds: CPU time that it took. main: the project's file that was the main script, relative, or empty. returned:
    whether it is known to have ended without an exception.
    """

    function: str
    blob: bytes
    weight: int = 1
    size: int = 0
    seconds: float = 0.0
    main: str = ""
    returned: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One patch to play: the files it changes and the captured calls of the functions it changes.

    hints: for a function, the names of the types that its parameters may hold; for others any type may come.
    tolerance: how far floats of the answers may differ.
    """

    id: str
    changes: tuple[FileChange, ...]
    calls: tuple[Call, ...]
    hints: Mapping[str, list[str]] = field(default_factory=dict)
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True)
class Stage:
    """Where to play. tree: holds the old code. script: the workload's program, relative. folders: for ``sys.path``."""

    processes: Processes
    interpreter: str
    tree: Tree
    folder: Path  # for job and answer files
    script: str = ""
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """CPU seconds: for one call, for the typed and for the hostile inputs of one function in one process.

    first, later: for all captured calls of the old code under the first hash seed, and under each later one.
    all_layers: go on after a difference, to see what each layer would have said.
    """

    call: float = 10.0
    first: float = 8.0
    later: float = 0.4
    typed: float = 0.5
    hostile: float = 0.4
    examples: int = 100
    timeout: float = 60.0  # wall, for the whole process
    all_layers: bool = False


@dataclass
class Played:
    """All that the processes told about one case. ended: False if a process died on it."""

    problems: list[str] = field(default_factory=list)
    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=list)  # (hash seed, answer of one function)
    died: str = ""

    def apart(self, kind: str = "") -> float:
        """How far apart floats are that count as equal: of captured calls, or of those of a kind derived from them."""
        told = [(answer.get(kind) or {}) if kind else answer for _, answer in self.answers]
        return max((one.get("largest", 0.0) for one in told), default=0.0)

    def functions(self) -> dict[str, list[dict[str, Any]]]:
        """The answers of all seeds by function."""
        found: dict[str, list[dict[str, Any]]] = {}
        for _, answer in self.answers:
            found.setdefault(answer["function"], []).append(answer)
        return found


def play(
    stage: Stage,
    cases: Sequence[Case],
    executor: Executor,
    *,
    seeds: Sequence[int] = (0, 1),
    limits: Limits = Limits(),
) -> dict[str, Played]:
    """Play all cases under each hash seed, a process a seed."""
    runs = [
        executor.submit(start, stage, _job(cases, limits, position), seed, limits.timeout)
        for position, seed in enumerate(seeds)
    ]
    found = {case.id: Played() for case in cases}
    for seed, run in zip(seeds, runs, strict=True):
        ran, answers = run.result()
        _sort_in(found, seed, ran, answers)
    return found


def _job(cases: Sequence[Case], limits: Limits, position: int) -> dict[str, Any]:
    """The first seed plays all calls, the later ones the quick ones; from the third on derived inputs are left out."""
    described = []
    for case in cases:
        chosen = _affordable(case.calls, limits.later if position else limits.first)
        described.append(
            {
                "id": case.id,
                "changes": [(change.path, change.before, change.after) for change in case.changes],
                "calls": [(index, case.calls[index].function, case.calls[index].blob) for index in chosen],
                "returned": [index for index in chosen if case.calls[index].returned],
                "hints": dict(case.hints),
                "tolerance": case.tolerance,
                "main": any(b"__main__" in call.blob for call in case.calls),
            }
        )
    told = {name: getattr(limits, name) for name in ("call", "typed", "hostile", "examples", "all_layers")}
    return {"task": "replay", "cases": described, "limits": told | ({"examples": 0} if position > 1 else {})}


def _affordable(calls: Sequence[Call], seconds: float) -> list[int]:
    """Indexes of the calls, the quickest first until the time is spent; in the order in which they stand."""
    chosen: list[int] = []
    for index in sorted(range(len(calls)), key=lambda index: calls[index].seconds):
        seconds -= calls[index].seconds
        if seconds < 0 and chosen:
            break
        chosen.append(index)
    return sorted(chosen)


def start(stage: Stage, job: Mapping[str, Any], seed: int, timeout: float) -> tuple[Ran, list[dict[str, Any]]]:
    """One judging process; its answers as far as it came."""
    name = uuid.uuid4().hex
    job_file, answer_file = stage.folder / f"{name}.job", stage.folder / f"{name}.answers"
    described = {
        **job,
        "seed": seed,
        "root": str(stage.tree.path),
        "script": stage.script,
        "cloudpickle": _cloudpickle(),
        "folders": list(stage.folders),
    }
    job_file.write_bytes(pickle.dumps(described, protocol=4))
    env = {**stage.tree.env(), "PYTHONHASHSEED": str(seed), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        argv = (stage.interpreter, str(ENTRY), str(job_file), str(answer_file))
        ran = stage.processes.run(argv, cwd=stage.tree.path, env=env, timeout=timeout)
        lines = answer_file.read_text(encoding="utf-8").splitlines() if answer_file.exists() else []
    finally:
        job_file.unlink(missing_ok=True)
        answer_file.unlink(missing_ok=True)
    return ran, [json.loads(line) for line in lines if line.endswith("}")]


def _cloudpickle() -> str:
    """Where the package is: the target may not have it, and what lies in a main script was pickled with it."""
    import cloudpickle

    return str(Path(cloudpickle.__file__).parent)


def _sort_in(found: dict[str, Played], seed: int, ran: Ran, answers: list[dict[str, Any]]) -> None:
    """Each answer to its case; if the process died, the case that it died on says so, and all after it."""
    last: dict[str, Any] = {"case": "", "at": "start"}
    for answer in answers:
        if "function" in answer:
            found[answer["case"]].answers.append((seed, answer))
        elif "problems" in answer:
            found[answer["case"]].problems += answer["problems"]
        else:
            last = answer
    if "end" not in last:
        _died(found, seed, last, ran)


def _died(found: dict[str, Played], seed: int, last: dict[str, Any], ran: Ran) -> None:
    how = "took too long" if ran.late else f"ended with exit code {ran.code}: {ran.last_lines(3)}"
    for name, played in found.items():
        if name == last["case"] or all(place != seed for place, _ in played.answers):
            played.died = f"{last['at']}: the judging process {how}"
