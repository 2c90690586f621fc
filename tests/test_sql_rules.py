"""Every SQL rule's page is its test: examples run on a real SQLite, and each obligation has a look-alike it refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from perfprof.optimizer.scratch.side_by_side import SideBySide
from perfprof.optimizer.scratch.sqlite import SqliteScratch, copied
from perfprof.optimizer.writing.edits import apply_edits
from perfprof.profilers.recording import Execution, Frame, Statement
from perfprof.rules import family_of
from perfprof.rules.reading.placeholders import separated
from perfprof.rules.reading.program import Program
from perfprof.rules.reading.statements import read
from perfprof.rules.rule import Case, Level, Rule, weigh

_BLOCK = re.compile(r"^```sql ([^\n]+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_WITH = re.compile(r"-- with (\w+) = ([^\n]+)\n")
_TIMES = re.compile(r"--\s*([\d,_]+) times")


@dataclass(frozen=True)
class Example:
    rule: Rule
    schema: str
    statements: str
    up: str = ""
    down: str = ""
    rewritten: str = ""
    refused_by: str = ""


def examples() -> Iterator[Example]:
    for rule in family_of("sql").values():
        schema, open_example = "", None
        for label, text in _BLOCK.findall(rule.page) if rule.in_statements else ():
            word, _, rest = label.partition(" ")
            if word == "schema":
                schema = text
            elif word == "statement":
                open_example = Example(rule, schema, text)
            elif word == "up":
                assert open_example is not None
                open_example = Example(rule, schema, open_example.statements, up=text)
            elif word == "down":
                assert open_example is not None
                yield Example(rule, schema, open_example.statements, open_example.up, down=text)
            elif word == "rewritten":
                assert open_example is not None
                yield Example(rule, schema, open_example.statements, rewritten=text)
            elif word == "unchanged":
                yield Example(rule, schema, text, refused_by=rest)


EXAMPLES = list(examples())
FIXED = [example for example in EXAMPLES if example.up]
REWRITTEN = [example for example in EXAMPLES if example.rewritten]
REFUSED = [example for example in EXAMPLES if example.refused_by]


@contextmanager
def scratch(example: Example, folder: Path) -> Iterator[tuple[SqliteScratch, tuple[Execution, ...]]]:
    """The example's database, and its statements as if they had been recorded 200 times each."""
    import sqlite3

    path = folder / "example.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(example.schema)
    executions = []
    for written in separated(example.statements, "sqlite"):
        piece = plain(written)
        if read(piece).kind == "other":
            connection.execute(piece)
            continue
        times = _TIMES.search(piece)
        count = int(times[1].replace("_", "").replace(",", "")) if times else 200
        site = (Frame(str(folder / "orders.py"), "list_due", 2),)
        (folder / "orders.py").write_text(program(written))
        executions.append(
            Execution(Statement(piece, "sqlite3", str(path)), site, "1", count, count / 1e3, -1, count, "int")
        )
    connection.commit()
    connection.close()
    with copied(path, folder) as copy:
        yield copy, tuple(executions)


def plain(written: str) -> str:
    """The statement itself, where ``-- with NAME = TEXT`` says what an f-string has in a hole."""
    told = _WITH.search(written)
    return _WITH.sub("", written).replace("{" + told[1] + "}", told[2]) if told else written


def program(written: str) -> str:
    """A program that asks the statement, as its examples say: ``-- assembled``, ``-- with NAME = TEXT`` for an f-string, or
    ``-- asked: EXPRESSION`` with SQL in it."""
    names = "".join(f"p{number}, " for number in range(read(plain(written)).template.parameters))
    told = _WITH.search(written)
    statement = _WITH.sub("", written)
    text = statement.replace("-- assembled\n", "")
    asked = re.match(r"-- asked: (.*)\n", text)
    text = text[asked.end() :] if asked else text
    literal = f'"""{text}"""' if text == statement or asked else f'"{text[:8]}" + "{text[8:]}"'
    literal = ("f" if told else "") + literal
    call = f"conn.execute({literal}, ({names}))" if names else f"conn.execute({literal})"
    constant = f"\n{told[1]} = {told[2]!r}\n" if told else ""
    return f"def list_due(conn, {names}):\n    return {asked[1].replace('SQL', call) if asked else call + '.fetchall()'}\n{constant}"


