"""A run as the document that every report is rendered from."""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import cast, get_args

from perfprof import __version__
from perfprof.errors import UsageError
from perfprof.optimizer.judge import verdict as judged
from perfprof.optimizer.patches import Patch
from perfprof.optimizer.reports import contract
from perfprof.optimizer.reports.contract import Document
from perfprof.optimizer.reports.stacks import flame
from perfprof.optimizer.run import Outcome, Run
from perfprof.optimizer.writing.diffs import diff
from perfprof.rules import rule
from perfprof.rules.rule import Level

LEVELS: Mapping[Level, contract.Level] = {
    Level.OPEN: "open",
    Level.OBSERVED: "observed",
    Level.GUARDED: "guarded",
    Level.PROVED: "proved",
}


def document(run: Run) -> Document:
    """The run in the shape of the contract; holds no absolute path of the project."""
    patched = [outcome for outcome in run.outcomes if outcome.patch]
    return Document(
        format=contract.FORMAT,
        version=contract.VERSION,
        perfprof=__version__,
        run=_head(run),
        environment=dict(run.environment),
        steps=_steps(run),
        whole=_comparison(run.whole),
        totals=_totals(run),
        findings=[_finding(outcome, run.root) for outcome in run.outcomes],
        patches=[_patch(outcome) for outcome in patched],
        migrations=list(_migrations(patched)),
        verdicts=[_verdict(outcome, verdict) for outcome in run.outcomes if (verdict := outcome.verdict)],
        files_changed=list(run.files_changed),
        migration_files=list(dict.fromkeys(run.migrations)),
        skipped=[contract.Skipped(path=path, reason=why) for path, why in sorted(run.skipped.items())],
        flame=flame(run.stacks),
        recorded=list(run.recorded),
    )


def dumps(report: Document) -> str:
    """The document as JSON text, one line end at the end."""
    text = json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    return text.encode("utf-8", "replace").decode("utf-8")  # a path or a source may hold lone surrogates


