"""``perfprof report``: a run that was kept, in another form."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from perfprof.errors import UsageError
from perfprof.optimizer.commands import arguments
from perfprof.optimizer.reports.contract import Document

FORMS = ("html", "json", "sarif", "markdown", "svg")


@click.command("report")
@click.argument("run", required=False)
@arguments.several(
    *(
        click.option(
            f"--{form}", type=arguments.NewFile(), metavar="FILE", help=f"Write {form} there; - prints it."
        )
        for form in FORMS
    ),
    arguments.debug,
)
@click.pass_context
def command(ctx: click.Context, /, run: str | None, debug: bool | None, **files: Path | None) -> None:
    """Show RUN again: the name of a run, its folder or its report.json; the last run if left out."""
    from perfprof.optimizer.reports.document import load

    settings = arguments.settle(ctx, {"debug": debug})
    report = load(_file(run, settings["root"]))
    asked = {form: file for form, file in files.items() if file is not None}
    for form, file in asked.items():
        arguments.write(_renderer(form)(report), file)
    if not asked:
        from perfprof.optimizer.reports import terminal

        terminal.show(report)


def _file(run: str | None, root: Path) -> Path:
    """The report.json that is meant."""
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


def _renderer(form: str) -> Callable[[Document], str]:
    from importlib import import_module

    if form == "json":
        from perfprof.optimizer.reports.document import dumps

        return dumps
    render: Callable[[Document], str] = import_module(f"perfprof.optimizer.reports.{form}").render
    return render
