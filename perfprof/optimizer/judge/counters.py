"""What can be counted exactly in a run of the workload: statements, answers of the changed functions, files, output.

A patch that promises fewer statements is measured by their number; there is no noise in it. Its functions take a
connection, so their calls cannot be replayed: their answers are compared where they are given, in the running
program, old against new.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from perfprof.optimizer.judge.trees import Tree
from perfprof.optimizer.judge.watching import INSIDE, instrumented, with_environment
from perfprof.optimizer.judge.workbench import FOREVER, Workbench
from perfprof.optimizer.patches import FileChange
from perfprof.profilers.parts import connects, pools
from perfprof.profilers.recording import Recording
from perfprof.profilers.workload import record

_SAVEPOINTS = ("savepoint", "release savepoint", "rollback to")  # under names that change from run to run
_READS = ("select", "with", "values", "explain", "pragma", "show", "table", *_SAVEPOINTS)
Answer = tuple[str, str]  # function as path::qualified.name, and a digest
Groups = tuple[tuple[str, ...], ...]  # functions that are changed together


@dataclass(frozen=True, slots=True)
class Counted:
    """One run of the workload. others: what is counted beside statements, by the name of the counter. answers: (function, digest) -> calls; shown: the same in words.

    effects: what the run left behind or wrote, by name ("statement …", "file …", "output"), as text to compare.
    marks: of the words of each answer of a function, in order (see steady.py).
    opaque: (function, type) of what answers hold that cannot be looked into. missed: functions not watched.
    ended: empty if the run went well, else how it ended. late: it did because its time was over.
    """

    statements: int = 0
    others: Mapping[str, int] = field(default_factory=dict)
    cpu: float = 0.0
    answers: Mapping[Answer, int] = field(default_factory=dict)
    shown: Mapping[Answer, str] = field(default_factory=dict)
    effects: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    opaque: frozenset[Answer] = frozenset()
    missed: frozenset[str] = frozenset()
    ended: str = ""
    late: bool = False

    def of(self, functions: Iterable[str]) -> Counted:
        """What this run tells of some of the functions that were watched in it."""
        wanted = frozenset(functions)
        return replace(
            self,
            answers={key: calls for key, calls in self.answers.items() if key[0] in wanted},
            marks={name: marks for name, marks in self.marks.items() if name in wanted},
            opaque=frozenset(key for key in self.opaque if key[0] in wanted),
            missed=self.missed & wanted,
        )


def count(
    bench: Workbench,
    tree: Tree,
    changes: Sequence[FileChange],
    groups: Groups,
    timeout: float = FOREVER,
    *,
    reshaped: bool = False,
) -> Counted:
    """Run the workload in a tree with these changes, and note statements and the answers of the functions in ``groups``,
    but for calls from within the same group. Their arguments may hold a deque in place of a list if ``reshaped``.
    """
    assert bench.project.workload is not None
    folder = bench.place.path / "counting"
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("answers", "import", "record"):
        (folder / name).mkdir(parents=True)
    shutil.copyfile(INSIDE / "answers.py", folder / "import" / "_perfprof_answers.py")
    tree.write(())
    functions = [one for group in groups for one in group]
    tree.write(instrumented(tree, changes, functions, folder / "import"))
    env = _watching(tree, folder, groups, reshaped=reshaped)
    argv = with_environment(tree.command(bench.project.workload.argv, env), env)
    output = folder / "output"
    try:
        recording = record(
            argv, cwd=tree.path, folder=folder / "record", sampler="off", output=output, timeout=timeout
        )
        files = {f"file {name}": _digest(tree.path / name) for name in tree.touched()}
    finally:
        tree.write(())
    text = output.read_text("utf-8", "replace").replace(str(tree.path), "")
    with recording:
        return _read(recording, folder / "answers", text, files)


def _watching(tree: Tree, folder: Path, groups: Groups, *, reshaped: bool) -> dict[str, str]:
    """The environment in which the answers of these functions are noted; hashes are the same in each run."""
    env = tree.env(first=[INSIDE / "start"])
    return env | {
        "PERFPROF_INSIDE": str(INSIDE),
        "PERFPROF_ANSWERS": str(folder / "answers"),
        "PERFPROF_ROOT": str(tree.path),
        "PERFPROF_GROUPS": json.dumps(groups),
        "PERFPROF_RESHAPED": "yes" if reshaped else "",
        "PYTHONHASHSEED": env.get("PYTHONHASHSEED", "0"),
    }


def _read(recording: Recording, answers: Path, output: str, files: Mapping[str, str]) -> Counted:
    meta = recording.meta
    code = meta.get("exit_code", "0")
    if code != "0" or "timed_out" in meta:
        late = "timed_out" in meta
        how = "it took too long" if late else f"exit code {code}"
        return Counted(ended="\n".join([how, *output.rstrip().splitlines()[-5:]]), late=late)
    writes: Counter[str] = Counter()
    total = 0
    for execution in recording.executions():
        total += execution.count
        if not execution.statement.text.lstrip(" (\n").lower().startswith(_READS):
            writes[f"statement {_told(execution.statement.text)}"] += execution.count
    effects = {**{text: f"{calls} times" for text, calls in writes.items()}, **files, "output": output[-10_000:]}
    counted = Counted(total, _others(recording), float(meta.get("cpu_seconds", "0")), effects=effects)
    return _with_answers(counted, answers)


def _others(recording: Recording) -> dict[str, int]:
    """Those who waited for a pool or gave up, and connections that were opened."""
    waits = (pools.total((*pool.waits, *pool.timeouts)).count for pool in pools.read(recording))
    return {"pool-waits": sum(waits), "connections": sum(one.latencies.count for one in connects.read(recording))}


def _told(text: str) -> str:
    """A statement's text; of one that makes or alters a table its words, for tools that reflect a table order its parts anew."""
    words = re.findall(r"[^\s,()]+", text)
    return " ".join(sorted(words)) if words and words[0].lower() in ("create", "alter") else text


def _with_answers(counted: Counted, folder: Path) -> Counted:
    given: Counter[Answer] = Counter()
    shown: dict[Answer, str] = {}
    opaque: set[Answer] = set()
    missed: set[str] = set()
    marks: dict[str, list[str]] = {}
    for file in folder.iterdir():
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            kind, function, name, *rest = (*line.split("\t"), "", "", "")
            if kind == "answer":
                given[function, name] += 1
                marks.setdefault(function, []).append(rest[1])
                shown.setdefault((function, name), rest[2])
                opaque.update((function, part) for part in rest[0].split(",") if part)
            elif kind == "missed":
                missed.add(function)
    told = replace(counted, answers=given, shown=shown, marks=marks)
    return replace(told, opaque=frozenset(opaque), missed=frozenset(missed))


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "gone"
