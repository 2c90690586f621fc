"""A recording: what one run of the workload did, in one SQLite file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """One level of a stack.

    path: absolute. function: qualified name where the interpreter has it, else the plain name.
    line: the line that ran; from the in-process sampler the first line of the innermost loop.
    """

    path: str
    function: str
    line: int


@dataclass(frozen=True, slots=True)
class Sample:
    """A stack, root first, and how often it was seen in one process and thread."""

    stack: tuple[Frame, ...]
    count: int
    pid: int
    thread: str


@dataclass(frozen=True, slots=True)
class Statement:
    """An SQL template as the program gave it to its driver, literals replaced by ``?``.

    database: the absolute path of a SQLite file, ``:memory:``, or host:port/name; never a user or a password.
    """

    text: str
    driver: str
    database: str


@dataclass(frozen=True, slots=True)
class Execution:
    """How often one statement ran from one place within one call of the function around it.

    site: application frames, innermost first, at most three. activation: tells the calls of the innermost
    function apart. seconds: in the driver, wall clock. rows: fetched or, for writes, changed; -1 if unknown.
    keys: distinct parameter sets. sorts: exact types of the parameters, e.g. ``int,str``.
    """

    statement: Statement
    site: tuple[Frame, ...]
    activation: str
    count: int
    seconds: float
    rows: int
    keys: int
    sorts: str
