"""What one judging process does: read its job, play every case, write one line of JSON for each answer."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .calling import Caller
from .comparing import Compared, Subject
from .differing import differential
from .fences import Fence, open_connection
from .modules import NotImportedError, load
from .shapes import brief, digest
from .sides import Sides
from .wild import bind, pool
from .worlds import World

Tell = Callable[[dict[str, Any]], None]


def main(job_file: str, answer_file: str) -> None:
    """job_file: a pickled dict, see ``perfprof.optimizer.judge.replay``. answer_file: gets lines of JSON."""
    job = pickle.loads(Path(job_file).read_bytes())  # noqa: S301 (written by the judge itself)
    with open(answer_file, "a", encoding="utf-8") as answers:

        def tell(answer: dict[str, Any]) -> None:
            answers.write(json.dumps(answer) + "\n")
            answers.flush()

        if job["task"] == "timing":
            _timing(job, tell)
        elif job["task"] == "growth":
            from .growing import growing

            growing(job, tell)
        else:
            caller = Caller(Fence())
            for case in job["cases"]:
                _case(job, case, caller, tell)
        tell({"end": True})


def _timing(job: dict[str, Any], tell: Tell) -> None:
    from .timing import timing

    sides, problems = sides_of(job, job["cases"][0])
    if problems:
        tell({"problems": problems})
    else:
        timing(job, sides, tell)


def sides_of(job: dict[str, Any], case: dict[str, Any]) -> tuple[dict[str, Sides], list[str]]:
    """The changed modules of a case by path, and what stands in the way."""
    root = Path(job["root"])
    found: dict[str, Sides] = {}
    problems: list[str] = []
    if job["script"] and case.get("main"):  # its classes are pickled as those of __main__
        with contextlib.suppress(NotImportedError):
            load(root, job["script"], job["script"])
    for path, old, new in case["changes"]:
        try:
            module = load(root, path, job["script"])
        except NotImportedError as error:
            problems.append(str(error))
            continue
        found[path] = Sides(module, str(getattr(module, "__file__", "")), old, new)
        problems += found[path].problems
    return found, problems


def _case(job: dict[str, Any], case: dict[str, Any], caller: Caller, tell: Tell) -> None:
    name = case["id"]
    tell({"case": name, "at": "import"})
    sides, problems = sides_of(job, case)
    connection = open_connection()
    if connection:
        problems.append(f"a {connection} is open as soon as the module is imported: what runs on it is no replay")
    if problems:
        tell({"case": name, "problems": problems})
        return
    world = World(Path(job["root"]))
    caller.within = case.get("tolerance", 0.0)
    grouped: dict[str, list[tuple[int, bytes]]] = {}
    for index, function, blob in case["calls"]:
        grouped.setdefault(function, []).append((index, blob))
    for function, calls in grouped.items():
        path, _, qualified = function.partition("::")
        if path not in sides:
            continue
        subject = Subject(qualified, list(sides.values()), sides[path], world, caller)
        tell({"case": name, "at": function})
        bind(case.get("hints", {}).get(function))
        try:
            answer = _function(job, subject, calls, [index in case.get("returned", ()) for index, _ in calls])
        except LookupError as error:
            answer = {"problems": [str(error)]}
        tell({"case": name, "function": function, **answer})


def _function(
    job: dict[str, Any], subject: Subject, calls: list[tuple[int, bytes]], returned: list[bool]
) -> dict[str, Any]:
    limits = job["limits"]
    makers = [_maker(blob) for _, blob in calls]
    seen = subject.compare(makers, limits["call"])
    _refuse_other_calls(seen, returned)
    answer = _replayed(seen, calls, makers)
    effects = any(why.startswith(("opens", "does", "imports")) for why in seen.refused.values())
    good = [blob for place, (_, blob) in enumerate(calls) if place not in seen.refused]
    if limits["examples"] and good and not effects and (limits["all_layers"] or not seen.divergences):
        answer |= _derived(job, subject, good)
    return {**answer, "effects": effects}


def _refuse_other_calls(seen: Compared, returned: list[bool]) -> None:
    """What raises here and did not in the workload is another call: its objects did not come through the pickle whole."""
    for place, ended in enumerate(returned):
        raised = seen.old[place].raised
        if ended and raised and place not in seen.refused:
            seen.refused[place] = f"it raises {raised} here, and did not in the workload"
    seen.divergences[:] = [one for one in seen.divergences if one.index not in seen.refused]


def _derived(job: dict[str, Any], subject: Subject, blobs: list[bytes]) -> dict[str, Any]:
    """Typed inputs, and hostile ones if the typed ones agree."""
    limits = job["limits"]
    found: dict[str, Any] = {}
    for kind, hostile in (("typed", False), ("hostile", True)):
        if hostile and not pool():  # the hints leave none of them
            continue
        seed, examples = job["seed"] * 2 + hostile, limits["examples"]
        told = differential(subject, blobs, hostile=hostile, seed=seed, examples=examples, seconds=limits[kind])
        found[kind] = vars(told)
        if told.difference is not None and not limits["all_layers"]:
            break
    return found


def _maker(blob: bytes) -> Callable[[], Any]:
    return lambda: pickle.loads(blob)  # noqa: S301 (the user's own objects, in the user's own interpreter)


def _replayed(seen: Compared, calls: list[tuple[int, bytes]], makers: list[Callable[[], Any]]) -> dict[str, Any]:
    differences = []
    for found in seen.divergences:
        text = _arguments(makers[found.index]) if found.index >= 0 else ""
        differences.append(
            {"call": found.index, "arguments": text, "part": found.part, "old": found.old, "new": found.new}
        )
    return {
        "old": {index: _name(seen, place) for place, (index, _) in enumerate(calls)},
        "seconds": {
            index: (seen.old[place].seconds, seen.new[place].seconds) for place, (index, _) in enumerate(calls)
        },
        "refused": {calls[place][0]: why for place, why in seen.refused.items()},
        "differences": differences,
        "largest": seen.largest,
        "opaque": sorted({name for outcome in seen.old for name in outcome.opaque}),
    }


def _name(seen: Compared, place: int) -> str:
    parts = seen.old[place].parts
    return digest("".join(parts.get(name, "") for name in ("arguments after the call", "result", "output")))


def _arguments(make: Callable[[], Any]) -> str:
    args, kwargs = make()
    return ", ".join([*map(brief, args), *(f"{name}={brief(value)}" for name, value in kwargs.items())])[:400]


def prepare(root: str, folders: list[str], cloudpickle: str) -> None:
    """Make the process look to the project's code as its own program would: paths, folder, no traces left."""
    sys.dont_write_bytecode = True
    sys.argv = sys.argv[:1]  # the program may read its command line when it is imported
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(0)
    os.chdir(root)
    for folder in reversed(folders):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    if importlib.util.find_spec("cloudpickle") is None:
        _lend("cloudpickle", cloudpickle)


def _lend(name: str, folder: str) -> None:
    """Make a package importable that the target does not have, without opening perfprof's environment to it."""
    spec = importlib.util.spec_from_file_location(
        name, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
