"""A recorded statement that may be asked in other words: how often it ran, where its text stands, what it reads."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from perfprof.profilers.recording import Execution, Frame
from perfprof.rules.catalog import Catalog, Dictionary
from perfprof.rules.reading.predicates import Tree
from perfprof.rules.rewording.places import Place, place_of
from perfprof.rules.rewording.scope import Scope
from perfprof.rules.rewording.text import Worded, worded
from perfprof.rules.rule import Case, Finding, Suspect
from perfprof.rules.schema.workload import Asked, asked

_TEMPORARY = re.compile(
    r"\bcreate\s+(?:(?:or\s+replace|global|local|unlogged)\s+)*temp(?:orary)?\s+(?:table|view)\s+"
    r"(?:if\s+not\s+exists\s+)?(?:temp\.|pg_temp\.)?[\"`\[]?(\w+)",
    re.IGNORECASE,
)
Look = Callable[[Worded], bool]


@dataclass(frozen=True, eq=False, slots=True)
class Question:
    """sites: of its executions, innermost frame first. largest: rows of the largest table that it names."""

    asked: Asked
    sites: tuple[tuple[Frame, ...], ...]
    largest: int
    memo: dict[str, object] = field(default_factory=dict)


def suspects(
    rule: str, says: str, executions: tuple[Execution, ...], catalog: Catalog, looks: Look
) -> Iterator[Suspect]:
    """The statements that look as ``looks`` wants; says: what is slow, for the finding."""
    book = Dictionary(catalog.tables(), catalog.dialect)
    for one in asked(executions, catalog.dialect):
        query = worded(one.text, catalog.dialect)
        if not one.reading.parsed or not one.reading.reads_only or query.tree is None or not looks(query):
            continue
        sites = dict.fromkeys(each.site for each in executions if each.statement.text == one.text)
        tables = [book.table(use.name) for use in one.reading.tables]
        largest = max((table.rows for table in tables if table is not None), default=0)
        question = Question(one, tuple(sites), largest)
        yield Suspect(_finding(rule, says, question), question)


def _finding(rule: str, says: str, one: Question) -> Finding:
    text = one.asked.reading.fingerprint
    place = one.asked.places[0] if one.asked.places else Frame("", "", 0)
    names = ", ".join(sorted(one.asked.reading.table_names()))
    return Finding(
        id=hashlib.sha256("\0".join((rule, text)).encode()).hexdigest()[:12],
        rule=rule,
        path=place.path,
        line=place.line,
        end_line=place.line,
        function=place.function,
        subject=names,
        message=f"{says}: {one.asked.count:,} executions over {one.largest:,} rows",
        evidence={
            "executions": one.asked.count,
            "rows": one.largest,
            "seconds": round(one.asked.seconds, 6),
            "statement": text,
        },
    )


def question_of(case: Case) -> Question:
    """What the case is about."""
    question: Question = case.suspect.reading
    return question


def place(case: Case) -> Place | str:
    """Where its text stands."""
    question = question_of(case)
    if "place" not in question.memo:
        dialect = question.asked.reading.dialect
        question.memo["place"] = place_of(question.asked.reading.fingerprint, question.sites, dialect, case.program)
    found = question.memo["place"]
    assert isinstance(found, (Place, str))
    return found


def words(case: Case) -> Worded:
    """The statement as its source has it, with its literals; as it was recorded, where the source was not found."""
    question, found = question_of(case), place(case)
    text = found.text if isinstance(found, Place) else question.asked.text
    query = worded(text, question.asked.reading.dialect)
    return query if query.tree is not None else worded(question.asked.text, question.asked.reading.dialect)


def scope(case: Case, select: Tree) -> Scope:
    """What a SELECT of it can name."""
    assert case.catalog is not None, "a question is argued with its database"
    assert case.copy is not None, "and with a copy of that"
    memo = question_of(case).memo
    if "hidden" not in memo:
        memo["hidden"] = _temporary(one.statement.text for one in case.executions)
    hidden = memo["hidden"]
    assert isinstance(hidden, frozenset)
    return Scope(select, case.catalog, case.copy, hidden)


def _temporary(texts: Iterable[str]) -> frozenset[str]:
    """The names of temporary tables and views that these statements make: they hide those of the database."""
    found = (_TEMPORARY.search(text) for text in dict.fromkeys(texts))
    return frozenset(one[1].lower() for one in found if one is not None)
