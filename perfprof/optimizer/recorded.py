"""A recording alone, as a run that every report can show, and as a few lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Document, Recorded
from perfprof.optimizer.reports.recorded import sections
from perfprof.optimizer.reports.terminal import recorded
from perfprof.optimizer.run import Run, Step
from perfprof.profilers.recording import Recording

TOLD = ("python", "perfprof", "sampler", "started")  # of what the recording knows about itself


def as_run(
    recording: Recording, workload: str, asked: str, root: Path, *, kept: bool = True, more: Sequence[Recorded] = ()
) -> Run:
    """What a report can show of a recording alone. kept: in the folder of a run, where a report can stand beside it.

    more: sections beyond those of the recording itself.
    """
    meta, folder = recording.meta, recording.path.parent
    step = Step(
        "record", float(meta["seconds"]), seen(recording), f"{figures.seconds(float(meta['cpu_seconds']))} CPU"
    )
    return Run(
        id=folder.name if kept else recording.path.name,
        verb="record",
        folder=str(folder) if kept else "",
        root=str(root),
        command=workload,
        applied=False,
        environment={name: meta[name] for name in TOLD if meta.get(name)} | _surroundings(meta),
        steps=(step,),
        stacks=recording.collapsed(root),
        recorded=(*more, *sections(recording, root)),
        asked=asked,
    )


def _surroundings(meta: Mapping[str, str]) -> dict[str, str]:
    """Machine and runtimes, as the recording has them; the Python is that of the program."""
    found = {
        name.removeprefix("environment "): value for name, value in meta.items() if name.startswith("environment ")
    }
    return {name: value for name, value in found.items() if name not in TOLD}


def seen(recording: Recording) -> str:
    """How much there is of what."""
    statements = sum(one.count for one in recording.executions())
    counts = (
        figures.counted(recording.total, "sample"),
        figures.counted(len(recording.processes()), "process", "processes"),
        figures.counted(statements, "statement"),
    )
    return " · ".join(counts)


def summary(recording: Recording, root: Path, report: Document) -> Iterator[str]:
    """What was seen, and what there is to say about it."""
    wall, cpu = (figures.seconds(float(recording.meta[name])) for name in ("seconds", "cpu_seconds"))
    yield f"{wall} · {cpu} CPU · {seen(recording)}"
    yield from recorded(report["recorded"])
    code = int(recording.meta.get("exit_code", "0"))
    if code:
        yield f"The program ended with {f'exit code {code}' if code > 0 else f'signal {-code}'}"
    yield from filter(None, recording.meta.get("notes", "").splitlines())
