"""The commits that `verify_commits.py` judges: where they are found, what runs them, and what must be said of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """functions: their source is taken from the new version. swaps: (old text, new text) in the old version's file.

    also: other files, taken as they are in the new version. expected: "accepted", or "rejected" for what must not be accepted.
    """

    name: str
    package: str
    old: str
    new: str
    file: str
    functions: tuple[str, ...]
    workload: str
    expected: str = "accepted"
    swaps: tuple[tuple[str, str], ...] = ()
    options: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


TOOLZ = """
from toolz import merge_with
for size in (0, 1, 5, 300):
    for _ in range(40):
        merge_with(len, *[{key: key for key in range(6)} for _ in range(size)])
"""
TOMLI = """
import tomli
line = 'name_{} = "' + "\\\\u00e9\\\\U0001f600" * 20 + '"\\n'
text = "".join(line.format(n) for n in range(60))
for _ in range(5):
    tomli.loads(text)
"""
CANONICAL = """
from packaging.utils import canonicalize_name
for name in ("Django", "zope.interface", "a__b--c..d", "", "x", "some-really_long.name-of.a_package") * 3000:
    canonicalize_name(name)
"""
CLIQUES = """
import networkx as nx
for n in (4, 12, 500):
    graph = nx.relaxed_caveman_graph(n, 4, 0.3, seed=n)
    nx.number_of_cliques(graph)
