"""Candidates that are no b-trees: for containment, overlap, full text and parts of words.

GIN holds an entry for each element, key or word (https://www.postgresql.org/docs/current/gin.html), GiST answers what lies
within a range. Which operator class serves an operator depends on the type of the column; what does not fit the server
refuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from perfprof.rules.reading.predicates import Use
from perfprof.rules.schema.expressions import indexable
from perfprof.rules.schema.indexes import Candidate, Key

TEXTS = ("text", "varchar")
# jsonb_path_ops is smaller and faster than the usual class, and knows nothing of the keys alone.
_BY_PATH = ("ArrayContainsAll", "JSONBPathExists", "MatchAgainst")
_BY_ELEMENT = frozenset(
    "ArrayContainsAll ArrayContainedBy ArrayOverlaps JSONBContainsTopKey JSONBContainsAnyTopKeys "
    "JSONBContainsAllTopKeys JSONBPathExists MatchAgainst".split()
)
# Types that are searched by what lies within what, with the operator class where that is not the usual one.
_SPACES = {"point": "", "inet": "inet_ops", "cidr": "inet_ops", "ltree": "", "cube": "", "earth": ""}
_SPACES |= {"box": "", "circle": "", "polygon": ""}
_WITHIN = ("ArrayContainsAll", "ArrayContainedBy", "ArrayOverlaps")
_PATTERNS = ("Like", "ILike", "RegexpLike", "RegexpILike", "Mod")  # ``name % 'nmae'`` of pg_trgm
_HELD_AT_ONCE = 3  # letters of a trigram; a pattern without as many in a row finds nothing there
# An empty text, one between words, or the name of a text search configuration.
_PLAIN_TEXT = re.compile(r"'[^\w']*'|(?<=to_tsvector\()'\w+'", re.IGNORECASE)
# Bytes of the index for each byte of what is indexed, as eleven built ones had them, 0.2 to 3.6: it hangs on how many words,
# elements or keys are the same, which no statistics tell. (by a part of the operator class, by what is written out, ratio)
_GROWTH = (("trgm", "", 3.0), ("", "to_tsvector", 1.2), ("jsonb_path", "", 0.5))
_USUAL_GROWTH = {"gin": 0.8, "gist": 1.7}


def entry_bytes(one: Candidate, width: float) -> float:
    """Bytes that a row brings into an index that is no b-tree. width: of the value, on average."""
    key = one.columns[0]
    known = (ratio for part, text, ratio in _GROWTH if part in key.opclass and text in key.expression.lower())
    return width * next(known, _USUAL_GROWTH.get(one.method, 1.0))


def prefix(use: Use) -> bool:
    """Whether a condition asks how a text begins, letter for letter."""
    if use.how == "contains":
        starts = use.value.startswith("'^") and use.value[2:3] not in ("'", "", "(", "[", ".")
        return use.role == "StartsWith" or (use.role == "RegexpLike" and starts)
    return use.how == "like" and use.role == "Like" and not use.value.startswith(("'%", "'_"))


@dataclass(frozen=True, slots=True)
class Searched:
    """One use of a column. type: PostgreSQL's short name. trigrams: the operator class of pg_trgm, "" without it. code: its literals are the program's own."""

    use: Use
    name: str
    type: str
    trigrams: str
    code: bool = False

    def wanted(self) -> Iterator[tuple[str, Key]]:
        """(method of access, key)."""
        use = self.use
        if use.role in _PATTERNS and use.how in ("like", "contains") and self.type not in _SPACES:
            yield from self._like() if self.trigrams else ()
        elif use.how == "contains" and use.wrapped and use.role in _BY_ELEMENT:
            yield from self._over("", "gin")
            if use.role in _WITHIN:  # ``tstzrange(start, finish) && …``
                yield from self._over("", "gist")
        elif use.how == "contains" and not use.wrapped:
            yield from self._containing()
        elif use.how == "sorted" and use.role == "Distance":
            nearest = self.trigrams.replace("gin_", "gist_") if self.type in TEXTS else _SPACES.get(self.type, "")
            yield "gist", Key(self.name, opclass=nearest)

    def _containing(self) -> Iterator[tuple[str, Key]]:
        if self.type in ("inet", "cidr"):
            yield "btree", Key(self.name)  # ``address << network`` is a range there
        if self.type.endswith("range") or self.type in _SPACES:
            yield "gist", Key(self.name, opclass=_SPACES.get(self.type, ""))
        elif self.use.role in _BY_ELEMENT:
            small = self.type == "jsonb" and self.use.role in _BY_PATH
            yield "gin", Key(self.name, opclass="jsonb_path_ops" if small else "")

    def _like(self) -> Iterator[tuple[str, Key]]:
        """A prefix with its case is for a b-tree."""
        pattern = self.use.value.strip("'")
        short = pattern and max(map(len, re.split(r"[%_]", pattern))) < _HELD_AT_ONCE
        if (pattern and prefix(self.use)) or short:
            return
        if self.use.wrapped:
            yield from self._over(self.trigrams, "gin")
        elif self.type in TEXTS:
            yield "gin", Key(self.name, opclass=self.trigrams)

    def _over(self, opclass: str, method: str) -> Iterator[tuple[str, Key]]:
        """An expression; a literal with words in it may be a user's."""
        text = indexable(self.use.wrapped, "postgresql")
        if text and (self.code or "'" not in _PLAIN_TEXT.sub("", text)):
            name = "_".join(re.findall(r"\w+", text.replace("'", "")))[:40]
            yield method, Key(name, expression=text, opclass=opclass)
