"""report.json: its shape, what it may not hold, and reading it back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from example_run import OUTCOMES, RUN, WAITING, cpu
from jsonschema import Draft202012Validator

from perfprof.errors import UsageError
from perfprof.optimizer.judge.verdict import Comparison
from perfprof.optimizer.patches import FileChange
from perfprof.optimizer.reports.document import document, dumps, load
from perfprof.optimizer.reports.schema import schema
from perfprof.optimizer.reports.stacks import flame
from perfprof.optimizer.run import Run

SCHEMA = Path(__file__).parents[1] / "docs" / "report.schema.json"


def endless(run: Run) -> Run:
    """A run whose numbers JSON cannot hold."""
    none_left = Comparison("queries", (2001.0,), (0.0,), float("inf"), float("inf"), float("inf"))
    first = OUTCOMES[0]
    assert first.verdict
    return replace(run, outcomes=(replace(first, verdict=replace(first.verdict, comparison=none_left)),))


BARE = replace(RUN, verb="check", folder="", outcomes=(), whole=None, steps=(), stacks={}, skipped={})


@pytest.mark.parametrize("run", [RUN, WAITING, BARE, endless(RUN)], ids=["applied", "waiting", "bare", "endless"])
def test_documents_are_valid(run: Run) -> None:
    contract = json.loads(SCHEMA.read_text("utf-8"))
    Draft202012Validator.check_schema(contract)
    Draft202012Validator(contract).validate(json.loads(dumps(document(run))))


def test_schema_refuses_what_is_wrong() -> None:
    wrong = json.loads(dumps(document(RUN)))
    wrong["findings"][0]["status"] = "fine"
    del wrong["patches"][0]["diff"]
    wrong["version"] = 2
    errors = Draft202012Validator(json.loads(schema())).iter_errors(wrong)
    assert {".".join(map(str, error.absolute_path)) for error in errors} == {
        "findings.0.status",
        "patches.0",
        "version",
    }


def test_schema_in_docs_is_that_of_the_code() -> None:
    assert SCHEMA.read_text("utf-8") == schema(), "run perfprof docs"


def test_totals_add_up() -> None:
    totals = document(RUN)["totals"]
    assert totals["found"] == len(OUTCOMES) == sum(totals.values()) - totals["found"] - totals["hidden"]


def test_nothing_absolute_gets_into_it() -> None:
    first = OUTCOMES[0]
    found = replace(
        first.finding,
        path=f"{RUN.root}/{first.finding.path}",
        evidence={"places": f"{RUN.root}/a.py:1, {RUN.root}/b.py:2"},
    )
    proofs = tuple(replace(proof, where=f"{RUN.root}/{proof.where}") for proof in first.proofs)
    text = dumps(document(replace(RUN, outcomes=(replace(first, finding=found, proofs=proofs),))))
    assert "/home/somebody" not in text


def test_what_was_written_can_be_read(tmp_path: Path) -> None:
    report = document(RUN)
    (tmp_path / "report.json").write_text(dumps(report), "utf-8")
    assert load(tmp_path / "report.json") == report


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "perfprof-report", "version": 2}', "\x00"])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "other.json").write_text(text, "utf-8")
    with pytest.raises(UsageError, match=r"report") as error:
        load(tmp_path / "other.json")
    assert error.value.where.endswith("other.json")


def test_lone_surrogates_do_not_stop_a_report() -> None:
    first = OUTCOMES[0]
    assert first.patch
    patch = replace(first.patch, changes=(FileChange("a.py", "x = '\udce9'\n", "x = ''\n"),))
    dumps(document(replace(RUN, outcomes=(replace(first, patch=patch),)))).encode("utf-8")


def test_flame_keeps_what_is_heavy_and_counts_the_rest() -> None:
    stacks = {f"a.py:main;a.py:f{number}": 10_000 - number for number in range(40)} | {"a.py:main;a.py:thin": 1}
    folded = flame(stacks, limit=11)
    names = [frame["function"] for frame in folded["frames"]]
    assert names == ["main", *(f"f{number}" for number in range(10))]
    assert folded["total"] == sum(stacks.values())
    assert folded["other"] == folded["total"] - sum(frame["value"] for frame in folded["frames"][1:])
    assert all(frame["parent"] < index for index, frame in enumerate(folded["frames"]))


def test_flame_of_deep_recursion() -> None:
    folded = flame({";".join(["a.py:f"] * 3_000): 7})
    assert len(folded["frames"]) == 2_000
    assert folded["other"] == 7


def test_numbers_are_short() -> None:
    report = document(replace(RUN, whole=cpu(1 / 3, 3, 2.9, 3.1)))
    assert report["whole"]
    assert all(len(str(value)) <= 9 for value in report["whole"]["samples"]["before"])
