"""One document a run, and the renderings of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfprof.optimizer.reports.contract import Document
    from perfprof.optimizer.run import Run


def keep(run: Run) -> Document:
    """Write report.json and report.html into the run's folder, if it has one, and give the document."""
    from perfprof.optimizer.reports import html
    from perfprof.optimizer.reports.document import document, dumps

    report = document(run)
    if run.folder:
        folder = Path(run.folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.json").write_text(dumps(report), "utf-8")
        (folder / "report.html").write_text(html.render(report), "utf-8")
    return report


def show(report: Document, json: Path | None = None, *, quiet: bool = False, verbose: bool = False) -> None:
    """Print the table, or the JSON alone if ``json`` is ``-``; any other ``json`` is also written there.

    verbose: with the findings that there is nothing to do about.
    """
    import sys

    from perfprof.optimizer.reports import terminal
    from perfprof.optimizer.reports.document import dumps

    if json is not None and str(json) == "-":
        sys.stdout.write(dumps(report))
        return
    if not quiet:
        terminal.show(report, verbose=verbose)
    if json is not None:
        json.write_text(dumps(report), "utf-8")
