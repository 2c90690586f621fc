"""SQL without its literals: what may be kept of a statement."""

from __future__ import annotations

import re

_LONGEST = 20_000  # characters of a statement that are kept
# Tables and indexes, whose literals belong to the schema. Those of roles, subscriptions, servers and `PRAGMA key` are
# credentials, and what a table or a view is filled from is data.
_DEFINITION = re.compile(
    r"\s*(?:(?:create\s+(?:(?:global|local|temp|temporary|unlogged|virtual|unique)\s+)*(?:table|index)|alter\s+table)"
    r"\b(?!.*\bselect\b)|pragma\s+(?!\w*key|\S*\.\w*key))",
    re.IGNORECASE | re.DOTALL,
)
_PARTS = re.compile(
    r"""
    (?P<comment> --[^\n]* | /\*.*?\*/ )
  | (?P<kept> "(?:[^"]|"")*" | `[^`]*` | \[[A-Za-z_][\w ]*\] )
  | (?P<string> \b[Ee]'(?:[^'\\]|''|\\.)*(?:'|\Z) | (?:\b[XxBbNn])?'(?:[^']|'')*(?:'|\Z)
              | \$(?P<tag>[A-Za-z_]\w*|)\$.*?(?:\$(?P=tag)\$|\Z) )
  | (?P<name> [^\W\d]\w*(?:\$\w+)* | [:@$?]\w+ | %(?:\(\w+\))?[sbt]\b )
  | (?P<number> 0[xX][0-9a-fA-F]+ | (?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)? )
    """,
    re.VERBOSE | re.DOTALL,
)

_known: dict[str, str] = {}


def template(text: str) -> str:
    """``text`` with every string and number replaced by ``?`` and without comments.

    Definitions of tables and indexes, and PRAGMA, are kept as they are: their literals belong to the schema.
    """
    found = _known.get(text)
    if found is None:
        if len(_known) >= 5_000:  # a program that formats values into its statements
            _known.clear()
        found = _known[text] = _template(text)
    return found


def _template(text: str) -> str:
    text = text[:_LONGEST]
    if _DEFINITION.match(text):
        return text.strip()
    return _PARTS.sub(_replacement, text).strip()


def _replacement(match: re.Match[str]) -> str:
    if match.lastgroup == "comment":
        return " "
    return match.group() if match.lastgroup in ("kept", "name") else "?"
