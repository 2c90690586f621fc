"""Relation files without data: as long as the originals, with nothing in them.

PostgreSQL's planner asks the file for its length, so an empty table whose file is as long as the original's is planned
like the original. A b-tree must also tell its height, which stands in its first page; below it a chain of one page a
level is enough, for the planner walks down to look for the ends of an index alone.

Page layout: src/include/storage/bufpage.h and access/nbtree.h, version 4 of the b-tree (PostgreSQL 12 and later).
Files are only lengthened (they are sparse) and only on a server of our own without checksums.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path

PAGE = 8192
SEGMENT = 131_072  # pages in one file of a relation, 1 GB
_HEADER = struct.Struct("<QHHHHHHI")  # lsn, checksum, flags, lower, upper, special, size and version, prune_xid
_META = struct.Struct("<6I")  # magic, version, root, level, fast root, fast level
_OPAQUE = struct.Struct("<IIIHH")  # previous, next, level, flags, cycle
_MAGIC, _ALL_EQUAL_AT = 0x053162, 64
_LEAF, _ROOT = 1, 2
_SPECIAL = PAGE - _OPAQUE.size
_MINUS_INFINITY = 0x2000  # INDEX_ALT_TID_MASK: the offset number holds the number of attributes, here none
_NORMAL = 1  # LP_NORMAL


@dataclass(frozen=True, slots=True)
class RelationFile:
    """The main file of a relation, and those that follow it after each gigabyte."""

    path: Path

    def resize(self, pages: int) -> None:
        """Make it this many pages long; new ones are holes. What lies behind is cut off."""
        for number in range(max(1, -(-pages // SEGMENT))):
            name = self.path if not number else self.path.with_name(f"{self.path.name}.{number}")
            _private(name, self.path)
            os.truncate(name, min(SEGMENT, max(0, pages - number * SEGMENT)) * PAGE)
        number = max(1, -(-pages // SEGMENT))
        while (left := self.path.with_name(f"{self.path.name}.{number}")).exists():
            left.unlink()
            number += 1

    def merges_equal_keys(self) -> bool:
        """Whether this b-tree stores equal keys once, as its first page says."""
        with self.path.open("rb") as file:
            page = file.read(_ALL_EQUAL_AT + 1)
        return len(page) > _ALL_EQUAL_AT and page[24:28] == struct.pack("<I", _MAGIC) and bool(page[_ALL_EQUAL_AT])

    def grow_tree(self, pages: int, height: int, *, ends: bool = False) -> None:
        """Make a b-tree of no or one leaf look like one of this many pages and this height (levels below the root).

        ends: what stands in its leaf stays.
        """
        leaf = self._leaf(root=not height) if ends else b""
        self.resize(max(pages, height + 2))
        with self.path.open("r+b") as file:
            file.seek(24)
            magic, version, *_ = _META.unpack(file.read(_META.size))
            file.seek(24)
            file.write(_META.pack(magic, version, 1, height, 1, height))
            for depth in range(height + 1):
                file.seek((1 + depth) * PAGE)
                page = _tree_page(height - depth, below=2 + depth, root=not depth)
                file.write(leaf if leaf and depth == height else page)

    def _leaf(self, *, root: bool) -> bytes:
        """The only leaf, which is the first page after that of the height; empty if the tree is."""
        with self.path.open("rb") as file:
            file.seek(PAGE)
            page = bytearray(file.read(PAGE))
        if len(page) < PAGE:
            return b""
        previous, following, level, _, cycle = _OPAQUE.unpack_from(page, _SPECIAL)
        _OPAQUE.pack_into(page, _SPECIAL, previous, following, level, _LEAF | (_ROOT if root else 0), cycle)
        return bytes(page)


def _private(path: Path, like: Path) -> None:
    """A file of the server's own user, so that the server can open it."""
    if not path.exists():
        owner = like.stat()
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        if os.geteuid() == 0:
            os.chown(path, owner.st_uid, owner.st_gid)


def _tree_page(level: int, below: int, *, root: bool) -> bytes:
    """An empty leaf, or an inner page with one pointer to the page ``below``."""
    page = bytearray(PAGE)
    upper = _SPECIAL
    if level:
        upper -= 8
        struct.pack_into("<HHHH", page, upper, below >> 16, below & 0xFFFF, 0, _MINUS_INFINITY | 8)
        struct.pack_into("<I", page, 24, upper | _NORMAL << 15 | 8 << 17)
    _HEADER.pack_into(page, 0, 0, 0, 0, 28 if level else 24, upper, _SPECIAL, PAGE | 4, 0)
    flags = (_ROOT if root else 0) | (0 if level else _LEAF)
    _OPAQUE.pack_into(page, _SPECIAL, 0, 0, level, flags, 0)
    return bytes(page)
