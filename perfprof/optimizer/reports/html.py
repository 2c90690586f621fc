"""The report as one page: no script, nothing loaded, light and dark, whole on a narrow screen and on paper."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from importlib.resources import files

from perfprof.optimizer.reports import figures, flamegraph, plots
from perfprof.optimizer.reports.contract import Comparison, Document, Recorded
from perfprof.optimizer.reports.finding_section import anchor, section
from perfprof.optimizer.reports.markup import Html, arrows, prose, scroll, table, tag
from perfprof.optimizer.reports.rows import (
    WON,
    Row,
    amounts,
    comparison,
    direction,
    left_out,
    machine,
    rows,
    totals,
)
from perfprof.optimizer.reports.terminal import again

FIRST = "reasons"  # the subject that stands before the flame graph
HOT = "hot"  # the subject that tells the heaviest functions
OPEN = 12  # findings that are unfolded at first
WORDS = {"gain": "faster", "loss": "slower", "none": "no difference that this machine can tell"}


def render(report: Document) -> str:
    """The page as text."""
    style = files("perfprof.optimizer.reports").joinpath("report.css").read_text("utf-8")
    head = _head(f"perfprof · {report['run']['project']}", style)
    return "<!doctype html>\n" + tag("html", head, tag("body", tag("main", *_body(report))), lang="en") + "\n"


def _head(title: str, style: str) -> Html:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        tag("style", Html(style)),
    )


def _body(report: Document) -> Iterator[Html]:
    found = list(rows(report))
    yield _header(report)
    if report["run"]["verb"] != "record":
        yield _overview(report, found)
    if found:
        sections = [
            section(report, number, row, unfolded=number <= OPEN and not row.aside)
            for number, row in enumerate(found, 1)
        ]
        yield tag("section", tag("h2", "Each finding"), *sections)
    subjects = report.get("recorded", ())
    yield from (_recorded(one) for one in subjects if one["subject"] == FIRST)
    if report["flame"]["frames"]:
        yield _flame(report)
    yield from (_recorded(one) for one in subjects if one["subject"] != FIRST)
    yield _how(report)


def _header(report: Document) -> Html:
    run, whole = report["run"], report["whole"]
    about = " · ".join(filter(None, (run["project"], run["id"], *machine(report))))
    parts = [tag("p", f"perfprof {run['verb']}", class_="brand"), tag("h1", run["command"] or run["project"])]
    if whole is not None:
        parts += _whole(whole)
    tests = f" Tests: {run['tests'].rstrip('.')}." if run["tests"] else ""
    if run["verb"] != "record":
        parts.append(tag("p", f"Findings: {totals(report)}{tests}"))
    parts += [tag("p", says, " ", tag("code", command), class_="next") for says, command in _next(report)]
    return tag("header", *parts, tag("p", about, class_="muted"))


def _whole(whole: Comparison) -> Iterator[Html]:
    tone, ratio = direction(whole), whole["ratio"]
    word = (
        f"{figures.ratio(ratio if ratio >= 1 else 1 / ratio)} {WORDS[tone]}"
        if ratio and tone != "none"
        else WORDS[tone]
    )
    range_ = figures.interval(ratio, *whole["interval"]) if ratio else ""
    yield tag(
        "p",
        tag("span", arrows(amounts(whole)), class_="big"),
        tag("strong", word, class_=f"big {tone}"),
        tag("span", f"99 % interval of old/new {range_}", class_="muted"),
        class_="verdict",
    )
    yield scroll("the whole workload before and after", plots.dots(whole))


def _next(report: Document) -> Iterator[tuple[str, str]]:
    run = report["run"]
    if run["applied"] and (report["files_changed"] or report["migration_files"]):
        yield "Take it back:", "perfprof fix --undo"
    if report["totals"]["accepted"] and run["verb"] == "fix":
        yield "Apply what was accepted:", again(report)
    elif run["asked"]:
        yield "Do it again:", run["asked"]


def _overview(report: Document, found: list[Row]) -> Html:
    if not found:
        return tag(
            "section", tag("h2", "Findings"), tag("p", "Nothing that was run is slow in a way that a rule knows.")
        )
    verdicts = {verdict["finding"]: comparison(verdict) for verdict in report["verdicts"] if verdict["metric"]}
    axis = plots.span(verdicts.values())
    body = [
        (row.aside, _row(number, row, verdicts.get(row.finding["id"]), axis)) for number, row in enumerate(found, 1)
    ]
    heads = ("#", "share", "where", "what", "observed n", "gain (99 %)", "state")
    bar = (
        scroll("share of the cost of each finding", plots.budget(report))
        if any(row.finding["share"] for row in found)
        else None
    )
    title = "Findings, by what they cost and how sure the gain is"
    return tag(
        "section",
        tag("h2", "Where the time went"),
        bar,
        *_tables_of(title, heads, body, " ".join(left_out(report))),
    )


def _tables_of(title: str, heads: Sequence[str], body: Sequence[tuple[bool, Html]], others: str) -> Iterator[Html]:
    """What is worth reading, and, folded, what there is nothing to do about (``body``: is it that, and its row)."""
    shown, apart = ([row for aside, row in body if aside is which] for which in (False, True))
    how = {"numbers": "#,share,observed n", "class_": "overview"}
    if shown:
        yield table(title, heads, shown, **how)
    if apart:
        yield tag("details", tag("summary", others), table(others, heads, apart, **how))


def _row(number: int, row: Row, measured: Comparison | None, axis: plots.Range) -> Html:
    finding = row.finding
    plot = plots.interval(measured, axis) if measured else None
    status = [tag("strong", finding["status"], class_=f"status {row.tone}"), " "]
    said = row.state if finding["status"] in WON else row.state.partition(": ")[2]
    status.append(prose("; ".join(filter(None, [said, row.note]))))
    return tag(
        "tr",
        tag("td", str(number), class_="number"),
        tag("td", row.share, class_="number"),
        tag("td", tag("a", row.where, href="#" + anchor(finding)), class_="place"),
        tag("td", arrows(row.what)),
        tag("td", row.observed, class_="number"),
        tag("td", tag("span", arrows(row.gain), class_=f"figure {row.tone}"), plot, class_="measured"),
        tag("td", *status),
    )


def _flame(report: Document) -> Html:
    flame = report["flame"]
    picture = flamegraph.icicle(flame, flamegraph.marked(report))
    other = f" {flame['other']:,} samples lie in frames too thin to keep." if flame["other"] else ""
    findings = "; findings are outlined" if report["findings"] else ""
    changed = "" if report["run"]["verb"] == "record" else " before any change"
    says = f"{flame['total']:,} samples{changed}. Callers above, callees below{findings}.{other}"
    return tag(
        "section",
        tag("h2", "The whole run"),
        tag("p", says, class_="muted"),
        scroll("icicle of the run", picture),
        None if any(one["subject"] == HOT for one in report.get("recorded", ())) else _heaviest(report),
    )


def _heaviest(report: Document) -> Html:
    body = [
        tag(
            "tr",
            tag("td", name),
            tag("td", path, class_="place"),
            *(tag("td", f"{part * 100:.1f} %", class_="number") for part in parts),
        )
        for name, path, *parts in flamegraph.functions(report["flame"])
    ]
    heads = ("function", "file", "itself", "with callees")
    return table("The heaviest functions", heads, body, numbers="itself,with callees")


def _recorded(subject: Recorded) -> Html:
    """What was recorded of one subject: requests, network, files, memory and the like."""
    drawn = [plots.timeline(series) for series in subject.get("series", ()) if len(series["points"]) > 2]
    pictures = tag("div", *drawn, class_="timelines") if drawn else None
    return tag(
        "section",
        tag("h2", subject["title"]),
        tag("p", subject["says"], class_="muted"),
        pictures,
        _rows_of(subject),
    )


def _rows_of(subject: Recorded) -> Html | None:
    """Its table, without columns that are empty."""
    filled = [at for at, _ in enumerate(subject["heads"]) if any(row[at] for row in subject["rows"])]
    heads, wide = [subject["heads"][at] for at in filled], set(subject["numbers"])
    body = [
        tag("tr", *(_cell(row[at], number=head in wide) for at, head in zip(filled, heads, strict=True)))
        for row in subject["rows"]
    ]
    return table(subject["title"], heads, body, numbers=",".join(wide), class_="titled") if body else None


def _cell(text: str, *, number: bool) -> Html:
    """Text of several lines keeps them."""
    lines = text.splitlines()
    content: list[Html | str] = [tag("pre", *(tag("span", line) for line in lines))] if len(lines) > 1 else [text]
    return tag("td", *content, class_="number" if number else None)


def _how(report: Document) -> Html:
    notes = _notes() if report["verdicts"] or report["whole"] else ()
    place = f"{report['run']['folder']}/report.json"
    data = tag("p", "The same as data: ", tag("code", place), class_="muted") if report["run"]["folder"] else None
    return tag("section", tag("h2", "How this was made"), *_tables(report), *notes, data)


def _tables(report: Document) -> Iterator[Html]:
    steps = [(step["name"], f"{step['seconds']:.1f} s", step["cost"], step["summary"]) for step in report["steps"]]
    environment = [(name, value) for name, value in report["environment"].items() if value]
    skipped = [(one["path"], one["reason"]) for one in report["skipped"]]
    if steps:
        heads = ("step", "took", "cost to the program", "what came of it")
        yield table("The steps of this run", heads, map(_cells, steps))
    if environment:
        yield table("The environment", ("what", "value"), map(_cells, environment))
    if skipped:
        yield table("Files that were not read", ("file", "why"), map(_cells, skipped))


def _cells(texts: tuple[str, ...]) -> Html:
    return tag("tr", *(tag("td", text) for text in texts))


def _notes() -> Iterator[Html]:
    yield tag(
        "p",
        "Old and new were run by turns on this machine; a ratio is old/new, above 1 is faster. The interval holds the true "
        "ratio in 99 of 100 such runs; a gain is claimed only if the interval lies above what the rule promises. ",
        "Counts (queries, steps of the database's machine) are exact.",
        class_="muted",
    )
