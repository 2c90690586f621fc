"""Options where the program writes them: keywords of a call, keys of a dict display. Comments and layout stay."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.rule import Edit

if TYPE_CHECKING:
    from perfprof.rules.reading.functions import Function

Options = ast.Call | ast.Dict


@dataclass(frozen=True, slots=True)
class Option:
    """One that is written. number: its value where that is a whole number or None (-1) in the text, else None."""

    node: ast.expr
    number: int | None


def option(node: Options, name: str) -> Option | None:
    """The option of this name; None if it is not written."""
    for key, value in _pairs(node):
        if key == name:
            return Option(value, _number(value))
    return None


def unpacks(node: Options) -> bool:
    """Whether more options may come from elsewhere (``**options``)."""
    return any(key is None for key, _ in _pairs(node))


def edit(function: Function, node: Options, changed: Mapping[str, str]) -> Edit:
    """The call or dict with these options: those that are written get the new value, others come last."""
    text = ast.get_source_segment(function.module.source, node) or ast.unparse(node)
    data = text.encode()
    known = [(_span(one.node), value) for name, value in changed.items() if (one := option(node, name)) is not None]
    for span, value in sorted(known, reverse=True):  # from the end, so that places before it stay
        start, end = (_offset(text, node, *place) for place in span)
        data = data[:start] + value.encode() + data[end:]
    new = {name: value for name, value in changed.items() if option(node, name) is None}
    source = _with(data.decode(), node, new) if new else data.decode()
    end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
    return Edit("replace", source, node.lineno, node.col_offset, end_line, end_column, function.module.relative)


def _pairs(node: Options) -> list[tuple[str | None, ast.expr]]:
    if isinstance(node, ast.Call):
        return [(word.arg, word.value) for word in node.keywords]
    pairs: list[tuple[str | None, ast.expr]] = []
    for key, value in zip(node.keys, node.values, strict=True):
        literal = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
        pairs.append((None if key is None else literal, value))
    return pairs


def _number(value: ast.expr) -> int | None:
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub):
        inner = _number(value.operand)
        return None if inner is None else -inner
    if not isinstance(value, ast.Constant) or isinstance(value.value, bool):
        return None
    if value.value is None:
        return -1
    return value.value if isinstance(value.value, int) else None


def _span(node: ast.expr) -> tuple[tuple[int, int], tuple[int, int]]:
    return (node.lineno, node.col_offset), (node.end_lineno or node.lineno, node.end_col_offset or 0)


def _offset(text: str, whole: ast.expr, line: int, column: int) -> int:
    """The byte of the text of ``whole`` at a place of the file."""
    if line == whole.lineno:
        return column - whole.col_offset
    lines = text.encode().split(b"\n")
    return sum(len(one) + 1 for one in lines[: line - whole.lineno]) + column


def _with(text: str, node: Options, new: Mapping[str, str]) -> str:
    """The options behind the last one, on lines of their own where the others have such."""
    body, closing = text[:-1], text[-1]
    parts = [f"{name}={value}" if closing == ")" else f'"{name}": {value}' for name, value in new.items()]
    lines = body.split("\n")
    if len(lines) > 1 and not lines[-1].strip():  # the bracket has a line of its own
        at = _last(node) - node.lineno
        indent = re.match(r"\s*", lines[at])[0] if at > 0 else "    "  # type: ignore[index]  # it matches nothing, too
        at = _end_of_last(lines)
        code, mark, comment = _code_of(lines[at])
        comma = "" if code.rstrip().endswith((",", "(", "{")) else ","
        lines[at] = f"{code.rstrip()}{comma}{'  ' if mark else ''}{mark}{comment}"
        lines[-1:-1] = [f"{indent}{part}," for part in parts]
        return "\n".join(lines) + closing
    bare = body.rstrip()
    comma = " " if bare.endswith(",") else "" if bare.endswith(("(", "{")) else ", "
    return f"{bare}{comma}{', '.join(parts)}{closing}"


def _last(node: Options) -> int:
    """The line on which the last option begins; that of the whole if there is none."""
    if isinstance(node, ast.Dict):
        return node.keys[-1].lineno if node.keys and node.keys[-1] is not None else node.lineno
    if node.keywords:
        return node.keywords[-1].lineno
    return node.args[-1].lineno if node.args else node.lineno


def _end_of_last(lines: list[str]) -> int:
    """The last line with code before the closing bracket's."""
    return max(at for at, line in enumerate(lines[:-1]) if _code_of(line)[0].strip() or at == 0)


def _code_of(line: str) -> tuple[str, str, str]:
    """Code, ``#`` and comment of a line; a ``#`` in quotes is none."""
    quote = ""
    for at, char in enumerate(line):
        if quote:
            quote = "" if char == quote and line[at - 1] != "\\" else quote
        elif char in "\"'":
            quote = char
        elif char == "#":
            return line[:at], "#", line[at + 1 :]
    return line, "", ""
