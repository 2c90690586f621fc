"""Check reads, remembers, ignores on request, ranks by the last recording, and imports nothing heavy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from perfprof.optimizer.checking import check, is_test
from perfprof.optimizer.options import CheckOptions
from perfprof.optimizer.run import Run
from perfprof.profilers.workload import record

JOIN = """\
def join(orders, customers):
    lines = []
    for order in orders:
        for customer in customers:
            if customer.id == order.customer_id:
                lines.append((order, customer))
    return lines
"""
HELPER = """\
def find(rows, key):
    for row in rows:
        if row == key:
            return row
    return None
"""
CALLER = """\
from helper import find


def all_of(keys, rows):
    return [find(rows, key) for key in keys]
"""


def found(run: Run) -> list[tuple[str, int, str]]:
    return [(one.finding.path, one.finding.line, one.finding.rule) for one in run.outcomes]


def checked(root: Path, **asked: object) -> Run:
    return check(CheckOptions(root, **asked))  # type: ignore[arg-type]


def test_a_nested_loop_is_found_with_what_is_left_to_observe(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(JOIN)
    run = checked(tmp_path)
    assert found(run) == [("m.py", 4, "nested-loop-join")]
    assert "reads-are-plain" in run.outcomes[0].reason


def test_a_parameter_of_unknown_type_is_no_finding(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("def f(xs, ys):\n    return [x for x in xs if x in ys]\n")
    assert found(checked(tmp_path)) == []


def test_short_written_lists_are_no_finding(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("KINDS = ['a', 'b']\n\n\ndef f(xs):\n    return [x for x in xs if x in KINDS]\n")
    assert found(checked(tmp_path)) == []


@pytest.mark.parametrize(
    "comment",
    [
        "# perfprof: ignore",
        "# perfprof: ignore[nested-loop-join] ten rows",
        "# perfprof: ignore[x, nested-loop-join]",
    ],
)
def test_a_comment_ignores_a_finding(tmp_path: Path, comment: str) -> None:
    (tmp_path / "m.py").write_text(JOIN.replace("customer in customers:", f"customer in customers:  {comment}"))
    assert found(checked(tmp_path)) == []


def test_a_comment_for_another_rule_ignores_nothing(tmp_path: Path) -> None:
    text = JOIN.replace("customer in customers:", "customer in customers:  # perfprof: ignore[list-membership]")
    (tmp_path / "m.py").write_text(text)
    assert len(found(checked(tmp_path))) == 1


def test_tests_are_read_only_when_they_are_named(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    for name in ("test_m.py", "tests/m.py"):
        (tmp_path / name).write_text(JOIN)
    assert found(checked(tmp_path)) == []
    assert len(found(checked(tmp_path, paths=(tmp_path / "test_m.py",)))) == 1


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def f(:\n")
    (tmp_path / "latin.py").write_bytes(b"x = '\xe9'\n")
    (tmp_path / "empty.py").write_text("")
    run = checked(tmp_path)
    assert set(run.skipped) == {"broken.py", "latin.py"}
    assert "line 1" in run.skipped["broken.py"]


def test_memory_holds_as_long_as_what_it_depends_on(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text(HELPER)
    (tmp_path / "m.py").write_text(CALLER)
    assert found(checked(tmp_path, unmeasured=True)) == [("m.py", 5, "linear-search")]
    assert found(checked(tmp_path, unmeasured=True)) == [("m.py", 5, "linear-search")]
    (tmp_path / "helper.py").write_text("def find(rows, key):\n    return rows[key]\n")
    assert found(checked(tmp_path, unmeasured=True)) == []


def test_broken_memory_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(JOIN)
    checked(tmp_path)
    (cache,) = (tmp_path / ".perfprof" / "cache").glob("*.json")
    cache.write_text("{")
    assert len(found(checked(tmp_path))) == 1


def test_many_files_are_read_by_processes_with_the_same_answer(tmp_path: Path) -> None:
    for number in range(60):
        (tmp_path / f"m{number:02}.py").write_text(JOIN)
    one, two = checked(tmp_path, cache=False, jobs=1), checked(tmp_path, cache=False, jobs=2)
    assert found(one) == found(two)
    assert len(found(one)) == 60


def test_diff_names_only_changed_code(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(JOIN + "\n\n" + JOIN.replace("join", "other"))
    for words in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    assert found(checked(tmp_path, diff="HEAD")) == []
    text = (tmp_path / "m.py").read_text()
    (tmp_path / "m.py").write_text(
        text[: text.index("def other")] + text[text.index("def other") :].replace("lines", "rows")
    )
    assert found(checked(tmp_path, diff="HEAD")) == [("m.py", 13, "nested-loop-join")]


def test_diff_knows_new_files_and_every_name(tmp_path: Path) -> None:
    git = ("git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b")
    old = tmp_path / "alte bücher.py"
    old.write_text("x = 1\n")
    for argv in (("init", "-q"), ("config", "diff.noprefix", "true"), ("add", "."), ("commit", "-qm", "one")):
        subprocess.run([*git, *argv], check=True)
    old.write_text(JOIN)
    (tmp_path / "new.py").write_text(JOIN)
    assert [path for path, *_ in found(checked(tmp_path, diff="HEAD"))] == ["alte bücher.py", "new.py"]


def test_a_recording_ranks_and_drops_what_is_cold(tmp_path: Path) -> None:
    hot = JOIN.replace("customer.id", "customer").replace("order.customer_id", "order")
    (tmp_path / "m.py").write_text(hot + "\n\n" + hot.replace("join", "cold"))
    (tmp_path / "w.py").write_text("import m\nm.join(range(2500), list(range(2500)))\nm.cold([1], [1])\n")
    folder = tmp_path / ".perfprof" / "runs" / "1"
    record([sys.executable, "w.py"], cwd=tmp_path, folder=folder, sampler="loops").close()
    run = checked(tmp_path)
    assert found(run) == [("m.py", 4, "nested-loop-join")]
    assert run.hidden == 1
    share = run.outcomes[0].finding.share
    assert share is not None
    assert share > 0.5
    argv = [sys.executable, "-m", "perfprof", "check"]
    said = subprocess.run(argv, check=False, cwd=tmp_path, capture_output=True, text=True)
    assert said.stderr == "1 not shown: cold in the last recording (--min-share 0 shows all).\n"


def test_nothing_heavy_is_imported(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("x = 1\n")
    code = (
        "import sys\nfrom perfprof.optimizer.cli import main\n"
        "try:\n    main(['check', '--no-cache', sys.argv[1]])\nexcept SystemExit as end:\n    assert not end.code\n"
        "print(sorted({'libcst', 'astroid', 'sqlglot', 'black', 'rich', 'psycopg', 'hypothesis'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


REPOSITORY = """\
class Repository:
    def __init__(self, rows):
        self._rows = list(rows)

    def by_id(self, wanted):
        for row in self._rows:
            if row.id == wanted:
                return row
        return None
