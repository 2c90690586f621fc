"""Where the text of a recorded statement stands in the project, and what must be edited there to change it.

A text is a literal that a call on the recorded line is given (directly, or as a constant by name), or a statement of a
``.sql`` file. A text put together when it runs, or one that stands in two places, is none of ours.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.rules.reading.placeholders import separated
from perfprof.rules.reading.statements import read
from perfprof.rules.rewording.literals import edits_of, literal_of, pieces_of
from perfprof.rules.rewording.text import Reworded, Splice
from perfprof.rules.rule import Edit

if TYPE_CHECKING:
    from perfprof.profilers.recording import Frame
    from perfprof.rules.reading.program import Function, Module, Program

_MOST_FILES, _MOST_BYTES = 500, 1 << 20


@dataclass(frozen=True, eq=False, slots=True)
class Place:
    """text: as the program has it. where: path:line. function: the one that asks; None for what is not Python's.

    call: the call that is given the text. node, home: the literal and its module; None and "" of a ``.sql`` file, which
    then is ``file``, relative to the project, and ``start`` the offset of the statement in it. direct: whether the call
    asks the database itself, not another function of the project that does.
    """

    text: str
    where: str
    function: Function | None = None
    call: ast.Call | None = None
    node: ast.expr | None = None
    home: Module | None = None
    file: str = ""
    start: int = 0
    whole: str = ""
    direct: bool = False
    program: Program | None = None

    @property
    def inline(self) -> bool:
        """Whether nobody else can be given this text."""
        return self.call is not None and self.node in self.call.args


def place_of(fingerprint: str, sites: Sequence[tuple[Frame, ...]], dialect: str, program: Program) -> Place | str:
    """The one place of a statement, asked from these sites; or why there is none."""
    found: dict[tuple[str, int, int], Place] = {}
    for site in sites:
        for one in _in_calls(fingerprint, site, dialect, program):
            assert one.home is not None
            assert one.node is not None
            found.setdefault((one.home.relative, one.node.lineno, one.node.col_offset), one)
    places = list(found.values()) or list(_in_files(fingerprint, sites, dialect, program))
    if len(places) == 1:
        return places[0]
    if not places:
        return "its text is put together when it runs, or stands outside of the project"
    return f"its text stands in {len(places)} places: {', '.join(one.where for one in places[:3])}"


def _in_calls(fingerprint: str, site: Sequence[Frame], dialect: str, program: Program) -> Iterator[Place]:
    for frame in site:
        path = program.root / frame.path
        function = program.function_at(path, frame.line) if path.is_relative_to(program.root) else None
        if function is None:
            continue
        texts = [
            Place(
                text[0],
                f"{text[2].relative}:{text[1].lineno}",
                function,
                call,
                text[1],
                text[2],
                direct=frame is site[0],
                program=program,
            )
            for call in function.every(ast.Call)
            if call.lineno <= frame.line <= (call.end_lineno or call.lineno)
            for argument in call.args
            for text in [literal_of(argument, function, program)]
            if text is not None and read(text[0], dialect).fingerprint == fingerprint
        ]
        innermost = max(
            texts, key=lambda one: (one.call.lineno, one.call.col_offset) if one.call else (0, 0), default=None
        )
        if innermost is not None:
            yield innermost
            return


def _in_files(
    fingerprint: str, sites: Sequence[tuple[Frame, ...]], dialect: str, program: Program
) -> Iterator[Place]:
    asking = [program.function_at(program.root / site[0].path, site[0].line) for site in sites if site]
    for path in project_files(program.root, "*.sql"):
        whole = path.read_text("utf-8", errors="strict") if _readable(path) else ""
        at = 0
        for one in separated(whole, dialect):
            start = whole.index(one, at)
            at = start + len(one)
            if read(one, dialect).fingerprint == fingerprint:
                name = path.relative_to(program.root).as_posix()
                where = f"{name}:{whole.count(chr(10), 0, start) + 1}"
                yield Place(one, where, asking[0] if asking else None, file=name, start=start, whole=whole)


def project_files(root: Path, pattern: str) -> list[Path]:
    """The project's own files of this kind, in order."""
    found = []
    for path in root.rglob(pattern):
        parts = path.relative_to(root).parts
        if not any(
            part.startswith(".") or part in ("site-packages", "node_modules", "migrations") for part in parts
        ):
            found.append(path)
        if len(found) >= _MOST_FILES:
            break
    return sorted(found)


def _readable(path: Path) -> bool:
    try:
        data = path.read_bytes() if path.stat().st_size <= _MOST_BYTES else b""
        data.decode()
    except (OSError, UnicodeDecodeError):
        return False
    return b"\r" not in data


# ------------------------------------------------------------------ what must be edited


def edits(place: Place, change: Reworded) -> tuple[Edit, ...] | str:
    """The bytes to change, in the literal and in the values given with it; or why that is not sure."""
    if place.node is None or place.home is None:
        return tuple(_in_file(place, one) for one in change.splices)
    if "\r" in place.home.source:
        return "the file ends its lines with carriage returns"
    own = place.function if place.function is not None and place.function.module is place.home else None
    pieces = pieces_of(place.node, place.home, own, place.program)
    if isinstance(pieces, str):
        return pieces
    if "".join(piece.value for piece in pieces) != place.text:
        return "its text was not read as the program reads it"
    made = [edit for splice in change.splices for edit in edits_of(pieces, splice, place.home.relative)]
    if any(not edit.end_line for edit in made):
        return "the change does not fit into the literal as it is written"
    if change.same_values:
        return tuple(made)
    values = _values(place, change)
    return values if isinstance(values, str) else (*made, values)


def _in_file(place: Place, one: Splice) -> Edit:
    places = []
    for offset in (place.start + one.start, place.start + one.end):
        before = place.whole[:offset]
        places.append((before.count("\n") + 1, len(before.rpartition("\n")[2].encode())))
    (line, column), (end_line, end_column) = places
    return Edit("text", one.new, line, column, end_line, end_column, place.file)


def _values(place: Place, change: Reworded) -> Edit | str:
    """The tuple of values in its new order; each is a name or a constant, so that reading it twice does no harm."""
    call, function = place.call, place.function
    if call is None or function is None or not place.inline or len(call.args) != 2 or call.keywords:
        return "its values are wanted in another order, and are not written beside it"
    given = call.args[1]
    why = _fixed(given, max(change.order, default=0))
    if why or not isinstance(given, (ast.Tuple, ast.List)):
        return f"its values are wanted in another order, and {why}"
    inner = ", ".join(function.text(given.elts[number]) for number in change.order)
    inner += "," if len(change.order) == 1 and isinstance(given, ast.Tuple) else ""
    text = f"({inner})" if isinstance(given, ast.Tuple) else f"[{inner}]"
    end = (given.end_lineno or given.lineno, given.end_col_offset or 0)
    return Edit("text", text, given.lineno, given.col_offset, *end, function.module.relative)


def _fixed(given: ast.expr, last: int) -> str:
    """Why the values cannot be put in another order; empty if they can."""
    if not isinstance(given, (ast.Tuple, ast.List)) or any(isinstance(one, ast.Starred) for one in given.elts):
        return "are not written one by one"
    if last >= len(given.elts) or not all(_harmless(one) for one in given.elts):
        return "making them may do something"
    return ""


def _harmless(node: ast.expr) -> bool:
    """Reading it has no effect and gives the same twice; a call may not."""
    plain = (ast.Name, ast.Constant, ast.Attribute, ast.Subscript, ast.Load, ast.UnaryOp, ast.USub)
    return all(isinstance(one, plain) for one in ast.walk(node))
