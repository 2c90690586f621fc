"""A statement's text with its tree: where a part of the tree stands, and the text with some of its bytes changed.

The database never sees a tree that sqlglot wrote: a rewrite changes the bytes it must and leaves the others, and what
comes out is parsed again and must read as the rewrite meant it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from perfprof.rules.reading.placeholders import Template, template
from perfprof.rules.reading.predicates import Tree, kind_of
from perfprof.rules.reading.statements import DIALECTS

_MARK = re.compile(r":p(\d+)\b")
_COMPARES = ("=", "<", ">", "<=", ">=", "BETWEEN", "AND")
_BEFORE, _BEHIND = 24, 160  # tokens around a part's names that may still belong to it


@dataclass(frozen=True, slots=True)
class Change:
    """``text[start:end]`` becomes ``new``, in the text with its placeholders as ``:p0``, ``:p1``; so does ``new``."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class Splice:
    """The same in the text as the program has it."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class Reworded:
    """A statement in other words.

    splices: what changes, in order. text: the outcome. order: the numbers of the old parameters, as the new text
    wants their values; ``same_values``: these are the old ones in the old order.
    """

    splices: tuple[Splice, ...]
    text: str
    order: tuple[int, ...]
    same_values: bool


class Worded:
    """One statement: ``text`` as the program has it, ``shown`` with ``:p0`` for its placeholders, and the tree of that."""

    def __init__(self, text: str, dialect: str) -> None:
        self.text = text
        self.dialect = dialect
        self.template: Template = template(text, dialect)
        self.shown, self._origin = _shown(self.template)
        self.tree = _parsed(self.shown, dialect)
        self.tokens = _tokens(self.shown, dialect)

    def span(self, node: Tree) -> tuple[int, int]:
        """Where a part that names a column or a table stands in ``shown``. ValueError if that is not sure."""
        places = [int(name.meta["start"]) for name in node.find_all(_class("Identifier")) if "start" in name.meta]
        if not places:
            raise ValueError("a part without a name has no place")
        inside = [at for at, token in enumerate(self.tokens) if min(places) <= token.start <= max(places)]
        for last in range(inside[-1], min(inside[-1] + _BEHIND, len(self.tokens))):
            for first in range(inside[0], max(inside[0] - _BEFORE, -1), -1):
                start, end = self.tokens[first].start, self.tokens[last].end + 1
                if _parsed(self.shown[start:end], self.dialect) == node:
                    return start, end
        raise ValueError("the text of a part was not found")

    def piece(self, node: Tree) -> str:
        """The text of a part, as it is in ``shown``."""
        start, end = self.span(node)
        return self.shown[start:end]

    def operand(self, node: Tree) -> str:
        """The same, as it may stand beside AND: sqlglot hands on what is in parentheses without them."""
        return f"({self.piece(node)})" if kind_of(node) == "Or" else self.piece(node)

    def keyword(self, word: str, after: int = 0) -> tuple[int, int]:
        """Where ``word`` stands first, at the depth of parentheses of the token at ``after``; ValueError if nowhere."""
        depth = 0
        for token in self.tokens:
            if token.start < after:
                continue
            depth += {"(": 1, ")": -1}.get(token.text, 0)
            if depth < 0:
                break
            if depth == 0 and " ".join(token.text.upper().split()) == word:
                return token.start, token.end + 1
        raise ValueError(f"there is no {word}")

    def found(self, word: str, after: int = 0) -> int | None:
        """Where `keyword` finds it; None if nowhere."""
        try:
            return self.keyword(word, after)[0]
        except ValueError:
            return None

    def commas(self, start: int, end: int) -> list[int]:
        """Where commas stand in this part, outside of its parentheses."""
        depth, places = 0, []
        for token in self.tokens:
            if start <= token.start < end:
                depth += {"(": 1, ")": -1}.get(token.text, 0)
                places += [int(token.start)] if token.text == "," and depth == 0 else []
        return places

    def others(self, comparison: Tree, side: Tree) -> list[str]:
        """The text of the other sides of a comparison, or of BETWEEN, one side of which names a column."""
        start, end = self.span(comparison)
        first, last = self.span(side)
        depth, found, here = 0, [], start
        for token in self.tokens:
            if start <= token.start < end:
                depth += {"(": 1, ")": -1}.get(token.text, 0)
                if depth == 0 and token.text.upper() in _COMPARES:
                    found.append((here, token.start))
                    here = token.end + 1
        parts = [part for part in (*found, (here, end)) if not part[0] <= first < part[1]]
        if not parts or any(first < stop and begin < last for begin, stop in parts):
            raise ValueError("the sides of a comparison were not told apart")
        return [self.shown[begin:stop].strip() for begin, stop in parts]

    def closing(self, opened: int) -> int:
        """Behind the parenthesis that closes the one at this place; ValueError if none does."""
        depth = 0
        for token in self.tokens:
            if token.start >= opened:
                depth += {"(": 1, ")": -1}.get(token.text, 0)
                if depth <= 0:
                    return int(token.end) + 1
        raise ValueError("a parenthesis is not closed")

    def begins(self, *words: str) -> bool:
        """Whether the statement's first words are these."""
        return tuple(token.text.upper() for token in self.tokens[: len(words)]) == words

    @property
    def end(self) -> int:
        """Behind the last token that is no semicolon."""
        return max(int(token.end) + 1 for token in self.tokens if token.text != ";")

    @property
    def bare(self) -> str:
        """``text`` without a semicolon or a comment at its end."""
        return self.text[: self._original(self.end)]

    def reworded(self, changes: Sequence[Change], meant: Tree | None = None) -> Reworded:
        """The statement with the changes made. ValueError if it does not parse, or not as ``meant``."""
        new, splices = _spliced(self.shown, changes), []
        tree = _parsed(new, self.dialect)
        if tree is None or (meant is not None and tree != meant):
            raise ValueError("the changed text does not read as it was meant")
        spelled = {mark.number: self.text[mark.start : mark.end] for mark in self.template.marks}
        double = any(mark.startswith("%") for mark in spelled.values())
        for one in sorted(changes, key=lambda change: change.start):
            text = _MARK.sub(
                lambda found: spelled[int(found[1])], one.new.replace("%", "%%") if double else one.new
            )
            splices.append(Splice(self._original(one.start), self._original(one.end), text))
        wanted = list(_wanted(new, self.dialect))
        named = any(_named(mark) for mark in spelled.values())
        order = tuple(dict.fromkeys(wanted)) if named else tuple(wanted)
        same = order == tuple(range(self.template.parameters)) or (named and set(order) == set(spelled))
        return Reworded(tuple(splices), _spliced(self.text, splices), order, same)

    def _original(self, offset: int) -> int:
        """An offset of ``shown`` in ``text``."""
        for shown, width, start, end in reversed(self._origin):
            if offset >= shown + width:
                return end + offset - shown - width
            if offset >= shown:
                return start
        return offset


