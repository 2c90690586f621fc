"""Cut a module into stretches of whole lines that libcst can read one by one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from perfprof.optimizer.writing.edits.text import Text
from perfprof.optimizer.writing.edits.trees import first_line, last_line


@dataclass(frozen=True, slots=True)
class Stretch:
    """Lines ``first`` to ``last``, which hold these statements of the module and no others."""

    first: int
    last: int
    statements: tuple[ast.stmt, ...]


def stretches(text: Text, tree: ast.Module) -> Iterator[Stretch]:
    """The module's statements in order; one a stretch, more where semicolons put them on one line."""
    done = 0
    groups = list(_by_lines(tree.body))
    followers = [first_line(group[0]) for group in groups[1:]] + [len(text.lines) + 1]
    for group, following in zip(groups, followers, strict=True):
        first = _with_comments_above(text, first_line(group[0]), done)
        done = _with_comments_below(text, last_line(group[-1]), following)
        yield Stretch(first, done, tuple(group))


def _by_lines(body: list[ast.stmt]) -> Iterator[list[ast.stmt]]:
    group: list[ast.stmt] = []
    for statement in body:
        if group and first_line(statement) > last_line(group[-1]):
            yield group
            group = []
        group.append(statement)
    if group:
        yield group


def _with_comments_above(text: Text, line: int, done: int) -> int:
    """The first line of the comments that stand directly on the statement."""
    first = line
    while first - 1 > done and text.lines[first - 2].startswith("#"):
        first -= 1
    return line if first == 1 else first  # what opens the file belongs to the file: #!, coding, licence


def _with_comments_below(text: Text, line: int, following: int) -> int:
    """The last line of the block, with the indented comments that close it."""
    last = line
    for number in range(line + 1, following):
        content = text.lines[number - 1]
        if content[:1] in (" ", "\t") and content.strip().startswith("#"):
            last = number
        elif content.strip():
            break
    return last
