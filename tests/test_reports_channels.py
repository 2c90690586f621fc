"""The report for pull requests (Markdown) and for code scanning (SARIF)."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from example_run import AFTER, BEFORE, OUTCOMES, RUN, WAITING

from perfprof.errors import UsageError
from perfprof.optimizer.patches import FileChange
from perfprof.optimizer.reports import markdown, sarif, svg
from perfprof.optimizer.reports.document import document
from perfprof.optimizer.run import Run


def many(count: int) -> Run:
    return replace(
        WAITING,
        outcomes=tuple(
            replace(one, finding=replace(one.finding, id=f"m{number}"))
            for number in range(count)
            for one in [WAITING.outcomes[number % len(OUTCOMES)]]
        ),
    )


def comment(run: Run) -> str:
    return markdown.render(document(run))


def test_comment_says_what_matters() -> None:
    text = comment(WAITING)
    assert text.startswith("<!-- perfprof:v1 -->\n### perfprof: 3 faster, 2 rejected, 1 cannot tell, ")
    assert "| held back | 2 % | `shop/orders.py:88 list_due` |" in text
    assert "1 more under 5 % that perfprof cannot prove." in text
    assert "shop/tags.py" not in text
    assert "import_csv" not in text
    assert "3 tried without a gain that could be told." in text
    assert "212x (198 - 230)" in text
    assert "```diff\ndiff --git a/shop/matching.py" in text
    assert "CREATE INDEX CONCURRENTLY" in text
    assert text.count("<details>") == text.count("</details>") == 3


def test_comment_holds_no_html_but_its_own() -> None:
    tags = set(re.findall(r"<[^>\s]+", comment(WAITING)))
    assert tags == {"<!--", "<details", "<summary", "</summary", "</details", "<sub", "</sub"}


@pytest.mark.parametrize("count", [0, 1, 500, 5_000])
def test_comment_is_never_too_long(count: int) -> None:
    text = comment(many(count))
    assert len(text) <= 65_000
    if count >= 500:
        assert re.search(r"\d+ more findings are in the report", text)
        assert re.search(r"\d+ more patches are in the report", text)


def test_a_diff_cannot_leave_its_fence_nor_a_cell_its_row() -> None:
    first = WAITING.outcomes[0]
    assert first.patch
    patch = replace(first.patch, changes=(FileChange("a.py", "x\n", "````\n</details>\n# out\n"),))
    found = replace(first.finding, path="a|b`c.py", function="f\n|g")
    text = comment(
        replace(WAITING, outcomes=(replace(first, finding=found, patch=patch, title="<b> | @team #1 `"),))
    )
    assert "`````diff\n" in text
    row = next(row for row in text.splitlines() if row.startswith("| accepted"))
    assert len(re.findall(r"(?<!\\)\|", row)) == 8
    assert "@team" not in text
    assert re.search(r"(?<!\\)<b>", text) is None


def results(run: Run) -> list[dict[str, Any]]:
    log = json.loads(sarif.render(document(run)))
    assert log["version"] == "2.1.0"
    found: list[dict[str, Any]] = log["runs"][0]["results"]
    return found


def test_sarif_places_and_fingerprints() -> None:
    run = replace(RUN, outcomes=tuple(replace(one, status="found") for one in OUTCOMES))
    found = results(run)
    assert len(found) == len(OUTCOMES)
    assert [one["rank"] for one in found] == sorted((one["rank"] for one in found), reverse=True)
    names = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in found}
    assert "shop/k%C3%A4se/%C3%BCberblick.py" in names
    assert not any(name.startswith(("/", "file:")) for name in names)
    assert len({one["partialFingerprints"]["perfprofFinding/v1"] for one in found}) == len(OUTCOMES)
    log = json.loads(sarif.render(document(run)))
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in found)


def test_sarif_tells_what_there_is_something_to_do_about() -> None:
    """Not what is cold, was tried in vain, or is too little to be left to a reader."""
    assert {one["properties"]["status"] for one in results(RUN)} == {"applied", "held back"}


def test_sarif_fix_gives_the_new_text() -> None:
    fix = next(one for one in results(WAITING) if one["ruleId"] == "nested-loop-join")["fixes"][0]
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "shop/matching.py"
    lines = BEFORE.splitlines(keepends=True)
    for replacement in reversed(change["replacements"]):
        region = replacement["deletedRegion"]
        lines[region["startLine"] - 1 : region["endLine"] - 1] = [replacement["insertedContent"]["text"]]
    assert "".join(lines) == AFTER


def test_svg_is_whole_xml_and_hostile_names_stay_text() -> None:
    stacks = {"a.py:<script>&;a.py:f\x00\"'": 3, "lib": 1}
    picture = ElementTree.fromstring(svg.render(document(replace(RUN, stacks=stacks))))
    said = [text for text in picture.itertext() if "script" in text]
    assert any(text.startswith("<script>& a.py") for text in said)
    names = {element.tag.rpartition("}")[2] for element in picture.iter()}
    assert names == {"svg", "style", "path", "title", "text"}
    with pytest.raises(UsageError, match="no samples"):
        svg.render(document(replace(RUN, stacks={})))


def test_sarif_keeps_within_the_limits() -> None:
    assert len(results(many(12_000))) == 5_000


def test_comment_on_a_recording_tells_what_was_recorded() -> None:
    report = document(replace(RUN, verb="record", outcomes=(), command="python `x`.py"))
    report["recorded"] = [
        {
            "subject": "hot",
            "title": "Hot",
            "says": "one\x1b[31m ```",
            "brief": ["a"],
            "heads": [],
            "numbers": [],
            "rows": [],
        }
    ]
    text = markdown.render(report)
    assert text.startswith(markdown.MARKER)
    assert "nothing found" not in text
    assert "by turns" not in text
    assert "Hot: one" in text
    assert "\x1b" not in text
    assert "````text" in text
