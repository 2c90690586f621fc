"""``perfprof record``: a recording alone."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfprof.errors import PerfprofError, UsageError
from perfprof.optimizer.commands import arguments
from perfprof.optimizer.project import Command

if TYPE_CHECKING:
    from perfprof.optimizer.reports.contract import Recorded
    from perfprof.profilers.load import Load
    from perfprof.profilers.recording import Recording


@click.command(
    "record", short_help="Run a program unchanged and record what it does.", cls=arguments.WorkloadCommand
)
@arguments.several(
    click.option("-o", "--output", type=arguments.NewFile(), metavar="FILE", help="The recording."),
    click.option("--pid", type=click.IntRange(1), help="Sample a process that runs already, by py-spy."),
    click.option(
        "--seconds", type=click.FloatRange(1), default=10.0, show_default=True, help="How long, with --pid."
    ),
    click.option(
        "--memory", "trace", flag_value="memory", help="Who allocates and what grows. Its times say nothing."
    ),
    click.option("--syscalls", "trace", flag_value="syscalls", help="Count system calls by strace. Slow."),
    click.option("--packets", is_flag=True, help="Sum up the packets of the machine meanwhile, by tshark."),
    click.option("--exact", is_flag=True, help="Run once more: calls, lines and complexity of the hot functions."),
    click.option("--tree", metavar="PATH", help="Call trees of the slowest requests whose path contains PATH."),
    click.option("--load", multiple=True, metavar="URL", help="Send requests there while it runs, then end it."),
    click.option("--clients", type=click.IntRange(1), help="How many send them. Default: 4."),
    click.option("--for", "duration", type=click.FloatRange(0.1), metavar="SECONDS", help="How long. Default: 10."),
    click.option("--check", is_flag=True, help="Say what could be recorded here, and end."),
    arguments.sampler,
    arguments.timeout,
    arguments.quiet,
    arguments.debug,
)
@click.pass_context
def command(
    ctx: click.Context, /, output: Path | None, pid: int | None, seconds: float, check: bool, **given: Any
) -> None:
    """Run the command after -- unchanged and record what it does.

    Its output, signals and exit code are its own; what was seen is told on standard error. `perfprof report`
    shows it again, with --html as a flame graph.
    """
    settings = arguments.settle(ctx, given)
    if check:
        from perfprof.optimizer.commands.surroundings import lines

        click.echo("\n".join(lines(settings["root"])))
        return
    workload: Command | None = settings.get("workload")
    if (workload is None) == (pid is None):
        todo = "Put it after --: perfprof record -- python your_program.py (or name a process: --pid)"
        raise UsageError(
            "there is no command" if pid is None else "a command and --pid exclude each other", todo=todo
        )
    from perfprof.optimizer.recorded import as_run, summary
    from perfprof.optimizer.reports import keep

    root = settings["root"]
    folder = _folder(root)
    if pid is not None and settings.get("exact"):
        raise UsageError(
            "--exact runs the command once more; a process that runs already has none", todo="Leave out one."
        )
    with _record(workload, pid, seconds, folder, settings) as recording:
        told = str(workload) if workload is not None else recording.meta["command"]
        more = _exact(workload, recording, folder, settings)
        report = keep(as_run(recording, told, ctx.meta[arguments.ASKED], root, more=more))
        if output is not None:
            shutil.copyfile(recording.path, output)
        place = output or _short(recording.path, root)
        if not settings.get("quiet"):
            click.echo("\n".join(["", *summary(recording, root, report), f"Recording: {place}"]), err=True)
        code = int(recording.meta["exit_code"])
    ctx.exit(code if code >= 0 else 128 - code)


def _short(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path


def _folder(root: Path) -> Path:
    """Of this run; elsewhere if the project cannot be written, for the program is to run and to be seen all the same."""
    from perfprof.optimizer.runs import begin

    try:
        return begin(root / ".perfprof")
    except PerfprofError as error:
        folder = begin(Path(tempfile.mkdtemp(prefix="perfprof-")))
        click.echo(f"{error}\nThis recording is kept in {folder}", err=True)
        return folder


def _record(
    workload: Command | None, pid: int | None, seconds: float, folder: Path, settings: Mapping[str, Any]
) -> Recording:
    if workload is None:
        from perfprof.profilers.attach import attach

        return attach(pid or 0, folder, seconds)
    from perfprof.profilers.parts.statements import SLOW
    from perfprof.profilers.workload import record

    timeout, sampler = settings.get("timeout") or None, settings.get("sampler", "auto")
    where = settings["root"] / workload.folder
    return record(
        workload.argv,
        cwd=where,
        folder=folder,
        sampler=sampler,
        timeout=timeout,
        trace=settings.get("trace", "off"),
        load=_load(settings),
        tree=settings.get("tree") or "",
        packets=settings.get("packets", False),
        slow_query=settings.get("slow_query_ms", SLOW * 1000) / 1000,
    )


def _exact(
    workload: Command | None, recording: Recording, folder: Path, settings: Mapping[str, Any]
) -> list[Recorded]:
    """What a second run tells, if it was asked for; a failure of it takes nothing from the first."""
    if workload is None or not settings.get("exact"):
        return []
    from perfprof.optimizer.complexity import complexities, section
    from perfprof.optimizer.project import Project

    project = Project(settings["root"], (settings["root"],), workload)
    timeout, load = settings.get("timeout") or None, _load(settings)
    try:
        found = list(complexities(project, recording, folder, timeout=timeout, load=load))
    except PerfprofError as error:
        click.echo(f"The second run, for --exact, failed: {error}", err=True)
        return []
    finally:
        shutil.rmtree(folder / "calls", ignore_errors=True)
    if not found:
        click.echo("--exact: no function of this project took 3 % of the samples", err=True)
    return [section(found)] if found else []


def _load(settings: Mapping[str, Any]) -> Load | None:
    """The load that was asked for."""
    if not settings.get("load"):
        return None
    from perfprof.profilers.load import CLIENTS, SECONDS, Load

    return Load(settings["load"], settings.get("clients") or CLIENTS, settings.get("duration") or SECONDS)
