"""Does a verdict that was given before still hold? It is bound to the patch and to the files that the patch touches."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.optimizer.judge.foreign import understood

if TYPE_CHECKING:
    from perfprof.optimizer.project import Project
    from perfprof.optimizer.reports.contract import Document


def standing(given: Iterable[str], project: Project, report: Path) -> list[tuple[str, str, str]]:
    """(patch, decision, reason) for each patch; "not judged" where the patch or a file is not what was judged.

    given: names of patch files, or a git range. report: the ``--json`` of an earlier ``perfprof verify``. Raises
    UsageError for what is no patch and no report.
    """
    from perfprof.optimizer.reports.document import load

    document = load(report)
    return [(text, *_decision(text, project, document)) for text in given]


def _decision(text: str, project: Project, document: Document) -> tuple[str, str]:
    digest = understood(text, project).patch.digest
    for verdict in document["verdicts"]:
        if verdict["patch"] == digest:
            return verdict["decision"], verdict["reason"]
    return "not judged", "the patch or a file that it changes is not what was judged"
