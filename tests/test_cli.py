"""The command line as a user meets it: real processes, real files, exit codes."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from example_run import RUN, WAITING

import perfprof
from perfprof.errors import BaselineError, PerfprofError, UsageError
from perfprof.optimizer.cli import COMMANDS, main, message
from perfprof.optimizer.patches import FileChange
from perfprof.optimizer.reports.document import document, dumps
from perfprof.optimizer.run import Run
from perfprof.optimizer.writing.apply import apply

HEAVY = ("libcst", "astroid", "sqlglot", "black", "rich", "hypothesis", "psycopg", "jsonschema")
CLEAN = "def double(x):\n    return 2 * x\n"
SLOW = """def unknown(order_ids, ids):
    known = list(ids)
    missing = []
    for order_id in order_ids:
        if order_id not in known:
            missing.append(order_id)
    return missing
"""


def call(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """perfprof in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "perfprof", *words],
        cwd=folder,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n", "utf-8")
    (tmp_path / "clean.py").write_text(CLEAN, "utf-8")
    (tmp_path / "slow.py").write_text(SLOW, "utf-8")
    return tmp_path


def kept(folder: Path, run: Run) -> Path:
    """A run that was made earlier."""
    place = folder / ".perfprof" / "runs" / run.id
    place.mkdir(parents=True)
    (place / "report.json").write_text(dumps(document(run)), "utf-8")
    return place


def test_help_and_version(tmp_path: Path) -> None:
    said = call(tmp_path, "--help").stdout
    for name in COMMANDS:
        assert (f"\n  {name} " in said) == (name != "docs")
    assert "perfprof fix --apply -- python your_program.py\n" in said
    assert call(tmp_path, "--version").stdout == f"perfprof {perfprof.__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert f"Usage: main {name}" in result.output
    assert ("[-- WORKLOAD]" in result.output) == (name in ("fix", "record", "verify", "compare", "demo"))


def test_check_is_silent_when_clean(project: Path) -> None:
    result = call(project, "check", "clean.py", "--no-cache")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_check_names_what_it_finds(project: Path) -> None:
    result = call(project, "check", "--no-cache")
    assert result.returncode == 1
    first, last = result.stdout.splitlines()
    assert first.startswith("slow.py:5: list-membership: ")
    assert last == "1 finding. To measure, fix and prove: perfprof fix -- WORKLOAD"
    assert "\x1b" not in result.stdout


def test_check_writes_json(project: Path) -> None:
    printed = call(project, "check", "--no-cache", "--json", "-")
    assert json.loads(printed.stdout)["findings"][0]["rule"] == "list-membership"
    written = call(project, "check", "--no-cache", "--json", "out.json", "--quiet")
    assert written.stdout == ""
    assert json.loads((project / "out.json").read_text("utf-8"))["totals"]["found"] == 1


def test_check_imports_nothing_heavy(project: Path) -> None:
    code = (
        "import sys; from perfprof.__main__ import main\n"
        "try: main(['check', 'clean.py', '--no-cache'])\n"
        f"except SystemExit as end: print(end.code, [name for name in {HEAVY} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True)
    assert result.stdout == "0 []\n"


def test_check_tells_what_it_could_not_read(project: Path) -> None:
    (project / "broken.py").write_text("x = (\n", "utf-8")
    result = call(project, "check", "broken.py", "--no-cache")
    assert result.returncode == 0
    assert result.stderr.startswith("broken.py: not read: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fxi"], "Did you mean fix?"),
        (["fix", "--aply"], "--apply"),
        (["fix"], "there is no workload"),
        (["record"], "there is no command"),
        (["record", "--"], "there is no command"),
        (["record", "python", "slow.py"], "A program goes after --: perfprof record -- python your_program.py"),
        (["python", "slow.py"], "A program goes after --: perfprof fix -- COMMAND"),
        (["fix", "sh", "slow.py"], "A program goes after --: perfprof fix -- python your_program.py"),
        (["explain", "nosuch"], "perfprof rules lists them all"),
        (["check", "nowhere.py"], "nowhere.py: no such file or folder"),
        (["check", "--only", "list-membershp"], "Did you mean list-membership?"),
        (["explain", "n_plus_on"], "there is no rule"),
        (["verify", "no.patch", "--", "true"], "no.patch: this is neither a patch file nor a git range"),
        (["verify", "slow.py"], "there is no workload"),
        (["report"], "there is no run yet"),
        (["report", "2026-1"], "there is no run '2026-1'"),
        (["report", "slow.py"], "this is no profile that perfprof can read"),
        (["fix", "--min-share", "3", "--", "true"], "3"),
        (["fix", "--json", "no/out.json", "--", "true"], "there is no folder 'no'"),
        (["record", "-o", "no/out", "--", "true"], "there is no folder 'no'"),
        (["fix", "--tests", "'", "--", "true"], "the command cannot be read"),
    ],
)
def test_wrong_use_is_told_in_one_message(project: Path, words: Sequence[str], said: str) -> None:
    result = call(project, *words)
    assert result.returncode == 2, result.stderr
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_an_option_that_goes_to_the_program_is_told(project: Path) -> None:
    """It is the program's all the same: no word of a workload is touched."""
    words = ["-c", "import sys; print(sys.argv[1:])", "--apply", "--tests=x"]
    result = call(project, "record", "--", sys.executable, *words)
    assert "note: " not in result.stderr  # record has no such options
    result = call(project, "fix", "--min-share", "1", "--", sys.executable, *words, "--apply=1")
    told = [line for line in result.stderr.splitlines() if line.startswith("note: ")]
    assert [line.split()[1] for line in told] == ["--apply", "--tests=x", "--apply=1"]


