"""SQL that stands in a file: a script, one of psql, named queries, or the texts of a YAML, JSON or TOML document.

Queries with names are those of aiosql, anosql, pugsql, HugSQL and sqlc: ``-- name: get_user`` or ``-- :name get-user :one``
begins one, whether the last one was ended or not. Lines and words that psql takes for itself are left out, as is what
follows ``COPY … FROM stdin``.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from perfprof.rules.reading.placeholders import separated

_NAMED = re.compile(r"^[ \t]*--[ \t]*:?name\b[ \t]*:?[ \t]*[\w<]", re.MULTILINE)
_META = re.compile(r"^[ \t]*\\[a-z?!].*$", re.MULTILINE | re.IGNORECASE)
_SENT = re.compile(
    r"(?<=[\s;])\\(?:gx?|gset|gexec|gdesc|watch|crosstabview|parse|bind)\b(?!')[^\n]*$",
    re.MULTILINE | re.IGNORECASE,
)
_COPIED = re.compile(r"(^[ \t]*copy\b[^;]*\bfrom\s+stdin\b[^;\n]*);?[^\n]*\n.*?^\\\.$", re.M | re.S | re.I)
_VARIABLE = re.compile(r"(?<![:\w]):'(\w+)'")
_SQL = re.compile(r"\s*\(*\s*(?:select|with|insert|update|delete|merge|values)\b", re.IGNORECASE)
# No SQL begins so: ``name:`` or ``- name:`` of YAML, ``{`` or ``[`` of JSON, ``[table]`` and ``name =`` of TOML.
_DOCUMENT = re.compile(r"""\s*(?:(?:\#|---)[^\n]*\n\s*)*(?:[{\[]|(?:-\s+)?["']?[\w.-]+["']?\s*[:=](?!:))""")


def statements(text: str, dialect: str) -> Iterator[str]:
    """One after the other."""
    if _DOCUMENT.match(text):
        found = list(dict.fromkeys(one for one in _texts(_document(text)) if _SQL.match(one)))
        if found:
            for one in found:
                yield from separated(one, dialect)
            return
    yield from separated(_plain(text), dialect)


def _plain(text: str) -> str:
    """The script as a server would get it, with every statement ended."""
    if "\\" in text:
        text = _COPIED.sub(r"\1;", text)
        text = _VARIABLE.sub(r":\1", _META.sub("", _SENT.sub(";", text)))
    return _NAMED.sub(lambda match: ";\n" + match.group(), text)


def _document(text: str) -> Any:
    """What a document holds; None if it is none, or if nothing that reads it is installed."""
    for module, function in (("tomllib", "loads"), ("yaml", "safe_load"), ("yaml_ft", "safe_load")):
        with suppress(Exception):  # each of these has errors of its own
            return getattr(importlib.import_module(module), function)(text)
    return None


def _texts(held: Any) -> Iterator[str]:
    """All texts in it, however deep."""
    if isinstance(held, str):
        yield held
    elif isinstance(held, dict | list):
        for one in held.values() if isinstance(held, dict) else held:
            yield from _texts(one)
