"""Captured calls on old and new code, and inputs derived from them, in fresh interpreters of the target.

The comparing itself happens in ``perfprof/profilers/inside/replaying``; here the processes are started, one for each
hash seed, and their answers are weighed.
"""

from __future__ import annotations

import json
import pickle
import uuid
from collections import Counter
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

    main: the project's file that was the main script, relative, or empty.
    """

    function: str
    blob: bytes
    weight: int = 1
    size: int = 0
    main: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One patch to play: the files it changes and the captured calls of the functions it changes."""

    id: str
    changes: tuple[FileChange, ...]
    calls: tuple[Call, ...]


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
    """CPU seconds: for one call, for the typed and for the hostile inputs of one function in one process."""

    call: float = 10.0
    typed: float = 0.5
    hostile: float = 0.4
    examples: int = 160
    timeout: float = 60.0  # wall, for the whole process


@dataclass
class Played:
    """All that the processes told about one case. ended: False if a process died on it."""

    problems: list[str] = field(default_factory=list)
    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=list)  # (hash seed, answer of one function)
    died: str = ""

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
    seeds: Sequence[int] = (0, 1, 2),
    limits: Limits = Limits(),
) -> dict[str, Played]:
    """Play all cases under each hash seed, a process a seed."""
    job = {
        "task": "replay",
        "cases": [
            {
                "id": case.id,
                "changes": [(change.path, change.before, change.after) for change in case.changes],
                "calls": [(call.function, call.blob) for call in case.calls],
                "main": any(b"__main__" in call.blob for call in case.calls),
            }
            for case in cases
        ],
        "limits": {name: getattr(limits, name) for name in ("call", "typed", "hostile", "examples")},
    }
    runs = [executor.submit(start, stage, job, seed, limits.timeout) for seed in seeds]
    found = {case.id: Played() for case in cases}
    for seed, run in zip(seeds, runs, strict=True):
        ran, answers = run.result()
        _sort_in(found, seed, ran, answers)
    return found


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
    last = ""
    for answer in answers:
        if "at" in answer:
            last = f"{answer['case']}\0{answer['at']}"
        elif "problems" in answer and "function" not in answer:
            found[answer["case"]].problems += answer["problems"]
        elif "function" in answer:
            found[answer["case"]].answers.append((seed, answer))
    if answers and "end" in answers[-1]:
        return
    case, _, place = last.partition("\0")
    why = "took too long" if ran.late else f"ended with exit code {ran.code}: {ran.last_lines(3)}"
    for name, played in found.items():
        if name == case or not any(place == seed for place, _ in played.answers):
            played.died = f"{place or 'start'}: the judging process {why}"


@dataclass(frozen=True, slots=True)
class Weighed:
    """What replay says. calls: replayed on both sides. used: indexes of calls fit for timing, with old seconds."""

    outcome: str  # "passed", "failed", "cannot tell"
    reason: str
    calls: int = 0
    used: Mapping[int, float] = field(default_factory=dict)


def weigh_replay(case: Case, played: Played) -> Weighed:
    """Every captured call must do the same; calls that old code itself answers differently decide nothing."""
    unstable = _order_dependent(played)
    refused: Counter[str] = Counter()
    used: dict[int, float] = {}
    for _, answer in played.answers:
        for difference in answer.get("differences", ()):
            if difference["call"] not in unstable:
                return Weighed("failed", told(answer["function"], difference))
    for function, answers in played.functions().items():
        del function
        first = answers[0]
        if "problems" in first:
            played.problems += first["problems"]
            continue
        refused.update(first["refused"].values())
        for index, (seconds, _) in first["seconds"].items():
            if index not in first["refused"] and int(index) not in unstable:
                used[int(index)] = seconds
    if played.died:
        return Weighed("cannot tell", played.died)
    if unstable:
        refused["its answer changes with the hash seed"] += len(unstable)
    return _summed(case, played, used, refused)


def _summed(case: Case, played: Played, used: dict[int, float], refused: Counter[str]) -> Weighed:
    left_out = "; ".join(f"{count} not replayed: {why}" for why, count in refused.most_common(3))
    if used:
        functions = {case.calls[index].function for index in used}
        missing = {call.function for call in case.calls} - functions
        silent = f"; nothing for {', '.join(sorted(missing))}" if missing else ""
        reason = f"{len(used)} captured calls agree{silent}" + (f"; {left_out}" if left_out else "")
        return Weighed("passed", reason, len(used), used)
    why = "; ".join(dict.fromkeys(played.problems)) or left_out or "no call was captured"
    return Weighed("cannot tell", f"nothing could be replayed ({why})")


def _order_dependent(played: Played) -> set[int]:
    """Calls whose old answer is not the same under every hash seed."""
    names: dict[int, set[str]] = {}
    for _, answer in played.answers:
        for index, name in answer.get("old", {}).items():
            if index not in answer.get("refused", {}):
                names.setdefault(int(index), set()).add(name)
    return {index for index, found in names.items() if len(found) > 1}


def weigh_differential(played: Played, kind: str) -> Weighed:
    """kind "typed": inputs of the types that were seen; "hostile": of types that never were."""
    examples = skipped = 0
    effects = []
    for _, answer in played.answers:
        found = answer.get(kind)
        if answer.get("effects"):
            effects.append(answer["function"].partition("::")[2])
        if found is None:
            continue
        if found["difference"] is not None:
            return Weighed("failed", told(answer["function"], found["difference"]), examples)
        examples += found["examples"]
        skipped += found["skipped"]
    if examples:
        return Weighed(
            "passed", f"{examples:,} inputs agree" + (f", {skipped:,} left out" if skipped else ""), examples
        )
    if effects:
        return Weighed("cannot tell", f"not tried: {effects[0]} touches the outside")
    return Weighed("cannot tell", "not tried: nothing was replayed")


def told(function: str, difference: Mapping[str, Any]) -> str:
    """One difference in words."""
    name = function.partition("::")[2]
    if not difference["old"] and not difference["new"]:
        return f"{name} leaves another {difference['part']} behind"
    what = f"{name}({difference['arguments']}): {difference['part']} differs"
    if difference["old"] != difference["new"]:
        what += f"; old {difference['old']}; new {difference['new']}"
    return what
