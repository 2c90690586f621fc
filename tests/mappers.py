"""A folder with models of Django or SQLAlchemy whose workload runs under the real recorder; what the tests of N+1 share."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from perfprof.optimizer.writing.edits import apply_edits
from perfprof.optimizer.writing.formatting import format_touched
from perfprof.profilers.parts import loads
from perfprof.profilers.workload import record
from perfprof.rules import registry
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Edit, Suspect, weigh

SQLALCHEMY_BASE = """
from sqlalchemy import ForeignKey, Integer, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
"""
SQLALCHEMY_ENGINE = """

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
"""


@dataclass(frozen=True)
class Mapped:
    """The folder. ``workload.py`` is what runs."""

    folder: Path

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            (self.folder / name).write_text(text)

    def cases(self, *names: str) -> tuple[list[Case], int]:
        """The cases of these rules with their proofs, and how many statements ran."""
        program = Program(self.folder, lambda path: path.read_text())
        argv = [sys.executable, "workload.py"]
        found: list[Case] = []
        with record(argv, cwd=self.folder, folder=self.folder / "record", sampler="off") as recording:
            if recording.meta["exit_code"] != "0":
                pytest.fail(self.run().stderr)
            statements = sum(one.count for one in recording.executions())
            for name in names:
                rule = registry()[name]
                suspects: list[Suspect] = []
                if rule.in_loads is not None:
                    suspects += rule.in_loads(loads.read(recording), program)
                if rule.in_runs is not None:
                    suspects += rule.in_runs(recording.executions(), loads.read(recording), program)
                cases = [Case(one, program) for one in suspects]
                found += [replace(one, proofs=weigh(rule, one)[0]) for one in cases]
        return found, statements

    def rewrite(self, *cases: Case) -> None:
        """Put the patches into the folder."""
        edits: dict[str, list[Edit]] = {}
        for case in cases:
            finding = case.suspect.finding
            for edit in registry()[finding.rule].rewrite(case).edits:
                edits.setdefault(edit.path or finding.path, []).append(edit)
        for path, mine in edits.items():
            before = (self.folder / path).read_text()
            after = apply_edits(before, mine)
            (self.folder / path).write_text(format_touched(before, after, self.folder / path, self.folder))

    def printed(self) -> str:
        """What the workload prints."""
        done = self.run()
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(self) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "workload.py"]
        return subprocess.run(argv, cwd=self.folder, capture_output=True, text=True, check=False)


def proven(cases: list[Case]) -> list[Case]:
    """The cases that would be patched."""
    rules = registry()
    worth = [one for one in cases if rules[one.suspect.finding.rule].worth(one).enough]
    return [one for one in worth if all(proof.level for proof in one.proofs)]


def places(cases: list[Case]) -> list[tuple[str, str]]:
    """(function, subject) of each."""
    return [(one.suspect.finding.function, one.suspect.finding.subject) for one in cases]


def functions(head: str, bodies: dict[str, str], argument: str) -> str:
    """A module with one function a body."""
    texts = [f"def {name}({argument}):\n    {body.strip()}\n" for name, body in bodies.items()]
    return head + "\n\n" + "\n\n".join(texts)
