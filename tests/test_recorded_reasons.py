"""The first lines of a recording say where the time went, whatever it went into."""

from __future__ import annotations

import sys
from pathlib import Path

from perfprof.optimizer.recorded import as_run, summary
from perfprof.optimizer.reports import html
from perfprof.optimizer.reports.document import document
from perfprof.profilers.reasons import Reason, reasons
from perfprof.profilers.recording import Recording
from perfprof.profilers.workload import record

PROGRAM = """
import json, sqlite3, time

db = sqlite3.connect(":memory:", isolation_level=None)
db.execute("create table t (id integer primary key, v int)")
db.executemany("insert into t values (?, ?)", [(i, i) for i in range(3000)])

def one(i):
    return db.execute("select v from t where id = ?", (i,)).fetchone()

def report():
    return [one(i) for i in range(3000)]

def scan():
    return db.execute("select sum(a.v + b.v) from t a, t b where a.v % 2 = 0").fetchone()

def parse():
    text = json.dumps(list(range(20000)))
    for _ in range(600):
        json.loads(text)

def wait():
    time.sleep(0.7)

for _ in range(40):
    report()
scan(), parse(), wait()
"""


def found(folder: Path, source: str) -> tuple[Recording, tuple[Reason, ...]]:
    (folder / "app.py").write_text(source)
    recording = record(
        [sys.executable, "app.py"], cwd=folder, folder=folder / "record", output=folder / "out", sampler="loops"
    )
    return recording, reasons(recording)


def test_each_kind_of_reason_is_named_with_its_place(tmp_path: Path) -> None:
    recording, told = found(tmp_path, PROGRAM)
    with recording:
        page = document(as_run(recording, "app.py", "", tmp_path, kept=False))
        lines = list(summary(recording, tmp_path, page))
    kinds = {(one.kind, one.place[0].function if one.place else "") for one in told}
    assert {("CPU", "parse"), ("statement", "scan"), ("statement", "one"), ("waiting", "")} <= kinds
    seconds = [one.seconds for one in told]
    assert seconds == sorted(seconds, reverse=True)
    (repeated,) = (one for one in told if one.kind == "statement" and one.place[0].function == "one")
    assert "3,000 in each call of report" in repeated.remark
    (parsed,) = (one for one in told if one.kind == "CPU" and one.place[0].function == "parse")
    assert "JSONDecoder" in parsed.remark
    first = next(number for number, line in enumerate(lines) if line.startswith("Where the time went"))
    assert first < next(number for number, line in enumerate(lines) if line.startswith("Hot functions"))
    text = html.render(page)
    assert text.index("Where the time went") < text.index("The whole run")


def test_a_run_that_did_nothing_has_no_reasons(tmp_path: Path) -> None:
    recording, told = found(tmp_path, "print(1)\n")
    recording.close()
    assert not [one for one in told if one.kind not in ("CPU", "waiting")]


def test_of_an_installed_program_its_own_functions_are_told(tmp_path: Path) -> None:
    """A tool that somebody installed and runs in a folder without code, and then in a project that has some."""
    library = tmp_path / "lib" / "python3.11" / "site-packages"
    library.mkdir(parents=True)
    (library / "tool.py").write_text(
        "import json\n\ndef render(n):\n    for _ in range(n):\n        json.loads(json.dumps(list(range(20000))))\n"
    )
    start = f"import sys; sys.path.insert(0, {str(library)!r}); import tool; tool.render(200)"
    argv = [sys.executable, "-c", start]
    with record(argv, cwd=tmp_path, folder=tmp_path / "r", output=tmp_path / "out", sampler="loops") as recording:
        cpu = next(one for one in reasons(recording) if one.kind == "CPU")
        lines = list(summary(recording, tmp_path, document(as_run(recording, "tool", "", tmp_path, kept=False))))
    assert cpu.place[0].function == "render"
    told = next(line for line in lines if line.startswith("Hot functions"))
    assert "of libraries, for no code of this project was seen" in told
    assert any("tool.py:5 render" in line and "site-packages" not in line for line in lines)


def test_a_recording_tells_its_functions_in_one_table(tmp_path: Path) -> None:
    """The page of a recording; that of a run without a section of hot functions keeps the heaviest."""
    recording, _ = found(tmp_path, "x = 0\nwhile x < 6_000_000:\n    x += 1\n")
    with recording:
        page = document(as_run(recording, "app.py", "", tmp_path, kept=False))
        lines = list(summary(recording, tmp_path, page))
    text = html.render(page)
    assert "The heaviest functions" not in text
    assert text.count("Hot functions</h2>") == 1
    assert "before any change" not in text
    page["recorded"] = [one for one in page["recorded"] if one["subject"] != "hot"]
    assert "The heaviest functions" in html.render(page)
    (processes,) = (line for line in lines if line.startswith("Processes over time"))
    assert processes.startswith("Processes over time: 1 process; at most ")


def test_the_end_of_a_program_that_failed_is_told(tmp_path: Path) -> None:
    recording, _ = found(tmp_path, "raise SystemExit(7)\n")
    with recording:
        lines = list(summary(recording, tmp_path, document(as_run(recording, "app.py", "", tmp_path, kept=False))))
    assert lines[-1] == "The program ended with exit code 7"
