"""What a project has told its database driver to do to values and rows on their way out."""

from __future__ import annotations

from perfprof.rules.reading.program import Program
from perfprof.rules.rewording.answers import rows_are_plain
from perfprof.rules.rewording.places import project_files

_CONVERTS = ("register_converter", "detect_types")
_TEXTS = ("text_factory",)


def named_by_columns(program: Program) -> bool:
    """Whether dicts that stand for rows have the columns' names, and all of them."""
    return rows_are_plain(program)


def converts(program: Program) -> bool:
    """Whether values of a column may come out as something else than they are compared as (sqlite3's converters)."""
    return _says(program, _CONVERTS)


def changes_text(program: Program) -> bool:
    """Whether text may come out as something else than str."""
    return _says(program, _TEXTS)


def _says(program: Program, words: tuple[str, ...]) -> bool:
    sources = (program.read(path) for path in project_files(program.root, "*.py"))
    return any(word in source for source in sources if source is not None for word in words)
