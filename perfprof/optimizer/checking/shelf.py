"""Modules that many files import, kept between tasks of one process so that each is parsed once.

What a file is answered must not depend on which files the same process happened to read before. So a task sees only the
modules that it asked for itself: a kept one is a text already parsed, and nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from perfprof.rules.reading.modules import Module, parse

MOST = 4_000_000  # characters of source; a syntax tree takes some 30 bytes for each


@dataclass
class Shelf:
    """Parsed modules of one project by path, the least recently used first."""

    most: int = MOST
    size: int = 0
    _kept: dict[Path, Module] = field(default_factory=dict)

    def parse(self, path: Path, root: Path, source: str) -> Module:
        """The module of a text, parsed now unless this very text was. Raises what `parse` raises."""
        known = self._kept.pop(path, None)
        if known is not None:
            self.size -= len(known.source)
            if known.source == source.removeprefix("\ufeff"):
                return known
            known.forget()
        return parse(path, root, source)

    def keep(self, modules: Iterable[Module]) -> None:
        """Keep modules that somebody imported, as far as there is room; let go of the oldest."""
        for module in modules:
            module.rest()
            self._kept[module.path] = module
            self.size += len(module.source)
        while self.size > self.most:
            oldest = self._kept.pop(next(iter(self._kept)))
            self.size -= len(oldest.source)
            oldest.forget()

    def clear(self) -> None:
        """Let go of all, so that memory is free at once, without a collector."""
        for module in self._kept.values():
            module.forget()
        self._kept.clear()
        self.size = 0
