"""`perfprof verify` on real optimisation commits of open projects, and on changes that must never be called faster.

    python benchmarks/verify_commits.py [NAME...] [--keep FOLDER]

Downloads two consecutive versions of each project with pip, takes the functions that the release made faster out of
the new version and puts them into the old one (a release changes more than that), and judges this patch with a
workload of ours. Prints one line a change: what perfprof said, the gain that it measured, and what was expected.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import subprocess
import sys
import tempfile
import textwrap
import zipfile
from dataclasses import dataclass
from pathlib import Path


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


def main() -> None:
    """Judge what was asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="parts of the names in the table; all if none is given")
    parser.add_argument("--keep", type=Path, help="a folder for downloads and projects")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (given.keep or Path(temporary)).absolute()
        print(f"{'change':38} {'said':12} {'right':5} {'gain (99 %)':22} why")
        right = 0
        chosen = [one for one in CHANGES if not given.names or any(name in one.name for name in given.names)]
        for change in chosen:
            decision, gain, why = judged(change, folder)
            fits = (decision == "accepted") == (change.expected == "accepted")
            right += fits
            mark = "yes" if fits else "NO"
            print(f"{change.name:38} {decision:12} {mark:5} {gain:22} {textwrap.shorten(why, 110)}", flush=True)
        print(f"{right} of {len(chosen)} as expected")


def judged(change: Change, folder: Path) -> tuple[str, str, str]:
    """Decision, gain and reason of one change."""
    root = folder / "projects" / change.name.replace(" ", "-").replace(":", "").replace(",", "")
    unpack(download(change.package, change.old, folder), root)
    fresh = folder / "new" / f"{change.package}-{change.new}"
    unpack(download(change.package, change.new, folder), fresh)
    (root / "perfprof_workload.py").write_text(change.workload)
    (root / "pyproject.toml").write_text("")  # where the project begins
    text = diff_of(root, change.file, changed(text_of(root, change.file), text_of(fresh, change.file), change))
    text += "".join(diff_of(root, file, text_of(fresh, file)) for file in change.also)
    (root / "change.patch").write_text(text, "utf-8")
    report = root / "report.json"
    argv = [
        sys.executable,
        "-m",
        "perfprof",
        "verify",
        "change.patch",
        "-q",
        "--json",
        str(report),
        *change.options,
    ]
    ran = subprocess.run(
        [*argv, "--", sys.executable, "perfprof_workload.py"], cwd=root, capture_output=True, text=True, check=False
    )
    if ran.returncode > 1:
        return "error", "", ran.stderr.strip()
    return told(json.loads(report.read_text("utf-8")))


def text_of(root: Path, file: str) -> str:
    """A file of a version, empty if it has none."""
    return (root / file).read_text("utf-8") if (root / file).exists() else ""


def diff_of(root: Path, file: str, after: str) -> str:
    """A unified diff of one file."""
    old, new = text_of(root, file).splitlines(keepends=True), after.splitlines(keepends=True)
    return "".join(difflib.unified_diff(old, new, f"a/{file}", f"b/{file}"))


def told(report: dict[str, list[dict[str, object]]]) -> tuple[str, str, str]:
    """The one verdict of a report."""
    verdict = report["verdicts"][0]
    interval = verdict["interval"]
    gain = f"{verdict['ratio']:.2f}x" if isinstance(verdict["ratio"], float | int) else "not measured"
    if isinstance(interval, list):
        gain += f" ({interval[0]:.2f} - {interval[1]:.2f})"
    return str(verdict["decision"]), gain, str(verdict["reason"])


def changed(before: str, fresh: str, change: Change) -> str:
    """The old file with the new functions in it; the whole new file where neither functions nor swaps are named."""
    if not change.functions and not change.swaps:
        return fresh
    for name in change.functions:
        before = before.replace(source(before, name), source(fresh, name), 1)
    for old, new in change.swaps:
        if old not in before:
            raise SystemExit(f"{change.name}: {old!r} is not in {change.file} of {change.old}")
        before = before.replace(old, new, 1)
    return before


def source(text: str, name: str) -> str:
    """The lines of a function, its decorators among them."""
    body = ast.parse(text).body
    for part in name.split("."):
        node = next(one for one in body if getattr(one, "name", "") == part)
        body = getattr(node, "body", [])
    lines = text.splitlines(keepends=True)
    first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
    return "".join(lines[first - 1 : node.end_lineno])


def download(package: str, version: str, folder: Path) -> Path:
    """The archive of one version; pure Python, so that what is in it runs as it is."""
    target = folder / "archives" / f"{package}-{version}"
    if not target.is_dir():
        argv = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:"]
        subprocess.run([*argv, f"{package}=={version}", "-d", str(target)], check=True, stderr=subprocess.DEVNULL)
    return next(target.glob("*.whl"))


def unpack(archive: Path, target: Path) -> None:
    """The files of an archive."""
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(target)


if __name__ == "__main__":
    main()
