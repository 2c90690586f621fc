"""The formatter touches the touched lines and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from perfprof.optimizer.writing.formatting import format_touched

UGLY = "a   = 'one'\n\ndef f( x ):\n    y  =  2\n    # here\n    return   x\n"
LONG = "    wanted = {order.customer_id: order for order in orders_of_the_year if order.is_open and order.is_due}\n"


def touched(before: str, after: str, root: Path) -> str:
    return format_touched(before, after, root / "m.py", root)


def test_untouched_lines_stay_as_ugly_as_they_are(tmp_path: Path) -> None:
    after = UGLY.replace("    # here\n", "    k   = {  'a':1 }\n    # here\n")
    assert touched(UGLY, after, tmp_path) == UGLY.replace("    # here\n", "    k = {'a': 1}\n    # here\n")


def test_line_length_is_the_files_habit(tmp_path: Path) -> None:
    before = "def f(orders_of_the_year):\n    return 1\n"
    after = before.replace("    return", LONG + "    return")
    broken = touched(before, after, tmp_path)
    assert max(map(len, broken.split("\n"))) <= 88
    wide = "x = 1  # " + "-" * 100 + "\n"
    assert touched(wide + before, wide + after, tmp_path) == wide + after


def test_the_linters_line_length_counts(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nline-length = 110\n")
    before = "def f(orders_of_the_year):\n    return 'one'\n"
    after = before.replace("    return", LONG + "    return")
    assert touched(before, after, tmp_path) == after


def test_the_projects_black_settings_are_kept(tmp_path: Path) -> None:
    before = "def f():\n    return 1\n"
    after = "def f():\n    k = {'a':1}\n    return 1\n"
    assert touched(before, after, tmp_path) == "def f():\n    k = {'a': 1}\n    return 1\n"
    (tmp_path / "pyproject.toml").write_text("[tool.black]\nline-length = 40\n")
    assert touched(before, after, tmp_path) == 'def f():\n    k = {"a": 1}\n    return 1\n'
    (tmp_path / "pyproject.toml").write_text("[tool.black]\nskip-string-normalization = true\n")
    assert touched(before, after, tmp_path) == "def f():\n    k = {'a': 1}\n    return 1\n"
    (tmp_path / "pyproject.toml").write_text("[tool.black]\nextend-exclude = 'm[.]py'\n")
    assert touched(before, after, tmp_path) == after


@pytest.mark.skipif(
    shutil.which("ruff", path=str(Path(__import__("sys").executable).parent)) is None, reason="no ruff"
)
@pytest.mark.parametrize("name", ["ruff.toml", "pyproject.toml"])
def test_the_projects_ruff_settings_are_kept(tmp_path: Path, name: str) -> None:
    section = "[format]\n" if name == "ruff.toml" else "[tool.ruff.format]\n"
    (tmp_path / name).write_text(section + 'quote-style = "single"\n')
    after = UGLY.replace("    # here\n", '    k   = {  "a":1 }\n    # here\n')
    assert touched(UGLY, after, tmp_path) == UGLY.replace("    # here\n", "    k = {'a': 1}\n    # here\n")


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_line_ends_bom_and_a_missing_last_one_are_kept(tmp_path: Path, newline: str) -> None:
    before = "\ufeffdef f():\n    return  1".replace("\n", newline)
    after = "\ufeffdef f():\n    k  = 1\n    return  1".replace("\n", newline)
    assert touched(before, after, tmp_path) == after.replace("k  =", "k =")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f():\n\treturn 1\n", "def f():\n\tk  = 1\n\treturn 1\n"),
        ("def f():\n  return 1\n", "def f():\n  k  = 1\n  return 1\n"),
        ("# fmt: off\ndef f():\n    return 1\n", "# fmt: off\ndef f():\n    k  = 1\n    return 1\n"),
        ("a = 1\r\nb = 2\n", "a = 1\r\nk  = 1\r\nb = 2\n"),
        ("call(a,\n  b,  c)\n", "call(a,\n  k,  c)\n"),
        ("a = 1\n", "a = 1\n"),
        ("a = 1\n", "a = 1\nif\n"),
        ("", ""),
    ],
    ids=["tabs", "two spaces", "off", "mixed ends", "reflow", "nothing", "syntax", "empty"],
)
def test_when_in_doubt_the_text_stays(tmp_path: Path, before: str, after: str) -> None:
    assert touched(before, after, tmp_path) == after


def test_several_places_in_a_long_file(tmp_path: Path) -> None:
    block = "def f{0}(a):\n    x   =  1\n    return a\n\n\n"
    before = "".join(block.format(n) for n in range(3000))
    after = before.replace("def f5(a):\n", "def f5(a):\n    k  =  1\n").replace(
        "def f2990(a):\n", "def f2990(a):\n    k=2\n"
    )
    wanted = after.replace("k  =  1", "k = 1").replace("k=2", "k = 2")
    assert touched(before, after, tmp_path) == wanted