@lru_cache(maxsize=512)
def worded(text: str, dialect: str) -> Worded:
    """Read once; the tree must not be changed."""
    return Worded(text, dialect)


def _class(name: str) -> type:
    from perfprof.rules.reading.clauses import node_class

    return node_class(name)


def _named(mark: str) -> bool:
    """`?`, `%s` and the like take the next value; all others say which they want."""
    return mark not in ("?", "%s", "%b", "%t")


def _shown(marks: Template) -> tuple[str, list[tuple[int, int, int, int]]]:
    """The text with ``:p0``, and (start there, width there, start here, end here) of all that is spelled otherwise."""
    changes = [(mark.start, mark.end, f":p{mark.number}") for mark in marks.marks]
    changes += [(start, start + 2, "%") for start in marks.doubled]
    pieces, origin, here, length = [], [], 0, 0
    for start, end, new in sorted(changes):
        pieces += [marks.text[here:start], new]
        length += start - here
        origin.append((length, len(new), start, end))
        length += len(new)
        here = end
    return "".join(pieces) + marks.text[here:], origin


def _spliced(text: str, changes: Iterable[Change | Splice]) -> str:
    pieces, here = [], 0
    for one in sorted(changes, key=lambda change: (change.start, change.end)):
        if one.start < here:
            raise ValueError("two changes want the same place")
        pieces += [text[here : one.start], one.new]
        here = one.end
    return "".join(pieces) + text[here:]


@lru_cache(maxsize=8192)
def _parsed(text: str, dialect: str) -> Tree:
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)  # it warns once for each statement that it cannot read
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        trees = [tree for tree in sqlglot.parse(text, dialect=DIALECTS[dialect]) if tree is not None]
    except (SqlglotError, RecursionError, ValueError):
        return None
    return trees[0] if len(trees) == 1 else None


def _tokens(text: str, dialect: str) -> list[Any]:
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        return list(sqlglot.tokenize(text, read=DIALECTS[dialect]))
    except SqlglotError:
        return []


def _wanted(text: str, dialect: str) -> Iterator[int]:
    """The numbers of ``:p0`` and the like, in order; strings and comments may hold what they want."""
    for before, token in pairwise(_tokens(text, dialect)):
        found = _MARK.fullmatch(text[before.start : token.end + 1])
        if found is not None and before.text == ":":
            yield int(found[1])
