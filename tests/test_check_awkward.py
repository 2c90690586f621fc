"""Sources that are awkward to read: check names them or reads them, and never fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfprof.optimizer.checking.reader import read_files

SEEN = "def f(a):\n    seen = []\n    for q in a:\n        if q not in seen:\n            seen.append(q)\n    return seen, 'é'\n"
READ = {
    "bom": b"\xef\xbb\xbf" + SEEN.encode(),
    "crlf": SEEN.replace("\n", "\r\n").encode(),
    "cr": SEEN.replace("\n", "\r").encode(),
    "tabs": SEEN.replace("    ", "\t").encode(),
    "form feed": b"\f\n" + SEEN.replace("    seen = []", "\f    seen = []").encode(),
    "match": b"def f(a, xs):\n    for q in a:\n        match q:\n            case {'k': v} if v not in xs:\n"
    b"                xs.append(v)\n",
}
TOLD = {
    "latin-1": ("# coding: latin-1\n" + SEEN).encode("latin-1"),
    "no cookie": SEEN.encode("latin-1"),
    "utf-16": SEEN.encode("utf-16"),
    "null byte": b"x = 1\0\n",
    "too deep": b"y = " + b"-" * 100_000 + b"1\n",
}
EITHER = {  # by the interpreter
    "except*": b"try:\n    pass\nexcept* ValueError:\n    pass\n",
    "type parameters": b"def f[T](a: list[T]) -> list[T]:\n    return [x for x in a]\n",
    "nested f-string": b"def f(a):\n    return [f'{f'{x}'}' for x in a]\n",
    "template string": b"def f(a):\n    return [t'{x}' for x in a]\n",
}


def reading(folder: Path, data: bytes) -> tuple[list[str], str]:
    """The rules that found something, and why the file was skipped."""
    file = folder / "awkward.py"
    file.write_bytes(data)
    (read,) = read_files(folder, [file], ())
    assert file.read_bytes() == data
    return [one.finding.rule for one in read.found], read.skipped


@pytest.mark.parametrize("name", READ)
def test_an_awkward_source_is_read(tmp_path: Path, name: str) -> None:
    found, skipped = reading(tmp_path, READ[name])
    assert not skipped
    assert "list-membership" in found


@pytest.mark.parametrize("name", TOLD)
def test_what_cannot_be_read_is_told(tmp_path: Path, name: str) -> None:
    found, skipped = reading(tmp_path, TOLD[name])
    assert skipped
    assert not found


@pytest.mark.parametrize("name", EITHER)
def test_a_younger_syntax_is_read_or_told(tmp_path: Path, name: str) -> None:
    _, skipped = reading(tmp_path, EITHER[name])
    assert not skipped or "does not parse" in skipped


def test_generated_branches_are_read(tmp_path: Path) -> None:
    chain = "def g(a):\n    if a == 0: pass\n" + "".join(f"    elif a == {n}: pass\n" for n in range(600))
    found, skipped = reading(tmp_path, (chain + "    return [one for one in a]\n" + SEEN).encode())
    assert not skipped
    assert "list-membership" in found


def test_what_is_nested_too_deeply_hides_nothing_else(tmp_path: Path) -> None:
    deep = "def g(a):\n    b = a" + ".c" * 2900 + "\n    return [x for x in a if x in b]\n"
    found, skipped = reading(tmp_path, (SEEN + deep + SEEN.replace("def f", "def h")).encode())
    assert not skipped or skipped.startswith(("is nested too deeply: line 7, g", "does not parse"))
    assert "parse" in skipped or found.count("list-membership") == 2


def test_what_many_tests_ask_of_one_list_is_one_finding(tmp_path: Path) -> None:
    asks = "".join(f"        if x in known:\n            hits += {n}\n" for n in range(3000))
    source = (
        f"def f(rows):\n    known = list(range(500))\n    hits = 0\n    for x in rows:\n{asks}    return hits\n"
    )
    found, skipped = reading(tmp_path, source.encode())
    assert not skipped
    assert found == ["list-membership"]


def test_fifty_thousand_lines_are_read(tmp_path: Path) -> None:
    functions = b"def f(xs, ys):\n    return [x for x in xs if x in ys]\n\n"
    found, skipped = reading(tmp_path, functions * 17_000)
    assert not skipped
    assert not found
