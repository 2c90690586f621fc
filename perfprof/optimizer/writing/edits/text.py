"""Source text in the coordinates of `ast`: lines from 1, columns in UTF-8 bytes from 0, ends of lines as they are."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from perfprof.rules.rule import Edit

BOM = "\ufeff"
LINE_END = re.compile(r"\r\n|\r|\n")  # what Python takes for the end of a line; form feeds and U+2028 are not


class EditError(ValueError):
    """An edit that cannot be made without a guess; the message is the reason, ``line`` the place (0: the file)."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.reason = reason
        self.line = line


@dataclass(frozen=True, slots=True)
class Text:
    """A source text and where its lines start. ``lines`` keep their ends and add up to ``source``."""

    source: str
    lines: tuple[str, ...]

    @classmethod
    def of(cls, source: str) -> Text:
        """Cut the text where Python does."""
        ends = [match.end() for match in LINE_END.finditer(source)]
        cuts = [0, *ends, *([len(source)] if not ends or ends[-1] < len(source) else [])]
        return cls(source, tuple(source[a:b] for a, b in itertools.pairwise(cuts)))

    def between(self, first: int, last: int) -> str:
        """The lines ``first`` to ``last``, both included, counted from 1."""
        return "".join(self.lines[first - 1 : last])

    def byte(self, line: int, column: int) -> int:
        """The offset in UTF-8 bytes of a place in the coordinates of `ast`."""
        return sum(len(text.encode()) for text in self.lines[: line - 1]) + column

    @property
    def newline(self) -> str:
        """The first end of line, a line feed if there is none."""
        match = LINE_END.search(self.source)
        return match.group() if match else "\n"

    @property
    def indent(self) -> str:
        """What the first indented line of code begins with, four spaces if there is none."""
        return self.indent_from(1)

    def indent_from(self, first: int) -> str:
        """The same of the lines from ``first`` on, and where they have none, of the others."""
        for line in (*self.lines[first - 1 :], *self.lines[: first - 1]):
            body = line.lstrip(" \t")
            if body != line and body.strip() and not body.startswith("#"):
                return line[: len(line) - len(body)]
        return "    "


def newlines_of(text: str) -> frozenset[str]:
    """The kinds of line ends in a text."""
    return frozenset(LINE_END.findall(text))


def with_newlines(text: str, newline: str) -> str:
    """The text with all line ends of one kind."""
    return LINE_END.sub(lambda _: newline, text)


def splice(text: Text, edits: Sequence[Edit]) -> str:
    """The text with the bytes of each place replaced."""
    data, pieces, here = text.source.encode(), [], 0
    for edit in sorted(edits, key=lambda one: (one.line, one.column)):
        start, end = text.byte(edit.line, edit.column), text.byte(edit.end_line, edit.end_column)
        pieces += [data[here:start], edit.source.encode()]
        here = end
    return b"".join([*pieces, data[here:]]).decode()