"""
COMBINATIONS = """
from more_itertools import combination_index, nth_combination_with_replacement
for n in (5, 40, 90):
    pool = list(range(n))
    for k in range(20):
        combination_index(pool[1 : n // 2 + 1], pool)
        nth_combination_with_replacement(pool, 4, k * 3)
"""
WIDTH = """
from wcwidth import wcswidth, wcwidth
for _ in range(200):
    for char in "abc \\u4e2d\\u0301\\t":
        wcwidth(char)
for n in range(200):
    wcswidth("plain text, as most is, of some length" * (n % 4))
for _ in range(20):
    wcswidth("plain text of a terminal, mostly in English \\u4e2d\\u6587")
"""
SQL = """
import sqlparse
text = "select " + ", ".join(f"(a{n} + (b{n} * 2))" for n in range(60)) + " from t where x = 1"
for _ in range(4):
    sqlparse.format(text, reindent=True)
"""
FAST_ASCII = (
    "    ucs = ord(wc)\n",
    "    ucs = ord(wc)\n    if 32 <= ucs < 127:\n        return 1\n",
)

# What wcswidth does since 0.5.0.
PLAIN_TEXT = (
    "    end = len(pwcs) if n is None else n",
    "    if n is None and unicode_version == 'auto' and pwcs.isascii() and pwcs.isprintable():\n"
    "        return len(pwcs)\n    end = len(pwcs) if n is None else n",
)

CHANGES = (
    Change(
        "toolz merge_with",
        "toolz",
        "0.11.2",
        "0.12.0",
        "toolz/dicttoolz.py",
        ("merge_with",),
        TOOLZ,
        swaps=(("import operator\n", "import operator\nimport collections\n"),),
        options=("--seen-types",),
    ),
    Change(
        "tomli parse_hex_char",
        "tomli",
        "1.0.3",
        "1.0.4",
        "tomli/_parser.py",
        ("parse_hex_char",),
        TOMLI,
        swaps=(("TOML_WS = ", "HEXDIGIT_CHARS = frozenset(string.hexdigits)\nTOML_WS = "),),
        options=("--seen-types",),
    ),
    Change(
        "packaging canonicalize_name",
        "packaging",
        "25.0",
        "26.0",
        "packaging/utils.py",
        ("canonicalize_name",),
        CANONICAL,
    ),
    Change(
        "networkx number_of_cliques",
        "networkx",
        "3.4.2",
        "3.5",
        "networkx/algorithms/clique.py",
        ("number_of_cliques",),
        CLIQUES,
        swaps=(
            (
                "from collections import defaultdict, deque\n",
                "from collections import Counter, defaultdict, deque\n",
            ),
            (
                "from itertools import chain, combinations, islice\n",
                "from itertools import chain, combinations, islice\n",
            ),
        ),
        options=("--seen-types",),
    ),
    Change(
        "more-itertools combinations",
        "more-itertools",
        "10.1.0",
        "10.2.0",
        "more_itertools/more.py",
        ("combination_index",),
        COMBINATIONS,
        swaps=(
            (
                "from math import exp, factorial, floor, log\n",
                "from math import exp, factorial, floor, log, comb\n",
            ),
        ),
        options=("--seen-types",),
    ),
    Change(
        "wcwidth, plain text (re-created)",
        "wcwidth",
        "0.2.8",
        "0.2.9",
        "wcwidth/wcwidth.py",
        (),
        WIDTH,
        swaps=(PLAIN_TEXT,),
        options=("--seen-types",),
    ),
    # Never faster: nothing that runs changes, or only names do.
    Change(
        "toolz: documentation",
        "toolz",
        "0.12.1",
        "1.0.0",
        "toolz/sandbox/parallel.py",
        ("fold",),
        TOOLZ,
        "rejected",
    ),
    Change(
        "packaging: hints of parameters",
        "packaging",
        "25.0",
        "26.0",
        "packaging/markers.py",
        ("Marker.__eq__",),
        CANONICAL,
        "rejected",
    ),
    Change(
        "more-itertools: a comment",
        "more-itertools",
        "10.1.0",
        "10.2.0",
        "more_itertools/more.py",
        (),
        COMBINATIONS,
        "rejected",
        swaps=(
            (
                "def combination_index(element, iterable):\n",
                "# see nth_combination\ndef combination_index(element, iterable):\n",
            ),
        ),
    ),
    Change(
        "sqlparse: a local renamed",
        "sqlparse",
        "0.4.3",
        "0.4.4",
        "sqlparse/sql.py",
        (),
        SQL,
        "rejected",
        swaps=(
            (
                "        for token in self.tokens:\n            if token.is_group:\n                yield from token.flatten()\n            else:\n                yield token\n",
                "        for each in self.tokens:\n            if each.is_group:\n                yield from each.flatten()\n            else:\n                yield each\n",
            ),
        ),
    ),
    # 0.2.9 did this; it no longer warns of an unknown version, and perfprof finds such a call.
    Change(
        "wcwidth, ASCII before all checks",
        "wcwidth",
        "0.2.8",
        "0.2.9",
        "wcwidth/wcwidth.py",
        (),
        WIDTH,
        "rejected",
        swaps=(FAST_ASCII,),
        options=("--seen-types",),
    ),
    # Wrong in subtle ways, as a language model writes them.
    Change(
        "wrong: one replace is not enough",
        "packaging",
        "25.0",
        "26.0",
        "packaging/utils.py",
        (),
        CANONICAL,
        "rejected",
        swaps=(
            (
                '_canonicalize_regex.sub("-", name).lower()',
                'name.lower().replace("_", "-").replace(".", "-").replace("--", "-")',
            ),
        ),
    ),
    Change(
        "wrong: values kept from call to call",
        "toolz",
        "0.11.2",
        "0.12.0",
        "toolz/dicttoolz.py",
        (),
        TOOLZ,
        "rejected",
        swaps=(
            (
                "    result = factory()\n    for d in dicts:\n        for k, v in d.items():\n            if k not in result:\n                result[k] = [v]\n            else:\n                result[k].append(v)\n",
                "    result = _KEPT\n    for d in dicts:\n        for k, v in d.items():\n            result.setdefault(k, []).append(v)\n",
            ),
            ("def merge_with(", "_KEPT = {}\n\n\ndef merge_with("),
        ),
    ),
    Change(
        "wrong: the width of a control",
        "wcwidth",
        "0.2.8",
        "0.2.9",
        "wcwidth/wcwidth.py",
        (),
        WIDTH,
        "rejected",
        swaps=(("    ucs = ord(wc)\n", "    ucs = ord(wc)\n    if ucs < 128:\n        return 1\n"),),
    ),
    Change(
        "wrong: an n+1 too few",
        "more-itertools",
        "10.1.0",
        "10.2.0",
        "more_itertools/more.py",
        (),
        COMBINATIONS,
        "rejected",
        swaps=(
            (
                "index += factorial(j) // (factorial(i) * factorial(j - i))\n\n    return factorial(n + 1)",
                "index += factorial(j) // (factorial(i) * factorial(j - i))\n\n    return factorial(n)",
            ),
        ),
    ),
)
