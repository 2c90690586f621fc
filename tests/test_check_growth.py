"""How the reading of a function grows with it: work is counted in calls, so that no clock decides."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from perfprof.optimizer.checking.reader import read_files

BODIES = {
    "inner loops": "        for other in xs:\n            if other == row: out.append({i})",
    "inner loops over keys": "        for other in xs:\n            if other.id == row.id: out.append({i})",
    "any": "        out.append(any(other == row for other in xs{i}))",
    "patterns": "        out.append(re.sub('a{i}', 'b', row))",
    "keys as lists": "        out.append(row in list(d{i}.keys()))",
    "membership": "        if row in known{i}: out.append({i})",
    "sums": "        out.append(row * {i} + sum(xs) - max(xs))",
    "copies": "        out.append(list(xs) + [{i}])",
    "calls": "        out.append(dist(row, xs) if dist(row, xs) > {i} else 0)",
}
HEAD = "import re\n\n\ndef dist(a, b):\n    return len(a) + len(b)\n\n\ndef work(rows, xs, d):\n    out = []\n    for row in rows:\n"


def calls(times: int, body: str, folder: Path) -> int:
    """Calls of functions in Python that it takes to read one with so many such lines."""
    path = folder / "work.py"
    path.write_text(HEAD + "\n".join(body.format(i=i) for i in range(times)) + "\n    return out\n")
    count = 0

    def counted(frame: FrameType, event: str, given: Any) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        read_files(folder, [path], ())
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("body", BODIES)
def test_four_times_the_lines_take_four_times_the_work(body: str, tmp_path: Path) -> None:
    calls(2, BODIES[body], tmp_path)  # what is read once for all
    assert calls(60, BODIES[body], tmp_path) < 7 * calls(15, BODIES[body], tmp_path)
