"""Wrap what an edit added where it is wider than the file's lines, and leave what stands beside it as it is.

For files that no formatter keeps: a new statement is laid out by itself, and in a line of the user's own the new
expression is set between parentheses on lines of its own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from perfprof.optimizer.writing.edits.text import Text
from perfprof.optimizer.writing.edits.trees import first_line, last_line
from perfprof.optimizer.writing.lines import changes

_WORDS = re.compile(r"\w+|\S")
_ALIKE = 0.6  # of an old line's words, in a new line that it has become
_SHORT = 30  # an expression that is not worth lines of its own
_NARROW = 40  # the least room that is laid out, however deep it stands
_TOOLS = re.compile(r"#\s*(noqa|type:|pragma|pylint:|mypy:|pyright:|ruff:|fmt:|yapf:)")


@dataclass(frozen=True, slots=True)
class _Page:
    """A text, what each touched line was before ("" for a new one, by number from 1), and what it may not exceed."""

    lines: tuple[str, ...]
    touched: dict[int, str]
    width: int
    unit: str

    def wide(self, first: int, last: int) -> bool:
        """Whether a line of these is wider than it should be."""
        return any(len(self.lines[number - 1].rstrip("\n")) > self.width for number in range(first, last + 1))


def wrapped(before: str, after: str, tree: ast.Module, width: int) -> str:
    """``after`` with lines that are wider than ``width`` and differ from ``before`` wrapped.

    tree: of ``after``. Ends of lines are line feeds. What the result means is for the caller to compare.
    """
    old, new = Text.of(before).lines, Text.of(after).lines
    page = _Page(new, _touched(old, new), width, unit_of(tree, new))
    pieces, done = [], 0
    for first, last, laid in sorted(_layouts(tree, page)):
        pieces += [*new[done : first - 1], *laid]
        done = last
    return "".join([*pieces, *new[done:]])


def unit_of(tree: ast.Module, lines: Sequence[str]) -> str:
    """By what a block is indented, as most of the text's blocks are; four spaces if there is none."""
    found: dict[str, int] = {}
    for block in ast.walk(tree):
        body = getattr(block, "body", None)
        if isinstance(block, ast.stmt) and isinstance(body, list) and body[0].lineno > block.lineno:
            outer, inner = _indent(lines[block.lineno - 1]), _indent(lines[body[0].lineno - 1])
            if inner.startswith(outer) and inner != outer:
                found[inner[len(outer) :]] = found.get(inner[len(outer) :], 0) + 1
    return max(found, key=lambda one: found[one], default="    ")


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _touched(old: Sequence[str], new: Sequence[str]) -> dict[int, str]:
    """Each line that is new or another one, and what it has become of."""
    found = {}
    for start, end, low, high in changes(old, new):
        left = list(old[start:end])
        for number in range(low, high):
            was = next((line for line in left if _became(line, new[number])), "")
            found[number + 1] = was
            if was:
                del left[: left.index(was) + 1]
    return found


def _became(old: str, new: str) -> bool:
    """Whether most of a line's words stand in another one, in their order."""
    words, others = _WORDS.findall(old), _WORDS.findall(new)
    same = sum(one.size for one in SequenceMatcher(None, words, others, autojunk=False).get_matching_blocks())
    return bool(words) and same >= _ALIKE * len(words)


def _layouts(tree: ast.Module, page: _Page) -> Iterator[tuple[int, int, list[str]]]:
    """First and last line, and what stands there instead."""
    stated: set[int] = set()
    for statement in _statements(tree.body, page):
        first, last = first_line(statement), last_line(statement)
        stated.update(range(first, last + 1))
        if page.wide(first, last):
            yield first, last, _statement(page.lines[first - 1 : last], page)
    left = [number for number in page.touched if number not in stated and page.wide(number, number)]
    places = _expressions(tree, set(left)) if left else {}
    for number in left:
        line = page.lines[number - 1]
        if not _TOOLS.search(line):
            yield number, number, _exploded(line, _groups(places.get(number, []), page, number), page)


