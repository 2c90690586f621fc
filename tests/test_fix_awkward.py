"""Awkward sources through fix: what a rule writes is the same, and not a byte outside of its edits is another."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hostile import RULES, rewrites, seen

from perfprof.optimizer.writing.edits.text import BOM
from perfprof.profilers.observations import Seen, Watch
from perfprof.rules.examples import examples

# Form feeds, tabs, continued lines, text of two bytes a letter, no space where none is needed, and what looks like code.
ABOVE = (
    '"""Façade.\n\n\fpage two\n"""\n\f\n# -*- çà et là -*-\nclass Elsewhere:\n\tdef one( self ) :\n\t\treturn(1)\n'
    '\tdef two(self): return \'é\' \\\n\t  \\\n\t\t+ """for x in xs:\n  pass\t"""\n\f\nodd={1 :2,\n      3:  4}   \n\n\n'
)
MATCH = (
    'def matched(given):\n  match given:\n    case {"k": [*_, (1|2) as last], **rest} if rest: return last\n\n\n'
)
BELOW = "\n\f\ndef below(a,/,b,*,c = 1): return [a , b,c]  # 𝒇 \n\t\n    # no end of line here"


def tabbed(text: str) -> str:
    return re.sub(r"^(?: {4})+", lambda spaces: "\t" * (len(spaces[0]) // 4), text, flags=re.MULTILINE)


DISGUISES: dict[str, Callable[[str], str]] = {
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "cr": lambda text: text.replace("\n", "\r"),
    "byte order mark": lambda text: BOM + text,
    "byte order mark and crlf": lambda text: BOM + text.replace("\n", "\r\n"),
    "no newline at the end": lambda text: text.rstrip("\n"),
    "tabs": tabbed,
    "in an awkward file": lambda text: ABOVE + text + BELOW,
    "behind a match": lambda text: MATCH + text,
}
WIDE = "def below():\n    return [1]\n" * 25_000
PLAIN = [(rule.name, one.number, one.before) for rule in RULES for one in examples(rule.page) if one.after]


def imagined(watch: Watch) -> Seen:
    """Lists of ints everywhere, large enough."""
    ints = {"builtins.int": 1000}
    return seen(watch, {"builtins.list": 1000} if watch.kind == "collection" else ints, ints)


def written(source: str, rule: str) -> list[str]:
    return [new for _, new in rewrites(source, imagined, {rule})]


def adds_an_import(new: str, source: str) -> bool:
    return new.count("import ") > source.count("import ")


@pytest.mark.parametrize("disguise", DISGUISES)
def test_what_is_written_does_not_depend_on_the_file(disguise: str) -> None:
    wear, compared = DISGUISES[disguise], set()
    for rule, number, source in PLAIN:
        plain = written(source, rule)
        if "file" in disguise or "match" in disguise:
            plain = [new for new in plain if not adds_an_import(new, source)]
            if not plain:
                continue
        if disguise == "tabs" and rule == "pure-recursion":  # moves a whole body, and only where spaces indent it
            assert not written(wear(source), rule)
            continue
        assert written(wear(source), rule) == [wear(new) for new in plain], (rule, number)
        compared |= {rule} if plain else set()
    assert len(compared) >= 10


def test_a_function_before_fifty_thousand_lines() -> None:
    rule, _, source = next(one for one in PLAIN if one[0] == "list-membership")
    (plain,) = written(source, rule)
    assert written(source + WIDE, rule) == [plain + WIDE]
