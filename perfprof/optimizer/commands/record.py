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
    from perfprof.profilers.recording import Recording


@click.command("record", cls=arguments.WorkloadCommand)
@arguments.several(
    click.option(
        "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="The recording."
    ),
    arguments.sampler,
    arguments.timeout,
    arguments.quiet,
    arguments.debug,
)
@click.pass_context
def command(ctx: click.Context, /, output: Path | None, **given: Any) -> None:
    """Run the command after -- unchanged and record what it does.

    Its output, signals and exit code are its own; what was seen is told on standard error.
    """
    settings = arguments.settle(ctx, given)
    workload = settings.get("workload")
    if workload is None:
        raise UsageError("there is no command", todo="Put it after --: perfprof record -- python your_program.py")
    recording = _record(workload, settings)
    code, file = int(recording.meta["exit_code"]), recording.path
    said = list(_summary(recording, settings["root"]))
    recording.close()
    if output is not None:
        shutil.copyfile(file, output)
    if not settings.get("quiet"):
        click.echo("\n".join(["", *said, f"Recording: {output or file.relative_to(settings['root'])}"]), err=True)
    ctx.exit(code if code >= 0 else 128 - code)


def _record(workload: Command, settings: dict[str, Any]) -> Recording:
    from perfprof.optimizer.runs import begin
    from perfprof.profilers.workload import record

    root: Path = settings["root"]
    return record(
        workload.argv,
        cwd=root / workload.folder,
        folder=begin(root / ".perfprof"),
        sampler=settings.get("sampler", "auto"),
        timeout=settings.get("timeout") or None,
    )


def _summary(recording: Recording, root: Path) -> Iterator[str]:
    """What was seen, and the files and statements that cost most."""
    from perfprof.optimizer.reports import figures

    meta, processes = recording.meta, len(recording.processes())
    statements = sum(execution.count for execution in recording.executions())
    yield (
        f"{figures.seconds(float(meta['seconds']))} ({figures.seconds(float(meta['cpu_seconds']))} CPU) · "
        f"{recording.total:,} samples · {processes} process{'' if processes == 1 else 'es'} · {statements:,} statements"
    )
    for path, samples in list(recording.files().items())[:5]:
        name = Path(path).relative_to(root) if Path(path).is_relative_to(root) else path
        yield f"  {figures.share(samples / (recording.total or 1)):>5}  {name}"
    yield from filter(None, meta.get("notes", "").splitlines())
