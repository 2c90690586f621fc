"""What is known of the databases behind a statement: what their catalogs say, and what the recorded run created itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from perfprof.rules.reading.statements import read
from perfprof.rules.schema.defined import is_opaque, named_in, views_under
from perfprof.rules.schema.workload import definitions

if TYPE_CHECKING:
    from perfprof.profilers.recording import Execution
    from perfprof.rules.catalog import Definitions

_PRIVATE = ("", ":memory:")  # nobody was there before the run
_UNSURE = re.compile(r"\bif\s+not\s+exists\b", re.IGNORECASE)
_QUERY = re.compile(r"\bas\s+(?=select\b|with\b|\()", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Standing:
    """catalog: definitions that stand in the catalogs. recorded: those that the run created. whole: whether every database
    was read, or was the run's own.
    """

    catalog: tuple[str, ...]
    recorded: tuple[str, ...]
    whole: bool

    @classmethod
    def of(cls, members: Iterable[Execution], everything: Sequence[Execution], ask: Definitions) -> Standing:
        """members: executions on the databases in question. ask: what stands in a catalog."""
        databases = {one.statement.database for one in members}
        found = [ask(name) for name in sorted(databases - set(_PRIVATE))]
        texts = tuple(dict.fromkeys(chain.from_iterable(one or () for one in found)))
        whole, made = None not in found, tuple(definitions(everything))
        if texts and whole:
            made = tuple(text for text in made if not is_opaque(text))
        return cls(texts, made, whole)

    @property
    def texts(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.catalog, *self.recorded)

    @property
    def best(self) -> tuple[str, ...]:
        """One definition of each thing: the catalog's, if there is one."""
        return self.catalog or self.recorded

    def unknown(self, tables: Iterable[str]) -> str:
        """A table that may have triggers, or be a view, that nobody has seen; "" if all are known."""
        told = self.texts if self.whole else [text for text in self.recorded if not _UNSURE.search(text)]
        known = named_in(told)
        return next((one for one in sorted(tables) if one.lower() not in known), "")

    def unsure(self, tables: Iterable[str], dialect: str) -> str:
        """A function in the views under these tables that may do something or answer otherwise each time; "" if none."""
        queries = (_QUERY.split(text, maxsplit=1)[-1] for text in views_under(tables, self.texts))
        return next(filter(None, (read(query, dialect).unsure for query in queries)), "")
