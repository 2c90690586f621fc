"""What `perfprof verify` makes of a difference that only types show which no call had."""

from __future__ import annotations

import difflib
import json
import subprocess
import sys
from pathlib import Path

import pytest

OLD = """\
def known(orders, ids):
    found = []
    for order in orders:
        if order in ids:
            found.append(order)
    return found
"""
AS_SET = OLD.replace("found = []", "found = []\n    ids = set(ids)")
AS_TEXT = AS_SET.replace("set(ids)", "set(map(str, ids))").replace("order in ids", "str(order) in ids")
BENCH = "from core import known\nfor n in (0, 3, 900):\n    print(len(known(list(range(n)), list(range(n)))))\n"


@pytest.mark.parametrize(
    ("new", "options", "code", "decision", "told"),
    [
        (AS_SET, (), 1, "cannot tell", "unhashable type"),  # told, with the gain; a maintainer may take it
        (AS_SET, ("--seen-types",), 0, "accepted", "for other types than were seen it differs"),
        (AS_TEXT, (), 1, "rejected", "result differs"),  # 1 == 1.0 == True: a wrong answer without a word
    ],
)
def test_a_refusal_aloud_is_told_and_a_silent_difference_rejects(
    tmp_path: Path, new: str, options: tuple[str, ...], code: int, decision: str, told: str
) -> None:
    for name, text in {"core.py": OLD, "bench.py": BENCH}.items():
        (tmp_path / name).write_text(text)
    lines = difflib.unified_diff(OLD.splitlines(True), new.splitlines(True), "a/core.py", "b/core.py")
    (tmp_path / "c.patch").write_text("".join(lines))
    words = [sys.executable, "-m", "perfprof", "verify", "c.patch", "--json", "r.json", *options]
    ran = subprocess.run(
        [*words, "--", sys.executable, "bench.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == code, ran.stdout + ran.stderr
    verdict = json.loads((tmp_path / "r.json").read_text())["verdicts"][0]
    assert verdict["decision"] == decision
    assert told in verdict["reason"]
    assert (verdict["ratio"] is not None) == (decision != "rejected")
