"""Where an SQL template expects values: ``?`` ``?1`` ``:x`` ``@x`` ``$x`` ``%s`` ``%(x)s`` ``$1``, in any mixture.

A recording replaces literals by ``?``, so one template may hold the program's own style and ``?`` side by side.
Strings, quoted names, comments and operators that look like a placeholder (``::int``, JSON's ``?``) are stepped over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(
    r"""
    (?P<text>   [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*`
              | \$(?P<tag>[A-Za-z_]*)\$ .*? \$(?P=tag)\$ )
  | (?P<note>   --[^\n]* | /\*.*?\*/ | \s+ )
  | (?P<mark>   %\(\w+\)[sbt] | %[sbt](?!\w) | \?\d* | (?<![:\w\]])[:@$](?!:)\w+ )
  | (?P<twice>  %% )
  | (?P<word>   \w+ )
  | (?P<other>  :: | \?[|&] | @\? | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_TWICE = re.compile("%%")
_BRACKETED = re.compile(r"\[[^\]]*\]")
# After one of these words an operand follows, so a `?` there is a placeholder and not the JSON operator.
_OPERAND_FOLLOWS = re.compile(
    "all|and|any|as|between|by|case|cast|distinct|else|end|exists|fetch|first|from|glob|group|having|ilike|in|insert|"
    "interval|is|join|like|limit|match|next|not|null|offset|on|or|order|regexp|returning|select|set|similar|some|then|"
    "to|union|using|values|when|where|with",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """One place in the text that expects a value. number: of the parameter, from 0; several marks may share one."""

    number: int
    start: int
    end: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A statement's text and the marks in it, in order of the text."""

    text: str
    marks: tuple[Mark, ...]
    doubled: tuple[int, ...] = ()

    @property
    def parameters(self) -> int:
        """How many different values the statement wants."""
        return len({mark.number for mark in self.marks})

    def rendered(self, style: Callable[[int], str]) -> str:
        """The text with ``style(number)`` in the place of each mark; a driver's ``%%`` becomes ``%``."""
        pieces, here = [], 0
        changes = [(mark.start, mark.end, style(mark.number)) for mark in self.marks]
        changes += [(start, start + 2, "%") for start in self.doubled]
        for start, end, new in sorted(changes):
            pieces += [self.text[here:start], new]
            here = end
        return "".join(pieces) + self.text[here:]


@lru_cache(maxsize=4096)
def template(text: str, dialect: str) -> Template:
    """Find the placeholders of a statement; dialect is "sqlite" or "postgresql"."""
    marks: list[Mark] = []
    numbers: dict[str, int] = {}
    twice: list[int] = []
    quoted: list[int] = []
    operand = False
    for match in _tokens(text, dialect):
        kind, piece = match.lastgroup, match.group()
        if kind == "mark" and _is_mark(piece, operand, dialect):
            marks.append(_mark(match, numbers))
        elif kind == "twice" and dialect == "postgresql":
            twice.append(match.start())
        elif kind == "text":
            quoted += _doubled_in(match)
        operand = operand if kind == "note" else _ends_an_operand(match)
    formatted = any(text[mark.start] == "%" for mark in marks)  # by psycopg, quoted parts too
    return Template(text, tuple(marks), tuple(twice + quoted if formatted else twice))


def _doubled_in(match: re.Match[str]) -> list[int]:
    return [match.start() + found.start() for found in _TWICE.finditer(match.group())]


def _tokens(text: str, dialect: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(text):
        match = _next(text, at, dialect)
        yield match
        at = match.end()


def _ends_an_operand(match: re.Match[str]) -> bool:
    """Whether an operator must follow: after a value, a name or a closing parenthesis."""
    kind, piece = match.lastgroup, match.group()
    if kind in (None, "text", "mark"):
        return True
    return piece in ")]" or (kind == "word" and not _OPERAND_FOLLOWS.fullmatch(piece))


def separated(script: str, dialect: str) -> tuple[str, ...]:
    """The statements of a script, cut at semicolons outside of strings, names and comments; bodies of triggers too."""
    found, start = [], 0
    for match in _tokens(script, dialect):
        if match.group() == ";":
            found.append(script[start : match.start()])
            start = match.end()
    return tuple(piece.strip() for piece in [*found, script[start:]] if _says_something(piece, dialect))


def word_at(text: str, dialect: str, word: str) -> int:
    """Where a keyword stands outside of parentheses, strings and comments; -1 if nowhere."""
    depth = 0
    for match in _tokens(text, dialect):
        if not depth and match.lastgroup == "word" and match.group().lower() == word:
            return match.start()
        depth += {"(": 1, ")": -1}.get(match.group(), 0)
    return -1


def _says_something(piece: str, dialect: str) -> bool:
    return any(match.lastgroup != "note" for match in _tokens(piece, dialect))


def _next(text: str, at: int, dialect: str) -> re.Match[str]:
    """The token that begins here; ``[a b]`` is a quoted name in SQLite and an array in PostgreSQL."""
    bracketed = _BRACKETED.match(text, at) if dialect == "sqlite" and text[at] == "[" else None
    match = bracketed or _TOKEN.match(text, at)
    assert match is not None
    return match


def _is_mark(piece: str, operand: bool, dialect: str) -> bool:
    """`tags ? 'new'` asks PostgreSQL's jsonb for a key and `@x` is its absolute value; `a %s` divides in SQLite."""
    if dialect == "sqlite":
        return piece[0] != "%"
    return piece[0] != "@" and not (piece == "?" and operand)


def _mark(match: re.Match[str], numbers: dict[str, int]) -> Mark:
    """Named and numbered placeholders share their parameter; each plain one is a new one."""
    token = match.group()
    name = token[2:-2] if token[0] == "%" else token[1:]
    key = token if name else f"#{len(numbers)}"
    number = numbers.setdefault(key, len(numbers))
    return Mark(number, match.start(), match.end(), name)