@pytest.mark.parametrize(("text", "told"), [("some words\n", 1), ("", 0)])
def test_input_that_no_workload_gets_is_told(project: Path, text: str, told: int) -> None:
    (project / "input.txt").write_text(text, "utf-8")
    argv = [sys.executable, "-m", "perfprof", "fix", "--", sys.executable, "-c", "import sys; sys.stdin.read()"]
    for words in (argv, ["sh", "-c", f"cat input.txt | (sleep 0.2; {shlex.join(argv)})"]):
        with (project / "input.txt").open("rb") as file:
            result = subprocess.run(words, cwd=project, stdin=file, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        assert result.stderr.count("gets no standard input") == told


def test_configuration_is_read_and_the_command_line_wins(project: Path) -> None:
    (project / "pyproject.toml").write_text(
        "[tool.perfprof]\nonly = ['nested-loop-join']\ncache = false\n", "utf-8"
    )
    assert call(project, "check").returncode == 0
    assert call(project, "check", "--only", "list-membership").returncode == 1
    (project / "pyproject.toml").write_text("[tool.perfprof]\n\nmin-shar = 1\n", "utf-8")
    result = call(project, "check")
    assert result.returncode == 2
    assert "pyproject.toml:3: [tool.perfprof] has no setting 'min-shar'\n  Did you mean min-share?" in result.stderr


def test_debug_shows_the_traceback(project: Path) -> None:
    result = call(project, "report", "nothing", "--debug")
    assert "Traceback" in result.stderr
    assert "UsageError" in result.stderr


def test_errors_have_what_where_todo_and_code() -> None:
    assert (
        message(UsageError("it is wrong", where="a.py:3", todo="Do this."))
        == "error: a.py:3: it is wrong\n  Do this."
    )
    assert (PerfprofError.exit_code, UsageError.exit_code, BaselineError.exit_code) == (2, 2, 3)
    assert message(PermissionError(13, "Permission denied", "/x/y")) == "error: /x/y: Permission denied"
    assert "ZeroDivisionError" in message(ZeroDivisionError("by zero"))


def test_record_passes_everything_on(project: Path) -> None:
    (project / "work.py").write_text(
        "import sys\nprint('out', sys.argv)\nprint('err', file=sys.stderr)\nsys.exit(7)\n"
    )
    result = call(project, "record", "-o", "a.sqlite", "--", sys.executable, "work.py", "--", "-x")
    assert result.returncode == 7
    assert result.stdout == "out ['work.py', '--', '-x']\n"
    assert result.stderr.startswith("err\n")
    assert result.stderr.endswith("Recording: a.sqlite\n")
    assert (project / "a.sqlite").read_bytes().startswith(b"SQLite format 3")
    page = call(project, "report", "--html", "-").stdout
    assert "perfprof record -o a.sqlite -- " in page
    assert "Nothing that was run is slow" not in page


def test_places_of_a_recording_are_relative_to_its_own_project(project: Path, tmp_path: Path) -> None:
    (project / "work.py").write_text("def busy():\n    return sum(i * i for i in range(2_000_000))\n\n\nbusy()\n")
    call(project, "record", "-o", "a.sqlite", "--", sys.executable, "work.py")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    told = call(elsewhere, "report", str(project / "a.sqlite"), "--markdown", "-").stdout
    assert "work.py:2" in told
    assert f"{project}/work.py" not in told


def test_record_of_what_does_not_exist(project: Path) -> None:
    result = call(project, "record", "--", "no-such-program-here")
    assert result.returncode == 2
    assert "no-such-program-here" in result.stderr
    assert "Traceback" not in result.stderr


def test_interrupt_says_that_nothing_was_changed(project: Path) -> None:
    up = project / "up"
    (project / "endless.py").write_text(
        f"import time\nopen({str(up)!r}, 'w').close()\nwhile True:\n    time.sleep(0.1)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "perfprof", "fix", "--", sys.executable, "endless.py"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline().startswith("perfprof ")
    for _ in range(300):
        if up.exists() or process.poll() is not None:
            break
        time.sleep(0.1)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert said.splitlines()[-1] == "Interrupted: nothing was changed."
    assert "Traceback" not in said
    assert (project / "slow.py").read_text("utf-8") == SLOW


def test_verify_refuses_a_patch_that_changes_the_answer(project: Path) -> None:
    (project / "work.py").write_text("from slow import unknown\nprint(unknown(range(9), [3, 4]))\n", "utf-8")
    (project / "wrong.patch").write_text(
        "--- a/slow.py\n+++ b/slow.py\n@@ -7 +7 @@\n-    return missing\n+    return missing[1:]\n", "utf-8"
    )
    result = call(project, "verify", "wrong.patch", "--json", "out.json", "--", sys.executable, "work.py")
    assert result.returncode == 1, result.stderr
    assert "   replay        failed" in result.stdout
    assert "1 found: 1 rejected." in result.stdout
    assert (project / "slow.py").read_text("utf-8") == SLOW
    report = json.loads((project / "out.json").read_text("utf-8"))
    assert report["run"]["verb"] == "verify"
    assert report["verdicts"][0]["replay"] == "failed"


def test_undo_takes_the_last_apply_back(project: Path) -> None:
    (project / ".git").mkdir()
    apply(project, [FileChange("slow.py", SLOW, SLOW.replace("list(", "set(")), FileChange("new.sql", "", "x\n")])
    assert "set(" in (project / "slow.py").read_text("utf-8")
    result = call(project, "fix", "--undo")
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "2 files are as before the last --apply."
    assert (project / "slow.py").read_text("utf-8") == SLOW
    assert not (project / "new.sql").exists()
    again = call(project, "fix", "--undo")
    assert again.returncode == 2
    assert "there is nothing to take back" in again.stderr


def test_closed_pipe_is_quiet(project: Path) -> None:
    kept(project, RUN)
    command = f"{sys.executable} -m perfprof report --json - | head -c 1"
    result = subprocess.run(["/bin/sh", "-c", command], cwd=project, capture_output=True, text=True, check=False)
    assert result.stdout == "{"
    assert result.stderr == ""


def test_report_in_every_form(project: Path) -> None:
    place = kept(project, RUN)
    assert "nested loop -> dict index" in call(project, "report", COLUMNS="160").stdout
    forms = {
        "html": "<!doctype html>",
        "json": "{",
        "sarif": "{",
        "markdown": "<!-- perfprof:v1 -->",
        "svg": "<svg ",
    }
    files = [word for form in forms for word in (f"--{form}", f"out.{form}")]
    assert call(project, "report", RUN.id, *files).returncode == 0
    for form, begin in forms.items():
        assert (project / f"out.{form}").read_text("utf-8").startswith(begin)
    assert (project / "out.json").read_text("utf-8") == (place / "report.json").read_text("utf-8")
    for way in (place, place / "report.json"):
        assert call(project, "report", str(way), "--markdown", "-").stdout.startswith("<!-- perfprof:v1 -->")


def test_report_takes_the_last_run(project: Path) -> None:
    first, last = kept(project, RUN), kept(project, WAITING.__class__(id="2026-11-23-10", verb="fix", folder="", root="/x",
        command="later", applied=False, environment={}))  # fmt: skip
    os.utime(first / "report.json", (1, 1))
    os.utime(last / "report.json", (2, 2))
    assert "Nothing to do" in call(project, "report").stdout


def test_no_escape_codes_when_piped(project: Path) -> None:
    kept(project, RUN)
    for settings in ({}, {"FORCE_COLOR": ""}, {"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in call(project, "report", **settings).stdout


def test_rules_and_explain(project: Path) -> None:
    listed = call(project, "rules").stdout
    assert [row.split()[0] for row in listed.splitlines()] == sorted(row.split()[0] for row in listed.splitlines())
    assert "list-membership" in listed
    page = call(project, "explain", "list-membership").stdout
    assert page.startswith("# list-membership\n")
    assert "## Safe if\n" in page
    assert "```python before\n" in page


def test_docs_are_made_and_compared(tmp_path: Path) -> None:
    assert call(tmp_path, "docs", "docs", "--check").returncode == 1
    assert call(tmp_path, "docs", "docs").returncode == 0
    assert call(tmp_path, "docs", "docs", "--check").returncode == 0
    (tmp_path / "docs" / "rules" / "gone.md").write_text("x")
    (tmp_path / "docs" / "rules" / "list-membership.md").write_text("x")
    result = call(tmp_path, "docs", "docs", "--check")
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 2


def test_the_list_of_commands_is_told_in_whole_sentences(project: Path) -> None:
    listed = call(project, "--help").stdout.partition("Commands:")[2].strip().splitlines()
    assert len(listed) >= 10
    assert [line for line in listed if not line.rstrip().endswith(".") or line.rstrip().endswith("...")] == []
