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
from pathlib import Path

from verify_commits_cases import CHANGES, Change


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
