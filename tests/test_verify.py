"""`perfprof verify` as its users meet it: exit codes, counting of queries, migrations, the comment, the lease."""

from __future__ import annotations

import difflib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from perfprof.optimizer.judge.lease import Lease

CORE = """\
def common(left: list[int], right: list[int]) -> list[int]:
    found = []
    for item in left:
        if item in right:
            found.append(item)
    return found
"""
FAST = CORE.replace("found = []", "found = []\n    known = set(right)").replace("in right:", "in known:")
BENCH = "from core import common\nfor n in (0, 3, 900):\n    print(len(common(list(range(n)), list(range(n)))))\n"


def diff(path: str, old: str, new: str) -> str:
    return "".join(difflib.unified_diff(old.splitlines(True), new.splitlines(True), f"a/{path}", f"b/{path}"))


def project(root: Path, **files: str) -> Path:
    root.mkdir()
    for name, text in ({"core.py": CORE, "bench.py": BENCH, "pyproject.toml": ""} | files).items():
        (root / name).write_text(text)
    return root


def verify(root: Path, *argv: str, given: str = "", work: str = "bench.py") -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "perfprof", "verify", *argv, *(["--", sys.executable, work] if work else [])]
    return subprocess.run(words, cwd=root, input=given, capture_output=True, text=True, check=False)


def test_from_standard_input_to_a_comment_and_back(tmp_path: Path) -> None:
    root = project(tmp_path / "p")
    (root / "c.patch").write_text(diff("core.py", CORE, FAST))
    files = ("--json", "report.json", "--markdown", "comment.md")
    ran = verify(root, "-", *files, given=(root / "c.patch").read_text())
    assert ran.returncode == 0, ran.stdout + ran.stderr
    comment = (root / "comment.md").read_text()
    assert comment.startswith("<!-- perfprof:v1 -->\n### perfprof: 1 faster\n")
    assert "`core.py:3 common`" in comment
    report = json.loads((root / "report.json").read_text())
    assert report["verdicts"][0]["decision"] == "accepted"
    assert report["patches"][0]["digest"][:12] in comment
    assert (root / "core.py").read_text() == CORE
    again = verify(root, "c.patch", "--given", "report.json", work="")
    assert (again.returncode, "accepted" in again.stdout) == (0, True)
    (root / "c.patch").write_text(diff("core.py", CORE, FAST.replace("known", "others")))
    edited = verify(root, "c.patch", "--given", "report.json", work="")
    assert (edited.returncode, "not judged" in edited.stdout) == (1, True)


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (f'"""About."""\n# it is\n{CORE}'.replace("list[int]", "list"), "only comments, documentation"),
        (CORE.replace("return found", "return found)"), "does not compile"),
        (CORE.replace("common", "shared"), "common is gone"),
        (FAST.replace("in known:", "in known and item not in found:"), "differs"),
    ],
)
def test_what_is_not_faster_is_told_and_ends_with_1(tmp_path: Path, new: str, told: str) -> None:
    root = project(tmp_path / "p")
    (root / "c.patch").write_text(diff("core.py", CORE, new))
    ran = verify(root, "c.patch")
    assert ran.returncode == 1, ran.stderr
    assert told in ran.stdout


def test_wrong_use_ends_with_2_and_a_red_start_with_3(tmp_path: Path) -> None:
    root = project(tmp_path / "p", **{"red.py": "raise SystemExit(5)\n"})
    (root / "c.patch").write_text(diff("core.py", CORE, FAST))
    nothing = verify(root, "c.patch", work="")
    assert nothing.returncode == 2
    assert "nothing can show a gain" in nothing.stderr
    assert verify(root, "none.patch").returncode == 2
    assert verify(root, "c.patch", work="red.py").returncode == 3


def test_what_has_to_be_built_and_what_is_wrong_in_company(tmp_path: Path) -> None:
    root = project(tmp_path / "p", **{"x.c": "int a;\n"})
    (root / "c.patch").write_text(diff("core.py", CORE, FAST) + diff("x.c", "int a;\n", "int b;\n"))
    ran = verify(root, "c.patch")
    assert (ran.returncode, "has to be built" in ran.stdout) == (1, True)