def _statements(body: Sequence[ast.stmt], page: _Page) -> Iterator[ast.stmt]:
    """The statements all lines of which are new."""
    for one in body:
        numbers = range(first_line(one), last_line(one) + 1)
        if all(page.touched.get(number) == "" for number in numbers):
            yield one
        elif any(number in page.touched for number in numbers):
            for part in ("body", "orelse", "finalbody", "handlers", "cases"):
                yield from _statements(getattr(one, part, []), page)


def _statement(lines: Sequence[str], page: _Page) -> list[str]:
    """A new statement as black would lay it out there."""
    indent = _indent(lines[0])
    if not all(line.startswith(indent) for line in lines):
        return list(lines)
    plain = "".join(line[len(indent) :] for line in lines)
    laid = _black(plain, page.width - len(indent.expandtabs()))
    return [f"{indent}{_deeper(line, page.unit)}\n" for line in laid]


def _black(source: str, width: int) -> list[str]:
    import black

    mode = black.Mode(line_length=max(width, _NARROW), string_normalization=False)
    return black.format_str(source, mode=mode).splitlines()


def _deeper(line: str, unit: str) -> str:
    """A line of black's with the file's own indentation."""
    depth = (len(line) - len(line.lstrip(" "))) // 4
    return unit * depth + line[4 * depth :]


def _expressions(tree: ast.Module, numbers: set[int]) -> dict[int, list[ast.IfExp]]:
    """The conditional expressions, which is what rules write in a line, by the line on which they begin and end."""
    found: dict[int, list[ast.IfExp]] = {}
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.JoinedStr):
            continue  # a line end in a text would be one of the text
        todo += ast.iter_child_nodes(node)
        if isinstance(node, ast.IfExp) and node.lineno == node.end_lineno and node.lineno in numbers:
            found.setdefault(node.lineno, []).append(node)
    return found


def _groups(nodes: Sequence[ast.IfExp], page: _Page, number: int) -> list[tuple[int, int]]:
    """Where the new expressions of a line begin and end, with their parentheses: the outermost ones."""
    line, was = page.lines[number - 1], page.touched[number]
    data = line.encode()
    spans = []
    for node in nodes:
        start = len(data[: node.col_offset].decode())
        end = len(data[: node.end_col_offset].decode())
        other = data[node.orelse.col_offset : node.orelse.end_col_offset].decode()
        if end - start < _SHORT or f"else {other}" in was:  # the user's own, perhaps with a new one in it
            continue
        enclosed = line[:start].endswith("(") and line[end:].startswith(")")
        spans.append((start - enclosed, end + enclosed))
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda one: (one[0], -one[1])):
        if not found or start >= found[-1][1]:
            found.append((start, end))
    return found


def _exploded(line: str, groups: Sequence[tuple[int, int]], page: _Page) -> list[str]:
    """The line with what stands in these places on lines of its own."""
    indent, result, left, gone = _indent(line), [], line, 0
    for start, end in groups:
        if len(left.rstrip("\n")) <= page.width:
            break
        inner = left[start - gone : end - gone]
        room = page.width - len((indent + page.unit).expandtabs())
        laid = _argument(inner.removeprefix("(").removesuffix(")") if _enclosed(inner) else inner, room)
        result += [
            f"{left[: start - gone]}(\n",
            *(f"{indent}{page.unit}{_deeper(one, page.unit)}\n" for one in laid),
        ]
        left = f"{indent}){left[end - gone :]}"
        gone = end - len(indent) - 1
    return [*result, left]


def _enclosed(source: str) -> bool:
    """Whether the first parenthesis ends with the text: not so in ``(a) if b else (c)``."""
    if not (source.startswith("(") and source.endswith(")")):
        return False
    try:
        ast.parse(source[1:-1].strip(), mode="eval")
    except SyntaxError:
        return False
    return True


def _argument(source: str, room: int) -> list[str]:
    """An expression as black lays out the one argument of a call that has lines of its own."""
    laid = [line[4:] for line in _black(f"_(\n{source},\n)\n", room + 4)[1:-1]]
    laid[-1] = laid[-1].removesuffix(",")
    if laid[0] == "(" and laid[-1] == ")":  # as it encloses a conditional expression among arguments
        laid = [line[4:] for line in laid[1:-1]]
    return laid
