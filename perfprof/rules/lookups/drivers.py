"""What a project has told its database driver to do to values and rows on their way out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from perfprof.rules.reading.program import Program
from perfprof.rules.rewording.answers import rows_are_plain
from perfprof.rules.rewording.places import project_files

_CONVERTS = ("register_converter", "detect_types")


def named_by_columns(program: Program) -> bool:
    """Whether dicts that stand for rows have the columns' names, and all of them."""
    return rows_are_plain(program)


def converts(program: Program) -> bool:
    """Whether values of a column may come out as something else than they are compared as (sqlite3's converters)."""
    return _says(program, _CONVERTS)


def computed(names: Iterable[str], program: Program) -> str:
    """The first of these attributes that a class of the project computes when it is read; "" if none does."""
    wanted = "|".join(re.escape(one) for one in names)
    pattern = re.compile(rf"^[ \t]*@[\w.]*property[^\n]*\n(?:[ \t]*@[^\n]*\n)*[ \t]*def ({wanted})\b", re.MULTILINE)
    sources = (program.read(path) for path in project_files(program.root, "*.py")) if wanted else ()
    found = (pattern.search(source) for source in sources if source is not None)
    return next((one[1] for one in found if one is not None), "")


def _says(program: Program, words: tuple[str, ...]) -> bool:
    sources = (program.read(path) for path in project_files(program.root, "*.py"))
    return any(word in source for source in sources if source is not None for word in words)
