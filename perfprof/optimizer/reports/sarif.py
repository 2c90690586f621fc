"""The report as SARIF 2.1.0, for code scanning and editors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from perfprof.optimizer.reports.contract import Document, Finding, Patch
from perfprof.optimizer.reports.rows import line, rows

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST = 5_000  # results that GitHub keeps
_HUNK = re.compile(r"^@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@", flags=re.M)


def render(report: Document) -> str:
    """One run with a result for each finding that a reader can act upon, costliest first."""
    told = (row.finding for row in rows(report) if not row.aside)
    findings = sorted(told, key=lambda finding: -(finding["share"] or 0))[:MOST]
    examples = {finding["rule"]: finding for finding in reversed(findings)}
    numbers = {name: number for number, name in enumerate(sorted(examples))}
    patches = {patch["finding"]: patch for patch in report["patches"]}
    driver = {
        "name": "perfprof",
        "semanticVersion": report["perfprof"],
        "rules": [_rule(name, examples[name]) for name in numbers],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"ROOT": {"description": {"text": "The project's root folder."}}},
        "automationDetails": {"id": "perfprof/"},
        "results": [_result(finding, numbers[finding["rule"]], patches.get(finding["id"])) for finding in findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=1) + "\n"


def _rule(name: str, example: Finding) -> dict[str, Any]:
    words = "".join(word.capitalize() for word in name.split("-"))
    return {
        "id": name,
        "name": words,
        "shortDescription": {"text": f"{_sentence(example['title'] or name)}"},
        "fullDescription": {"text": f"The rule {name}: {_sentence(example['title'] or name)}"},
        "help": {"text": f"Run perfprof explain {name} for what it claims, when it is safe, and examples."},
        "defaultConfiguration": {"level": "warning"},
        "properties": {"tags": ["performance"]},
    }


def _result(finding: Finding, index: int, patch: Patch | None) -> dict[str, Any]:
    share = finding["share"]
    said = f"{finding['message'] or finding['title']}. {finding['status'].capitalize()}: {finding['reason'] or finding['level']}"
    result: dict[str, Any] = {
        "ruleId": finding["rule"],
        "ruleIndex": index,
        "level": "warning" if finding["status"] in ("found", "accepted", "applied") else "note",
        "message": {"text": _sentence(said)},
        "locations": [_location(finding)],
        "partialFingerprints": {"perfprofFinding/v1": finding["id"]},
        "properties": {
            "level": finding["level"],
            "status": finding["status"],
            "share": share,
            "evidence": finding["evidence"],
        },
    }
    if share is not None:
        result["rank"] = round(share * 100, 2)
    if patch is not None and patch["diff"] and patch["status"] in ("accepted", "found"):
        result["fixes"] = [
            {"description": {"text": _sentence(patch["title"])}, "artifactChanges": list(_changes(patch["diff"]))}
        ]
    return result


def _location(finding: Finding) -> dict[str, Any]:
    place = {
        "artifactLocation": _artifact(finding["path"]),
        "region": {"startLine": max(finding["line"], 1), "endLine": max(finding["end_line"], finding["line"], 1)},
    }
    names = [{"fullyQualifiedName": finding["function"], "kind": "function"}] if finding["function"] else []
    return {"physicalLocation": place, "logicalLocations": names}


def _changes(diff: str) -> Iterator[dict[str, Any]]:
    """What a diff replaces, file by file."""
    for part in re.split(r"^diff --git .*\n", diff, flags=re.M)[1:]:
        path = re.search(r"^\+\+\+ b/(.*?)\t?$", part, flags=re.M)
        if path is not None:
            yield {"artifactLocation": _artifact(path[1]), "replacements": list(_replacements(part))}


def _replacements(part: str) -> Iterator[dict[str, Any]]:
    """Runs of changed lines as regions from the first column of a line to the first column of another."""
    for hunk in list(_HUNK.finditer(part)):
        number = int(hunk[1])
        body = part[hunk.end() + 1 :].partition("\n@@ ")[0]
        for run in re.finditer(r"(?:^[-+].*\n?)+|(?:^ .*\n?)+", body, flags=re.M):
            lines = run[0].removesuffix("\n").split("\n")
            removed = [row for row in lines if not row.startswith("+")]
            if run[0][0] != " ":
                added = "".join(f"{row[1:]}\n" for row in lines if row.startswith("+"))
                region = {"startLine": number, "startColumn": 1, "endLine": number + len(removed), "endColumn": 1}
                yield {"deletedRegion": region, "insertedContent": {"text": added}}
            number += len(removed)


def _artifact(path: str) -> dict[str, str]:
    return {"uri": quote(path), "uriBaseId": "ROOT"}


def _sentence(text: str) -> str:
    return line(text).rstrip(".") + "."
