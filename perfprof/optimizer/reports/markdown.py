"""The report as one comment on a pull request; the marker in its first line lets a bot edit it in place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from perfprof.optimizer.reports.contract import Document, Finding, Migration, Patch
from perfprof.optimizer.reports.markup import clean
from perfprof.optimizer.reports.rows import WON, Row, amounts, compared, comparison, left_out, machine, rows, totals
from perfprof.optimizer.reports.terminal import recorded

MARKER = "<!-- perfprof:v1 -->"
LIMIT = 65_000  # signs; GitHub takes 65,536
TABLE = 30_000  # of them for the table
WORDS = {"applied": "faster", "accepted": "faster"}


def render(report: Document) -> str:
    """GitHub Flavored Markdown, no raw HTML but the marker, ``details`` and ``sub``."""
    if report["run"]["verb"] == "record":
        return "\n".join(_recording(report))
    head = [MARKER, f"### perfprof: {_title(report)}", "", *_whole(report)]
    foot = ["", f"<sub>{_text(_measured(report))}</sub>", ""]
    body = [*head, *_table(report)]
    room = LIMIT - _length(body) - _length(foot) - 100
    return "\n".join([*body, *_within(room, list(_patches(report))), *foot])


def _recording(report: Document) -> Iterator[str]:
    """What a terminal shows of it."""
    about = ", ".join(filter(None, (*machine(report), f"run {report['run']['id']}")))
    told = "\n".join(recorded(report.get("recorded", ())))
    yield from (MARKER, f"### perfprof record: {_code(report['run']['command'])}", "")
    yield from (_fenced("text", clean(told)[: LIMIT - 1000]), "", f"<sub>{_text(about)}</sub>", "")


def _title(report: Document) -> str:
    statuses = [WORDS.get(finding["status"], finding["status"]) for finding in report["findings"]]
    return ", ".join(f"{statuses.count(status)} {status}" for status in dict.fromkeys(statuses)) or "nothing found"


def _whole(report: Document) -> Iterator[str]:
    whole, tests = report["whole"], report["run"]["tests"]
    if whole is not None:
        yield f"Whole workload {amounts(whole)}, **{compared(whole)}**."
    if tests:
        yield _text(f"Tests: {tests.rstrip('.')}.")
    yield from (_text(" ".join([totals(report), *left_out(report)])), "")


def _table(report: Document) -> Iterator[str]:
    found = [row for row in rows(report) if not row.aside]
    if not found:
        return
    yield "| | share | where | what | before -> after | gain (99 %) | why |"
    yield "|---|---:|---|---|---|---|---|"
    verdicts = {verdict["finding"]: comparison(verdict) for verdict in report["verdicts"] if verdict["metric"]}
    used = 0
    for number, row in enumerate(found):
        measured = verdicts.get(row.finding["id"])
        line = _line(row, amounts(measured) if measured else "")
        used += len(line) + 1
        if used > TABLE:
            yield f"\n{len(found) - number} more findings are in the report."
            return
        yield line


def _line(row: Row, change: str) -> str:
    finding = row.finding
    why = row.state.partition(": ")[2]
    if finding["status"] in WON:
        why = "; ".join(filter(None, [row.state, row.note]))
    cells = [
        _text(finding["status"]),
        row.share,
        _code(row.where),
        _text(row.what),
        _text(change),
        _text(row.gain),
        _text(why),
    ]
    return "| " + " | ".join(cells) + " |"


def _patches(report: Document) -> Iterator[str]:
    """What was accepted, each folded away with its diff or migration."""
    findings = {finding["id"]: finding for finding in report["findings"]}
    migrations = {migration["finding"]: migration for migration in report["migrations"]}
    for patch in report["patches"]:
        if patch["status"] in WORDS:
            yield "\n".join(_patch(findings[patch["finding"]], patch, migrations.get(patch["finding"])))


def _patch(finding: Finding, patch: Patch, migration: Migration | None) -> Iterator[str]:
    place = f"{finding['path']}:{finding['line']}"
    yield f"\n<details><summary>{_html(patch['title'])} at {_html(place)} ({patch['level']})</summary>\n"
    yield from (
        f"{_text(says)}\n" for says in (patch["why"], patch["memory"] and f"Memory: {patch['memory']}") if says
    )
    yield from (f"- {_text(one['name'])}: {one['level']}, {_text(one['reason'])}" for one in finding["obligations"])
    if patch["diff"]:
        yield from ("", _fenced("diff", patch["diff"]))
    if migration is not None:
        yield from ("", _fenced("sql", f"-- up\n{migration['up']}\n-- down\n{migration['down']}\n"))
    yield "\n</details>"


def _within(room: int, parts: list[str]) -> Iterator[str]:
    """As many of the parts as there is room for, in their order."""
    left_out = 0
    for part in parts:
        room -= len(part) + 1
        left_out += room < 0
        if room >= 0:
            yield part
    if left_out:
        yield f"\n{left_out} more patches are in the report."


def _measured(report: Document) -> str:
    about = ", ".join(machine(report))
    patches = ", ".join(patch["digest"][:12] for patch in report["patches"])
    bound = f" Patch {patches}." if report["run"]["verb"] == "verify" else ""
    return f"Old and new measured by turns on the same machine ({about}).{bound} Run {report['run']['id']}."


def _fenced(language: str, text: str) -> str:
    ticks = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, ticks + 1)
    return f"{fence}{language}\n{text.rstrip(chr(10))}\n{fence}"


def _code(text: str) -> str:
    """Code in a cell of a table."""
    plain = text.replace("|", "\\|").replace("\n", " ")
    ticks = "`" * (max((len(run) for run in re.findall(r"`+", plain)), default=0) + 1)
    room = " " if "`" in plain else ""
    return f"{ticks}{room}{plain}{room}{ticks}"


def _text(text: str) -> str:
    """Text that Markdown leaves alone; nobody is called by his name."""
    quiet = re.sub(r"([@#])(?=\w)", "\\1\N{ZERO WIDTH SPACE}", " ".join(text.split()))
    return re.sub(r"([\\`*_\[\]<|~])", r"\\\1", quiet)


def _html(text: str) -> str:
    from html import escape

    return escape(re.sub(r"([@#])(?=\w)", "\\1\N{ZERO WIDTH SPACE}", " ".join(text.split())))


def _length(lines: Iterable[str]) -> int:
    return sum(len(line) + 1 for line in lines)