def argued(
    example: Example, copy: SqliteScratch, executions: tuple[Execution, ...], *, silent: bool = False
) -> list[Case]:
    """silent: also those of which the rule says nothing at all."""
    rule = example.rule
    assert rule.in_statements is not None
    folder = Path(executions[0].site[0].path).parent
    program = Program(folder, lambda path: path.read_text())
    cases = []
    for suspect in rule.in_statements(executions, copy.catalog):
        case = Case(suspect, program, executions=executions, catalog=copy.catalog, copy=SideBySide(copy))
        evidence = rule.worth(case)
        if evidence.enough or (silent and not evidence.reason):
            cases.append(case)
    return cases


def named(example: Example) -> str:
    return f"{example.rule.name}-{example.refused_by or EXAMPLES.index(example)}"


@pytest.mark.parametrize("example", FIXED, ids=named)
def test_the_statement_gets_its_migration(example: Example, tmp_path: Path) -> None:
    with scratch(example, tmp_path) as (copy, executions):
        (case,) = argued(example, copy, executions)
        proofs, level = weigh(example.rule, case)
        assert level >= Level.OBSERVED, proofs
        migration = example.rule.rewrite(case).migration
        assert migration is not None
        assert (migration.up, migration.down) == (example.up, example.down)


@pytest.mark.parametrize("example", REWRITTEN, ids=named)
def test_the_statement_is_asked_in_other_words(example: Example, tmp_path: Path) -> None:
    with scratch(example, tmp_path) as (copy, executions):
        (case,) = argued(example, copy, executions)
        proofs, level = weigh(example.rule, case)
        assert level >= Level.OBSERVED, proofs
        made = example.rule.rewrite(case)
        before = (tmp_path / "orders.py").read_text()
        text, _, values = example.rewritten.rstrip().partition("\n-- values: ")
        wanted = before.replace(re.sub("^-- asked.*\n", "", example.statements).rstrip(), text)
        wanted = re.sub(r", \([^()]*\)\)", f", ({values}))", wanted) if values else wanted
        assert apply_edits(before, made.edits) == wanted
        assert made.measured is not None
        assert made.measured.before > made.measured.after


@pytest.mark.parametrize("example", FIXED, ids=named)
def test_after_the_migration_there_is_nothing_left_to_do(example: Example, tmp_path: Path) -> None:
    with scratch(example, tmp_path) as (copy, executions):
        copy.apply(example.up)
        assert argued(example, copy, executions) == []


@pytest.mark.parametrize("example", FIXED, ids=named)
def test_down_leads_back(example: Example, tmp_path: Path) -> None:
    with scratch(example, tmp_path) as (copy, _):
        before = copy.schema()
        copy.apply(example.up)
        assert copy.schema() != before
        copy.apply(example.down)
        assert copy.schema() == before


@pytest.mark.parametrize("example", REFUSED, ids=named)
def test_a_look_alike_is_refused_by_the_obligation_it_names(example: Example, tmp_path: Path) -> None:
    with scratch(example, tmp_path) as (copy, executions):
        cases = argued(example, copy, executions, silent=True)
        assert cases, "it must look like the real thing"
        for case in cases:
            proofs, level = weigh(example.rule, case)
            assert level is Level.OPEN
            assert example.refused_by in {proof.obligation for proof in proofs if proof.level is Level.OPEN}


@pytest.mark.parametrize(
    "rule", [rule for rule in family_of("sql").values() if rule.in_statements], ids=lambda rule: rule.name
)
def test_every_obligation_that_can_fail_has_a_look_alike(rule: Rule) -> None:
    always = {"not-inside-a-transaction"}  # holds by the way migrations are written
    assert {one.name for one in rule.safe_if} - always == {one.refused_by for one in REFUSED if one.rule is rule}