SHOP = """\
import sqlite3


def names(db, orders):
    found = []
    for order in orders:
        row = db.execute("SELECT name FROM customers WHERE id = ?", (order,)).fetchone()
        found.append(row[0])
    return found


db = sqlite3.connect("shop.sqlite")
orders = [one for (one,) in db.execute("SELECT customer_id FROM orders ORDER BY id LIMIT 60")]
print(names(db, orders))
for n in range(40):
    print(len(db.execute("SELECT id FROM orders WHERE customer_id = ?", (n,)).fetchall()))
"""
BATCHED = """\
    marks = ", ".join("?" * len(orders))
    rows = dict(db.execute(f"SELECT id, name FROM customers WHERE id IN ({marks})", orders))
    return [rows[order] for order in orders]
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = project(tmp_path / "p", **{"shop.py": SHOP})
    with sqlite3.connect(root / "shop.sqlite") as db:
        db.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT)")
        db.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER)")
        db.executemany("INSERT INTO customers VALUES (?, ?)", [(n, f"n{n}") for n in range(300)])
        db.executemany("INSERT INTO orders VALUES (?, ?)", [(n, n * 7 % 300) for n in range(6000)])
    db.close()
    return root


def test_an_n_plus_one_is_judged_by_its_queries(shop: Path) -> None:
    start, end = SHOP.index("    found = []"), SHOP.index("\n\ndb =")
    new = SHOP[:start] + BATCHED + SHOP[end:]
    (shop / "c.patch").write_text(diff("shop.py", SHOP, new))
    ran = verify(shop, "c.patch", work="shop.py")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "101 statements -> 42" in ran.stdout
    (shop / "c.patch").write_text(diff("shop.py", new, SHOP))
    (shop / "shop.py").write_text(new)
    back = verify(shop, "c.patch", work="shop.py")
    assert (back.returncode, "more queries: 42 statements -> 101" in back.stdout) == (1, True), back.stdout


def test_a_migration_is_judged_on_a_copy(shop: Path) -> None:
    before = (shop / "shop.sqlite").read_bytes()
    (shop / "up.sql").write_text("-- for the look-up\nCREATE INDEX by_customer ON orders (customer_id);\n")
    ran = verify(shop, "up.sql", work="shop.py")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (shop / "no.sql").write_text("CREATE INDEX by_name ON customers (name);\n-- down\nDROP INDEX by_name;\n")
    ran = verify(shop, "no.sql", work="shop.py")
    assert (ran.returncode, "no recorded statement uses the index" in ran.stdout) == (1, True), ran.stdout
    (shop / "two.sql").write_text("ALTER TABLE orders ADD COLUMN x;\n")
    assert verify(shop, "two.sql", work="shop.py").returncode == 2
    assert (shop / "shop.sqlite").read_bytes() == before


HOLD = """
import sys, time
from pathlib import Path
from perfprof.optimizer.judge.lease import Lease
with getattr(Lease(Path(sys.argv[1]), count=2), sys.argv[2])() as had:
    print(had, flush=True)
    time.sleep(60)
"""


def test_the_lease_is_shared_exclusive_and_survives_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cores"
    monkeypatch.delenv("PERFPROF_JUDGED_BY", raising=False)
    mine = Lease(folder, count=2, patience=0.3)
    with mine.core() as first, mine.core() as second, mine.core() as third:
        assert (first, second, third) == (True, True, False)
    with mine.machine() as alone, mine.core() as company:
        assert (alone, company) == (True, False)
    env = {name: value for name, value in os.environ.items() if name != "PERFPROF_JUDGED_BY"}
    for way in ("core", "machine"):
        other = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(folder), way], stdout=subprocess.PIPE, text=True, env=env
        )
        assert other.stdout is not None
        assert other.stdout.readline().strip() == "True"
        with mine.machine() as had:
            assert not had
        other.send_signal(signal.SIGKILL)
        other.wait()
        other.stdout.close()
        with mine.machine() as had:
            assert had
    monkeypatch.setenv("PERFPROF_JUDGED_BY", "1")  # a perfprof that is judged itself waits for nobody
    begun = time.monotonic()
    with Lease(folder).machine() as had:
        assert not had
    assert time.monotonic() - begun < 60  # the lease is patient for 900 s