def load(path: Path) -> Document:
    """A document that was written before; UsageError if it is none or of a later version."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"this report cannot be read: {error}", where=str(path)) from error
    if not isinstance(data, dict) or data.get("format") != contract.FORMAT:
        raise UsageError("this is not a perfprof report", where=str(path))
    if data.get("version") != contract.VERSION:
        todo = "Use the perfprof that wrote it."
        raise UsageError(f"this report has version {data.get('version')}, known is 1", where=str(path), todo=todo)
    return cast(Document, data)


def _steps(run: Run) -> list[contract.Step]:
    return [
        contract.Step(name=step.name, seconds=round(step.seconds, 3), cost=step.cost, summary=step.summary)
        for step in run.steps
    ]


def _head(run: Run) -> contract.RunHead:
    folder = os.path.relpath(run.folder, run.root).replace(os.sep, "/") if run.folder else ""
    return contract.RunHead(
        id=run.id,
        verb=run.verb,
        asked=run.asked,
        command=run.command,
        project=Path(run.root).name,
        folder=folder,
        applied=run.applied,
        tests=run.tests.removeprefix("tests: "),
    )


def _totals(run: Run) -> dict[str, int]:
    counts = Counter(outcome.status for outcome in run.outcomes)
    parts = {contract.TOTALS[status]: counts[status] for status in get_args(judged.Status)}
    return {"found": len(run.outcomes), **parts, "hidden": run.hidden, "unmeasured": run.unmeasured}


def _finding(outcome: Outcome, root: str) -> contract.Finding:
    found = outcome.finding
    return contract.Finding(
        id=found.id,
        rule=found.rule,
        title=outcome.title,
        path=_relative(found.path, root),
        line=found.line,
        end_line=found.end_line,
        function=found.function,
        subject=found.subject,
        message=found.message,
        share=_number(found.share),
        level=level(outcome),
        status=outcome.status,
        reason=outcome.reason,
        expected=_number(outcome.expected),
        priority=_number(outcome.priority),
        evidence={name: _scalar(value, root) for name, value in found.evidence.items()},
        obligations=[
            contract.Obligation(
                name=proof.obligation,
                level=LEVELS[proof.level],
                reason=proof.why,
                where=_relative(proof.where, root),
            )
            for proof in outcome.proofs
        ],
        patch=outcome.patch.digest if outcome.patch else None,
        counted=outcome.counted,
    )


def _patch(outcome: Outcome) -> contract.Patch:
    patch = outcome.patch
    assert patch is not None
    return contract.Patch(
        finding=outcome.finding.id,
        rule=patch.rule,
        title=patch.title,
        digest=patch.digest,
        files=[change.path for change in patch.changes],
        diff=diff(patch.changes),
        status=outcome.status,
        reason=outcome.reason,
        level=level(outcome),
        file=outcome.patch_file,
        why=patch.why,
        memory=patch.memory,
        tolerance=_number(patch.tolerance or None),
    )


def level(outcome: Outcome) -> contract.Level:
    """How well it is shown that the answers stay; what may differ within a tolerance is verified by runs at best."""
    near = outcome.patch is not None and outcome.patch.tolerance > 0
    return "verified within tolerance" if near else LEVELS[outcome.level]


def _migrations(patched: Iterable[Outcome]) -> Iterator[contract.Migration]:
    for outcome in patched:
        if outcome.patch is not None and outcome.patch.migration is not None:
            yield _migration(outcome, outcome.patch, outcome.patch.migration)


def _migration(outcome: Outcome, patch: Patch, migration: rule.Migration) -> contract.Migration:
    verdict = outcome.verdict
    measured = verdict.comparison.ratio if verdict and verdict.comparison else None
    size = outcome.finding.evidence.get("size")
    return contract.Migration(
        finding=outcome.finding.id,
        patch=patch.digest,
        name=migration.name,
        dialect=migration.dialect,
        database=Path(migration.database).name if os.path.isabs(migration.database) else migration.database,
        table=migration.table,
        columns=list(migration.columns),
        up=migration.up,
        down=migration.down,
        estimated_gain=_number(outcome.expected),
        measured_gain=_number(measured),
        size=_number(size) if isinstance(size, int | float) else None,
        status=outcome.status,
    )


def _verdict(outcome: Outcome, verdict: judged.Verdict) -> contract.Verdict:
    outcomes = {layer.name: layer.outcome for layer in verdict.layers}
    compared = _comparison(verdict.comparison)
    return contract.Verdict(
        finding=outcome.finding.id,
        patch=verdict.patch,
        files=[contract.FileDigest(path=path, sha256=digest) for path, digest in verdict.files],
        decision=verdict.decision,
        reason=verdict.reason,
        tests=outcomes.get("tests"),
        replay=outcomes.get("replay"),
        differential=outcomes.get("differential"),
        layers=[
            contract.Layer(
                name=layer.name, outcome=layer.outcome, reason=layer.reason, seconds=round(layer.seconds, 3)
            )
            for layer in verdict.layers
        ],
        metric=compared["metric"] if compared else None,
        samples=compared["samples"] if compared else None,
        ratio=compared["ratio"] if compared else None,
        interval=compared["interval"] if compared else None,
        resolution=compared["resolution"] if compared else None,
        memory=_comparison(verdict.memory),
        tolerance=_number(verdict.tolerance or None),
        largest_difference=_number(verdict.largest) if verdict.tolerance else None,
    )


def _comparison(compared: judged.Comparison | None) -> contract.Comparison | None:
    if compared is None:
        return None
    return contract.Comparison(
        metric=compared.metric,
        samples=contract.Samples(before=_samples(compared.before), after=_samples(compared.after)),
        ratio=_number(compared.ratio),
        interval=[_number(compared.low), _number(compared.high)],
        resolution=_number(compared.resolution) or 0.0,
    )


def _samples(values: Iterable[float]) -> list[float]:
    return [number for number in map(_number, values) if number is not None]


def _relative(path: str, root: str) -> str:
    """A path (with or without a line) relative to the project, if it lies in it."""
    return path.removeprefix(root.rstrip(os.sep) + os.sep) if root else path


def _number(value: float | None) -> float | None:
    """Six significant digits; JSON knows no infinity."""
    if value is None or not math.isfinite(value):
        return None
    return value if isinstance(value, int) else float(f"{value:.6g}")


def _scalar(value: object, root: str) -> contract.Scalar:
    if isinstance(value, str):
        return value.replace(root.rstrip(os.sep) + os.sep, "") if root else value
    if isinstance(value, bool) or value is None:
        return value
    return _number(value) if isinstance(value, int | float) else str(value)
