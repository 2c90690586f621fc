"""``perfprof report``: a run that was kept, in another form."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from perfprof.errors import UsageError
from perfprof.optimizer import config
from perfprof.optimizer.commands import arguments

if TYPE_CHECKING:
    from perfprof.optimizer.reports.contract import Document
    from perfprof.profilers.recording import Recording

FORMS = ("html", "json", "sarif", "markdown", "svg")  # of the report
PROFILES = ("speedscope", "collapsed", "pstats", "chrome")  # of its recording: perfprof.profilers.formats.WRITABLE

_SQLITE = b"SQLite format 3\0"


@click.command("report", short_help="Show a run, a recording or a profile in another form.")
@click.argument("run", required=False)
@arguments.several(
    *(
        click.option(
            f"--{form}", type=arguments.NewFile(), metavar="FILE", help=f"Write {form} there; - prints it."
        )
        for form in (*FORMS, *PROFILES)
    ),
    arguments.verbose,
    arguments.debug,
)
@click.pass_context
def command(
    ctx: click.Context, /, run: str | None, verbose: bool | None, debug: bool | None, **files: Path | None
) -> None:
    """Show RUN again: a run's name, its folder or report.json, a recording, or a profile; the last run if left out.

    Profiles are py-spy's, speedscope's, cProfile's and Node's .cpuprofile.
    """
    settings = arguments.settle(ctx, {"verbose": verbose, "debug": debug})
    asked = {form: file for form, file in files.items() if file is not None}
    with TemporaryDirectory() as folder:
        source = _source(run, settings["root"])
        profiled = any(form in PROFILES for form in asked)
        recording = _recording(source, Path(folder)) if profiled or not _is_report(source) else None
        for form in [form for form in asked if form in PROFILES]:
            arguments.write_bytes(_profile(form, recording, source), asked.pop(form))
        if not asked and any(files[form] for form in PROFILES):
            return
        report = _document(source, recording, settings["root"])
    for form, file in asked.items():
        arguments.write(_renderer(form)(report), file)
    if not asked:
        from perfprof.optimizer.reports import terminal

        terminal.show(report, verbose=bool(settings.get("verbose")))


def _source(run: str | None, root: Path) -> Path:
    """The report.json, the recording or the profile that is meant."""
    runs = root / ".perfprof" / "runs"
    if run is None:
        kept = sorted(runs.glob("*/report.json"), key=lambda path: path.stat().st_mtime)
        if not kept:
            raise UsageError("there is no run yet", where=str(runs), todo="perfprof fix -- WORKLOAD makes one.")
        return kept[-1]
    for path in (Path(run), Path(run) / "report.json", runs / run / "report.json"):
        if path.is_file():
            return path
    from perfprof.optimizer.nearest import nearest

    meant = nearest(run, [path.parent.name for path in runs.glob("*/report.json")])
    raise UsageError(f"there is no run {run!r}", where=str(runs), todo=f"Did you mean {meant}?" if meant else "")


def _recording(source: Path, folder: Path) -> Recording | None:
    """The recording behind a report, a recording itself, or one made of another tool's profile."""
    from perfprof.profilers.recording import Recording

    if _is_report(source):
        kept = source.with_name("recording.sqlite")
        return Recording.open(kept) if kept.is_file() else None
    with source.open("rb") as file:
        if file.read(len(_SQLITE)) == _SQLITE:
            return Recording.open(source)
    from perfprof.profilers.formats import recording_of

    return recording_of(source, folder / "recording.sqlite")


def _is_report(source: Path) -> bool:
    """Whether it is a report of ours: under its own name, or written by --json under another."""
    if source.name == "report.json":
        return True
    with source.open("rb") as file:
        return b'"verdicts"' in file.read() if source.suffix == ".json" else False


def _document(source: Path, recording: Recording | None, root: Path) -> Document:
    from perfprof.optimizer.reports.document import document, load

    if recording is None or _is_report(source):
        return load(source)
    from perfprof.optimizer.recorded import as_run

    return document(
        as_run(
            recording, recording.meta["command"], f"perfprof report {source}", _home(recording, root), kept=False
        )
    )


def _home(recording: Recording, root: Path) -> Path:
    """The project that was recorded, if it is here; places are told relative to it."""
    folder = Path(recording.meta.get("folder", ""))
    return config.discover(folder) if folder.is_absolute() and folder.is_dir() else root


def _profile(form: str, recording: Recording | None, source: Path) -> bytes:
    from perfprof.profilers.formats import profile_of, write

    if recording is None:
        raise UsageError("this run has no recording", where=str(source.parent))
    return write(form, profile_of(recording))


def _renderer(form: str) -> Callable[[Document], str]:
    from importlib import import_module

    if form == "json":
        from perfprof.optimizer.reports.document import dumps

        return dumps
    render: Callable[[Document], str] = import_module(f"perfprof.optimizer.reports.{form}").render
    return render
