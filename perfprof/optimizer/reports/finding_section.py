"""One finding on the page: why it is slow, why the change means the same, the change, how it was judged."""

from __future__ import annotations

from collections.abc import Iterator

from perfprof.optimizer.reports import figures, plots
from perfprof.optimizer.reports.contract import Document, Finding, Migration, Patch, Verdict
from perfprof.optimizer.reports.markup import Html, arrows, join, prose, scroll, table, tag
from perfprof.optimizer.reports.rows import Row, compared, comparison

LINES = 300  # of a diff that are shown
SIGNS = 400  # of a line that are shown
KINDS = {"+": "add", "-": "remove", "@": "hunk"}


def anchor(finding: Finding) -> str:
    """The name of a finding's place on the page."""
    return "finding-" + "".join(sign for sign in finding["id"] if sign.isalnum())


def section(report: Document, number: int, row: Row, *, unfolded: bool) -> Html:
    """The whole argument for one finding."""
    finding = row.finding
    patch = next((one for one in report["patches"] if one["finding"] == finding["id"]), None)
    migration = next((one for one in report["migrations"] if one["finding"] == finding["id"]), None)
    verdict = next((one for one in report["verdicts"] if one["finding"] == finding["id"]), None)
    badge = tag("span", finding["status"], class_=f"status {row.tone}")
    title = tag("h3", f"{number}. {arrows(row.what)} ", tag("span", row.where, class_="place"), " ", badge)
    parts = [
        *_slow(finding, row),
        *_same(finding),
        *_change(patch, migration, report["run"]["folder"]),
        *_judged(finding, verdict),
    ]
    return tag(
        "details", tag("summary", title), tag("div", *parts, id=anchor(finding), class_="argument"), open=unfolded
    )


def _slow(finding: Finding, row: Row) -> Iterator[Html]:
    share = f" {row.share} of the recorded cost." if row.share else ""
    message = finding["message"].rstrip(".") + "." if finding["message"] else ""
    yield tag("h4", "Why it is slow")
    yield tag(
        "p",
        tag("code", f"{finding['path']}:{finding['line']}"),
        f" {finding['function']}: ",
        prose(arrows(message) + share),
    )
    if finding["evidence"]:
        pairs = [
            tag("div", tag("dt", name.replace("_", " ")), tag("dd", _value(value)))
            for name, value in finding["evidence"].items()
        ]
        yield tag("dl", *pairs)


def _same(finding: Finding) -> Iterator[Html]:
    if not finding["obligations"]:
        return
    yield tag("h4", "Why it means the same")
    body = [
        tag(
            "tr",
            tag("td", one["name"].replace("_", " ")),
            tag("td", tag("span", one["level"], class_=f"level {one['level']}")),
            tag("td", prose(one["reason"])),
            tag("td", one["where"], class_="place"),
        )
        for one in finding["obligations"]
    ]
    caption = f"The weakest of these makes the change {finding['level']}"
    yield table(caption, ("condition", "level", "reason", "where"), body)


def _change(patch: Patch | None, migration: Migration | None, folder: str) -> Iterator[Html]:
    if patch is None:
        return
    yield tag("h4", "The change")
    memory = f"Memory: {patch['memory']}" if patch["memory"] else ""
    yield from (tag("p", prose(says.rstrip(".") + ".")) for says in (patch["why"], memory) if says)
    if patch["diff"]:
        yield scroll("difference", tag("pre", tag("code", *_diff(patch["diff"]))))
    if migration is not None:
        yield scroll("migration", tag("pre", tag("code", *_migration(migration))))
    if patch["file"]:
        place = f"{folder}/{patch['file']}".lstrip("/")
        yield tag("p", "By hand: ", tag("code", f"git am {place}"), class_="next")


def _migration(migration: Migration) -> Iterator[Html]:
    for name, sql in (("up", migration["up"]), ("down", migration["down"])):
        yield tag("span", f"-- {name}", class_="hunk")
        for row in sql.splitlines():
            yield tag("span", _short(row), class_="line")
    if migration["size"] is not None:
        yield tag("span", f"-- about {figures.size(migration['size'])} on disk", class_="hunk")


def _diff(diff: str) -> Iterator[Html]:
    """Line by line, so that each is coloured by its sign and no sign is lost without colour."""
    lines = diff.split("\n")[:-1]
    for row in lines[:LINES]:
        header = row.startswith(("+++ ", "--- ", "diff --git", "index ", "new file"))
        kind = "hunk" if header else KINDS.get(row[:1], "line")
        yield tag("span", _short(row), class_=kind)
    if len(lines) > LINES:
        yield tag("span", f"{len(lines) - LINES:,} more lines in the patch file", class_="hunk")


def _short(row: str) -> str:
    row = row.rstrip("\r")
    return row if len(row) <= SIGNS else f"{row[:SIGNS]}… ({len(row) - SIGNS:,} more characters)"


def _judged(finding: Finding, verdict: Verdict | None) -> Iterator[Html]:
    yield tag("h4", "How it was judged")
    if verdict is None:
        reason = finding["reason"].rstrip(".") or "it was not tried"
        yield tag("p", tag("strong", finding["status"]), ": ", prose(f"{reason}."))
        return
    yield tag("p", tag("strong", verdict["decision"]), ": ", prose(verdict["reason"].rstrip(".") + "."))
    if verdict["metric"]:
        measured = comparison(verdict)
        yield tag("p", _measured(compared(measured), verdict))
        yield scroll("measurements before and after", plots.dots(measured))
    body = [
        tag(
            "tr",
            tag("td", layer["name"]),
            tag("td", layer["outcome"]),
            tag("td", prose(layer["reason"])),
            tag("td", f"{layer['seconds']:.1f} s", class_="number"),
        )
        for layer in verdict["layers"]
    ]
    if body:
        yield table("The questions of the judge", ("question", "outcome", "reason", "took"), body, numbers="took")


def _measured(gain: str, verdict: Verdict) -> Html:
    samples = verdict["samples"] or {"before": [], "after": []}
    told = verdict["resolution"] or 0.0
    resolution = f" This machine can tell {told * 100:.1f} % here." if 0 < told < 1 else ""
    memory = f" Memory: {compared(verdict['memory'])}." if verdict["memory"] else ""
    pairs = min(len(samples["before"]), len(samples["after"]))
    return join([tag("strong", arrows(gain)), f" from {figures.counted(pairs, 'pair')}.{resolution}{memory}"])


def _value(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return figures.count(value)
    return str(value)
