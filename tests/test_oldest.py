"""A patch must be readable by every Python that the project says it runs on."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfprof.optimizer.oldest import oldest_python, too_new

OLD = "def work(rows, known):\n    return [row for row in rows if row.name in known]\n"
NEW = OLD.replace("if row.name", "if (name := row.name)")


@pytest.mark.parametrize(
    ("name", "text", "oldest"),
    [
        ("pyproject.toml", '[project]\nrequires-python = ">=3.10"\n', (3, 10)),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.8"\n', (3, 8)),
        ("setup.cfg", "[options]\npython_requires = >=3.7\n", (3, 7)),
        ("setup.py", "setup(\n    name='x',\n    python_requires='>=3.6',\n)\n", (3, 7)),
        ("setup.py", 'setup(python_requires=">=2.7, !=3.0.*")\n', (3, 7)),
        ("setup.py", 'setup(\n      python_requires=">=2.7, !=3.0.*")\n', (3, 7)),
        ("setup.py", "setup(name='x')\n", None),
    ],
)
def test_the_oldest_python_is_what_the_metadata_names(
    name: str, text: str, oldest: tuple[int, int] | None, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    assert oldest_python(tmp_path) == oldest


def test_assignment_expressions_are_held_back_from_older_pythons() -> None:
    assert "3.7" in too_new(OLD, NEW, (3, 7))
    assert too_new(OLD, NEW, (3, 8)) == too_new(OLD, NEW, None) == too_new(OLD, OLD, (3, 7)) == ""


def test_a_text_that_is_newer_already_may_stay_so() -> None:
    assert too_new(NEW, NEW + NEW, (3, 7)) == ""
