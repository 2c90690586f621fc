"""``perfprof record``: a recording alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfprof.errors import UsageError
from perfprof.optimizer.commands import arguments
from perfprof.optimizer.project import Command

if TYPE_CHECKING:
    from perfprof.optimizer.reports.contract import Document
    from perfprof.optimizer.run import Run
    from perfprof.profilers.recording import Recording

TOLD = ("python", "perfprof", "sampler", "started")  # of what the recording knows about itself


@click.command("record", cls=arguments.WorkloadCommand)
@arguments.several(
    click.option("-o", "--output", type=arguments.NewFile(), metavar="FILE", help="The recording."),
    arguments.sampler,
    arguments.timeout,
    arguments.quiet,
    arguments.debug,
)
@click.pass_context
def command(ctx: click.Context, /, output: Path | None, **given: Any) -> None:
    """Run the command after -- unchanged and record what it does.

    Its output, signals and exit code are its own; what was seen is told on standard error. `perfprof report`
    shows it again, with --html as a flame graph.
    """
    settings = arguments.settle(ctx, given)
    workload: Command | None = settings.get("workload")
    if workload is None:
        raise UsageError("there is no command", todo="Put it after --: perfprof record -- python your_program.py")
    from perfprof.optimizer.reports import keep
    from perfprof.optimizer.runs import begin
    from perfprof.profilers.workload import record

    root, folder = settings["root"], begin(settings["root"] / ".perfprof")
    timeout, sampler = settings.get("timeout") or None, settings.get("sampler", "auto")
    with record(
        workload.argv, cwd=root / workload.folder, folder=folder, sampler=sampler, timeout=timeout
    ) as recording:
        report = keep(_run(recording, str(workload), ctx.meta[arguments.ASKED], root))
        if output is not None:
            shutil.copyfile(recording.path, output)
        place = output or recording.path.relative_to(root)
        if not settings.get("quiet"):
            click.echo("\n".join(["", *_summary(recording, root, report), f"Recording: {place}"]), err=True)
        code = int(recording.meta["exit_code"])
    ctx.exit(code if code >= 0 else 128 - code)


def _run(recording: Recording, workload: str, asked: str, root: Path) -> Run:
    """What a report can show of a recording alone."""
    from perfprof.optimizer.reports.recorded import sections
    from perfprof.optimizer.run import Run, Step

    meta, folder = recording.meta, recording.path.parent
    step = Step("record", float(meta["seconds"]), _seen(recording), f"{float(meta['cpu_seconds']):.1f} s CPU")
    return Run(
        id=folder.name,
        verb="record",
        folder=str(folder),
        root=str(root),
        command=workload,
        applied=False,
        environment={name: meta[name] for name in TOLD if meta.get(name)},
        steps=(step,),
        stacks=recording.collapsed(root),
        recorded=sections(recording, root),
        asked=asked,
    )


def _seen(recording: Recording) -> str:
    processes, statements = len(recording.processes()), sum(one.count for one in recording.executions())
    plural = "" if processes == 1 else "es"
    return f"{recording.total:,} samples · {processes} process{plural} · {statements:,} statements"


def _summary(recording: Recording, root: Path, report: Document) -> Iterator[str]:
    """What was seen, and the files that cost most."""
    from perfprof.optimizer.reports import figures
    from perfprof.optimizer.reports.terminal import recorded

    wall, cpu = (figures.seconds(float(recording.meta[name])) for name in ("seconds", "cpu_seconds"))
    yield f"{wall} ({cpu} CPU) · {_seen(recording)}"
    for path, samples in list(recording.files().items())[:5]:
        name = Path(path).relative_to(root) if Path(path).is_relative_to(root) else path
        yield f"  {figures.share(samples / (recording.total or 1)):>5}  {name}"
    yield from recorded(report["recorded"])
    yield from filter(None, recording.meta.get("notes", "").splitlines())