"""


@pytest.mark.parametrize(
    ("head", "annotation"),
    [("from store import Repository", "Repository"), ("import store", "store.Repository")],
)
def test_a_method_of_another_file_that_searches_is_found(tmp_path: Path, head: str, annotation: str) -> None:
    (tmp_path / "store.py").write_text(REPOSITORY)
    made = f"    repository = {annotation}(rows)\n"
    body = "    return [repository.by_id(order.customer_id) for order in orders]\n"
    (tmp_path / "m.py").write_text(f"{head}\n\n\ndef work(orders, rows):\n{made}{body}")
    expected = [("m.py", 6, "linear-search")] if head.startswith("from") else []
    assert found(checked(tmp_path)) == expected


@pytest.mark.parametrize("deep", ["(" * 80 + "1" + ")" * 80, "-" * 900 + "1", "+".join(["x"] * 2000)])
def test_deep_nesting_is_told_or_read_but_never_a_crash(tmp_path: Path, deep: str) -> None:
    (tmp_path / "deep.py").write_text(f"def f(xs):\n    for x in xs:\n        y = {deep}\n    return y\n")
    (tmp_path / "m.py").write_text(JOIN)
    run = checked(tmp_path)
    assert found(run) == [("m.py", 4, "nested-loop-join")]
    assert all(one.startswith("is nested too deeply: line 1, f") for one in run.skipped.values())


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_do_not_shift_findings(tmp_path: Path, end: str) -> None:
    (tmp_path / "m.py").write_bytes(("# \u00e9\f\n" + JOIN).replace("\n", end).encode())
    assert [one[:2] for one in found(checked(tmp_path))] == [("m.py", 5)]


REGEX = "import re\n\n\ndef digits(words):\n    found = []\n    for word in words:\n        found.append(re.match('[0-9]+', word))\n    return found\n"


def test_constant_factors_need_a_recording_or_their_name(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(REGEX)
    assert found(checked(tmp_path)) == []
    assert found(checked(tmp_path, only=("regex-in-loop",))) == [("m.py", 7, "regex-in-loop")]


@pytest.mark.parametrize("name", ["test.py", "tests.py"])
def test_files_called_test_are_tests(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("")
    assert is_test(tmp_path / name, tmp_path)


FAILS = """\
def tidy(names):
    keys = [name.lower() for name in names]
    if len(keys) != len(set(keys)):
        twice = {key for key in keys if keys.count(key) > 1}
        raise ValueError(f"twice: {twice}")
    return keys
"""


def test_what_only_a_failure_costs_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(FAILS)
    assert found(checked(tmp_path, unmeasured=True)) == []
    (tmp_path / "m.py").write_text(FAILS.replace("raise ValueError", "print"))
    assert found(checked(tmp_path, unmeasured=True)) == [("m.py", 4, "list-count")]


MARKS = """\
def mark(*words):
    def deco(function):
        for word in words:
            if word not in function.words:
                function.words.append(word)
        return function
    return deco


def missing(numbers):
    return [x for x in range(3) if x not in numbers.values()]
"""


def test_loops_that_the_code_keeps_short_are_not_told(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(MARKS)
    assert found(checked(tmp_path, unmeasured=True)) == []
    (tmp_path / "m.py").write_text(MARKS.replace("*words", "words").replace("range(3)", "range(most)"))
    assert [place[1:] for place in found(checked(tmp_path, unmeasured=True))] == [
        (4, "list-membership"),
        (11, "dict-keys-scan"),
    ]


DESCRIBED = """\
import os


class Kept:
    def __get__(self, instance, owner):
        return self.store(instance)


def others(folder, names):
    for file in os.listdir(folder):
        path = os.path.join(folder, file)
        if not any(file == name for name in names):
            print(path)
"""


def test_what_a_module_holds_is_no_descriptor(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(DESCRIBED)
    assert [place[1:] for place in found(checked(tmp_path, unmeasured=True))] == [(12, "linear-search")]
    (tmp_path / "m.py").write_text(DESCRIBED.replace("import os", "os = object()"))
    assert found(checked(tmp_path, unmeasured=True)) == []
