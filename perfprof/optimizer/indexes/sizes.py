"""How large a b-tree will be, before it is built.

PostgreSQL from 13 on stores equal keys once, with a list of row numbers behind; HypoPG's model (1.4) does not know it and
is 2.4 to 2.9 times too large on TPC-H. Sizes follow the sort build of nbtsort.c: leaves 90 % full, lists of at most a
tenth of a page, inner pages 70 % full.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

PAGE = 8192
_USABLE = PAGE - 24 - 16  # header and the b-tree's own trailer
_LEAF_FILL = _USABLE - PAGE // 10
_LIST = PAGE * 10 // 100 // 8 * 8 - 4  # longest tuple with a list of row numbers
_ITEM, _TUPLE, _ROW = 4, 8, 6  # line pointer, header of a tuple, number of a row
_FILLED = 10  # leaves, to see how many entries go on one
_ALIGNMENT = {"c": 1, "s": 2, "i": 4, "d": 8}


@dataclass(frozen=True, slots=True)
class KeyPart:
    """A column of an index. width: bytes on average. alignment: PostgreSQL's letter. length: -1 for varying ones."""

    width: float
    alignment: str = "i"
    length: int = 4


def key_bytes(parts: Sequence[KeyPart]) -> int:
    """The bytes of a key, aligned as the tuple is; short values of varying length are not aligned."""
    at = 0.0
    for part in parts:
        if part.length > 0 or part.width > 126:
            step = _ALIGNMENT.get(part.alignment, 1)
            at = math.ceil(at / step) * step
        at += part.length if part.length > 0 else part.width
    return math.ceil(at / 8) * 8


def tree_pages(rows: float, distinct: float, key: int, *, merges: bool) -> int:
    """Pages of a b-tree. key: bytes. merges: whether equal keys are stored once."""
    repeated = rows / max(1.0, min(distinct, rows)) if merges else 1.0
    one, lists, kinds = _TUPLE + key + _ITEM, 1.0, [0]
    if repeated > 1.01:
        fits = max(2, (_LIST - _TUPLE - key) // _ROW)
        lists = max(1.0, math.ceil(repeated / fits))
        last = (repeated - (lists - 1) * fits) * _ROW
        kinds = [math.ceil(fits * _ROW / 8) * 8] * int(lists - 1) + [round(last + _padding(last))]
    leaves = max(1, math.ceil(lists * (rows / repeated) / _entries_of_a_leaf(one, kinds)))
    return 1 + leaves + math.ceil(leaves / _fan_out(key))


def _padding(length: float) -> float:
    """What rounding up to 8 bytes adds on average; of a few rows some have a single one, which needs no list."""
    return 4.0 if length > 8 * _ROW else 2.0


def _entries_of_a_leaf(one: int, kinds: Sequence[int]) -> float:
    """How many go on a leaf, by filling some. one: bytes of an entry without its list. kinds: lengths of lists, in turn.

    A page is closed when a tenth is left, not counting the list of its last entry, which moves on to the next page.
    """
    placed, pages, free, last = 0, 0, _USABLE - one, 0
    while placed < max(400, 2 * len(kinds)) or pages < _FILLED:
        entry = kinds[placed % len(kinds)]
        if free < one + entry or free + last < PAGE // 10:
            pages += 1
            free = _USABLE - 2 * one - last
        free -= one + entry
        placed, last = placed + 1, entry
    return (placed - 1) / (pages + (_USABLE - one - free - one - last) / _LEAF_FILL)


def height_of(pages: int, key: float) -> int:
    """Levels below the root of a b-tree of this many pages."""
    if pages <= 2:
        return 0
    level, height = pages - 1, 0
    while level > 1:
        level, height = math.ceil(level / _fan_out(math.ceil(key / 8) * 8)), height + 1
    return height


def _fan_out(key: int) -> int:
    """Pointers of an inner page."""
    return max(2, int(_USABLE * 0.7 // (_TUPLE + key + _ITEM)))
