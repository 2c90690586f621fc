"""The complexity of a real workload's hot functions."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from perfprof.optimizer.complexity import complexities, section
from perfprof.optimizer.project import Command, Project
from perfprof.profilers.workload import record

APP = """
def match(orders, customers):
    return [(o, c) for o in orders for c in customers if c["id"] == o["customer"]]

class Repository:
    def __init__(self, items):
        self.items = items

    def find_all(self, keys):
        return [key for key in keys if key in self.items]

def linear(rows):
    return sum(row * 2 for row in rows)

if __name__ == "__main__":
    for n in (50, 120):
        for _ in range(100):
            match([{"customer": i % n} for i in range(2 * n)], [{"id": i} for i in range(n)])
            Repository(list(range(4 * n))).find_all(list(range(4 * n)))
        for _ in range(1_500):
            linear(list(range(20 * n)))
"""


def test_exponents_of_a_workload(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    project = Project(tmp_path, (tmp_path,), Command((sys.executable, "app.py")))
    folder = tmp_path / ".perfprof" / "run"
    with record(project.workload.argv, cwd=tmp_path, folder=folder) as recording:  # type: ignore[union-attr]
        found = {one.function: one for one in complexities(project, recording, folder)}
    assert str(found["match"].growth) == "O(n^2.0) in len(orders), len(customers)"
    assert str(found["linear"].growth) == "O(n^1.0) in len(rows)"
    if "Repository.find_all" in found:  # it is hot enough on most machines
        assert found["Repository.find_all"].growth.exponent == pytest.approx(2, abs=0.15)
    assert found["match"].calls == 200
    assert found["linear"].calls == 3_000
    assert any("match · O(n^2.0)" in line for line in section(list(found.values()))["brief"])


def test_record_exact_by_its_command(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(f"{APP}    print('done')\n    raise SystemExit(3)\n")
    (tmp_path / "pyproject.toml").touch()
    argv = [sys.executable, "-m", "perfprof", "record", "--exact", "--", sys.executable, "app.py"]
    ran = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (3, "done\n"), ran.stderr
    assert "match · O(n^2.0) in len(orders), len(customers) · 200 calls" in ran.stderr
    (kept,) = (tmp_path / ".perfprof" / "runs").iterdir()
    subjects = {one["subject"]: one for one in json.loads((kept / "report.json").read_text())["recorded"]}
    assert any("match" in row[0] and row[4].startswith("O(n^2.0)") for row in subjects["complexity"]["rows"])
    assert not (kept / "calls").exists(), "captured calls hold the program's data"


LARGE = """
def common(ones, others):
    return [one for one in ones if one in others]

common(list(range(6_000)), list(range(3_000, 9_000)))
"""


def test_one_large_call_is_made_smaller(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(LARGE)
    project = Project(tmp_path, (tmp_path,), Command((sys.executable, "app.py")))
    folder = tmp_path / ".perfprof" / "run"
    with record(project.workload.argv, cwd=tmp_path, folder=folder) as recording:  # type: ignore[union-attr]
        (common,) = (one for one in complexities(project, recording, folder) if one.function == "common")
    assert str(common.growth) == "O(n^2.0) in len(ones), len(others)"
    assert max(size for size, _ in common.growth.points) <= 12_000


ASYNC = '''
import asyncio

async def busy(xs):
    total = 0
    for x in xs:
        for y in xs:
            total += x * y
    return total

def pairs(rows):
    """One by one."""
    for row in rows:
        yield row in rows and sum(rows)

async def main():
    for _ in range(10): await busy(list(range(300)))
    for _ in range(10): assert len(list(pairs(list(range(1000))))) == 1000
    assert asyncio.iscoroutinefunction(busy)

asyncio.run(main())
'''


def test_coroutines_and_generators_have_exponents(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(ASYNC)
    project = Project(tmp_path, (tmp_path,), Command((sys.executable, "app.py")))
    folder = tmp_path / ".perfprof" / "run"
    with record(project.workload.argv, cwd=tmp_path, folder=folder) as recording:  # type: ignore[union-attr]
        found = {one.function: one for one in complexities(project, recording, folder)}
    assert found["busy"].calls == 10
    assert max(found["busy"].lines.values()) == 900_000
    assert str(found["busy"].growth) == "O(n^2.0) in len(xs)"
    assert str(found["pairs"].growth) == "O(n^2.0) in len(rows)"
    assert "main" not in found or found["main"].calls == 1, "two statements stand in one line"


OFTEN = """
def price(x):
    return sum(range(x % 300))

def total(xs):
    return sum(price(x) for x in xs)

for _ in range(150):
    total(list(range(400)))
"""


def test_what_is_called_many_times_says_for_whom(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(OFTEN)
    project = Project(tmp_path, (tmp_path,), Command((sys.executable, "app.py")))
    folder = tmp_path / ".perfprof" / "run"
    with record(project.workload.argv, cwd=tmp_path, folder=folder) as recording:  # type: ignore[union-attr]
        found = list(complexities(project, recording, folder))
    price = next(one for one in found if one.function == "price")
    assert (price.calls, price.caller, price.each) == (60_000, "total", 400)
    assert any("60,000 calls, 400 in each call of total" in line for line in section(found)["brief"])
