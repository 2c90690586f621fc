"""The text of a file of models with one more index in it: a line after a statement, an element in a list or tuple."""

from __future__ import annotations

import ast


def inserted(text: str, after: ast.stmt, lines: str) -> str:
    """The text with whole lines behind a statement."""
    all_lines = text.splitlines(keepends=True)
    end = after.end_lineno or after.lineno
    if not all_lines[end - 1].endswith("\n"):
        all_lines[end - 1] += "\n"
    return "".join([*all_lines[:end], lines, *all_lines[end:]])


def appended(text: str, known: ast.List | ast.Tuple, index: str) -> str | None:
    """The text with one more element in a list or tuple; None where a comment stands in the way."""
    lines = text.split("\n")
    line, column = (known.end_lineno or 0) - 1, (known.end_col_offset or 0) - 1
    before = lines[line].encode()[:column].decode()
    after = lines[line].encode()[column:].decode()
    inside = "\n".join([*lines[known.lineno - 1 : line], before]).rstrip()
    comma = "" if not known.elts or inside.endswith(",") else ", "
    if known.elts and not before.strip():  # the bracket has a line of its own
        indent = " " * known.elts[-1].col_offset
        last = lines[line - 1].rstrip()
        if "#" in last:
            return None
        lines[line - 1] = last if last.endswith(",") else f"{last},"
        lines.insert(line, f"{indent}{index},")
        return "\n".join(lines)
    closing = "," if isinstance(known, ast.Tuple) and not known.elts else ""
    lines[line] = f"{before}{comma}{' ' if inside.endswith(',') else ''}{index}{closing}{after}"
    return "\n".join(lines)
