"""One line a finding: the words and figures that every channel shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Comparison, Document, Finding, Migration, Verdict

Tone = Literal["gain", "loss", "none"]

MARKS = {"rejected": "x", "cannot tell": "?", "held back": "-", "open": "-", "cold": "-"}
WON = ("applied", "accepted")
UNTRIED = ("not tried", "not measured")
COLD = "Cold: no change that a rule knows would pay; the report says why."
NO_SIZE = ("entries", "entered", "size", "bytes", "seconds", "share")  # evidence that is no size of the data
LITTLE = 0.05  # share of the cost: of less, nobody is asked to read what perfprof can neither prove nor tell


@dataclass(frozen=True, slots=True)
class Row:
    """A finding in words. mark: its number, or why it has none. state: the level of what won, else status and reason.

    note: what the verdict of what won says besides the ratio, such as sizes that lose. aside: there is nothing in it for
    a reader; it is counted, and shown to who asks for all.
    """

    finding: Finding
    mark: str
    share: str
    where: str
    what: str
    observed: str
    gain: str
    state: str
    tone: Tone
    note: str
    aside: bool


def rows(report: Document) -> Iterator[Row]:
    """The findings in the order of the report."""
    migrations = {migration["finding"]: migration for migration in report["migrations"]}
    verdicts = {verdict["finding"]: verdict for verdict in report["verdicts"]}
    for number, finding in enumerate(report["findings"], 1):
        verdict = verdicts.get(finding["id"])
        yield Row(
            finding=finding,
            mark=MARKS.get(finding["status"], str(number)),
            share=figures.share(finding["share"]),
            where=where(finding, migrations.get(finding["id"])),
            what=line(finding["title"] or finding["message"]),
            observed=observed(finding),
            gain=gain(verdict),
            state=state(finding, verdict),
            tone=tone(finding, verdict),
            note=line(finding["reason"].partition("; ")[2]) if finding["status"] in WON else "",
            aside=aside(finding, verdict, report["run"]["verb"]),
        )


def aside(finding: Finding, verdict: Verdict | None, verb: str) -> bool:
    """Whether no change would pay, or what was tried shows no gain, or too little to ask a reader about it.

    A patch costs nobody time, what is left to a reader does: so the least share to look for does not decide here.
    Who brought a patch to `verify` is told all of it.
    """
    status, share = finding["status"], finding["share"]
    if status == "cold" or verb != "fix":
        return status == "cold"
    if status == "open":
        return share is not None and share < LITTLE and not finding.get("counted", False)
    if (
        status == "rejected" and verdict is not None
    ):  # where no other question was answered with no, the gain is missing
        return all(layer["outcome"] != "failed" or layer["name"] == "counter" for layer in verdict["layers"])
    return status == "cannot tell" and verdict is not None and (share or 0.0) < LITTLE


def where(finding: Finding, migration: Migration | None = None) -> str:
    """``shop/orders.py:41 list_due``, or the table and columns of a migration."""
    if migration is not None:
        return f"{migration['table']} ({', '.join(migration['columns'])})"
    return f"{finding['path']}:{finding['line']} {finding['function'].rpartition('.')[2]}".strip()


def observed(finding: Finding) -> str:
    """The sizes that make it slow: ``4,000 x 9,200``; what the rule calls ``observed`` if it says so itself."""
    evidence = finding["evidence"]
    if "observed" in evidence:
        return line(str(evidence["observed"]))
    numbers = [
        value
        for name, value in evidence.items()
        if name not in NO_SIZE and isinstance(value, int | float) and value > 0
    ]
    return " x ".join(figures.count(number) for number in numbers[:2])


def state(finding: Finding, verdict: Verdict | None = None) -> str:
    """The level of what won, the rule of what was only found, else the status and its reason."""
    if finding["status"] in WON:
        near = within(verdict)
        return f"verified {near}" if near else finding["level"]
    if finding["status"] == "found":
        return finding["rule"]
    reason = line(finding["reason"])
    return f"{finding['status']}: {reason}" if reason else finding["status"]


def within(verdict: Verdict | None) -> str:
    """``within 1e-09, largest difference 2.2e-16``; empty for what is the same to the bit."""
    if verdict is None or not verdict.get("tolerance"):
        return ""
    return f"within {verdict['tolerance']:g}, largest difference {verdict['largest_difference'] or 0:.2g}"


def gain(verdict: Verdict | None) -> str:
    """The ratio with its interval, or in words why there is none."""
    if verdict is None or verdict["metric"] is None:
        return UNTRIED[0] if verdict is None else UNTRIED[1]
    return compared(comparison(verdict))


def comparison(verdict: Verdict) -> Comparison:
    """The measurement inside a verdict that has one."""
    return Comparison(
        metric=verdict["metric"] or "",
        samples=verdict["samples"] or {"before": [], "after": []},
        ratio=verdict["ratio"],
        interval=verdict["interval"] or [None, None],
        resolution=verdict["resolution"] or 0.0,
    )


def compared(measured: Comparison) -> str:
    """``212x (198 - 230)`` for times, ``1,000x fewer queries`` or ``11,921 fewer queries`` for counts."""
    ratio, (low, high) = measured["ratio"], measured["interval"]
    if measured["metric"] in figures.SPEEDS and ratio is not None:
        return f"{figures.ratio(ratio)} {figures.interval(ratio, low, high)}"
    if measured["metric"] in figures.SPEEDS:
        return "too few runs to tell"
    if ratio is None or ratio == 0:
        return amounts(measured)
    if ratio == 1:
        return f"as many {measured['metric']}"
    if 1 < ratio < 2:  # a count of the whole run: what is gone says more than the ratio to all the rest
        return f"{_gone(measured):,.0f} fewer {measured['metric']}"
    return f"{figures.ratio(max(ratio, 1 / ratio))} {'fewer' if ratio > 1 else 'more'} {measured['metric']}"


def _gone(measured: Comparison) -> float:
    before, after = measured["samples"]["before"], measured["samples"]["after"]
    return sum(before) / max(len(before), 1) - sum(after) / max(len(after), 1)


def amounts(measured: Comparison) -> str:
    """``12.1 s -> 1.9 s CPU``, ``2,001 -> 2 queries``."""
    metric, samples = measured["metric"], measured["samples"]
    before, after = (figures.amount(metric, samples[side]) for side in ("before", "after"))
    if metric in figures.SPEEDS:
        return f"{before} -> {after} {figures.SPEEDS[metric]}"
    return f"{before.removesuffix(metric).rstrip()} -> {after}"


def tone(finding: Finding, verdict: Verdict | None) -> Tone:
    """Gain for what won, loss for what the measurement shows to be slower."""
    if finding["status"] in WON:
        return "gain"
    lost = verdict is not None and verdict["interval"] is not None and direction(comparison(verdict)) == "loss"
    return "loss" if lost else "none"


def direction(measured: Comparison) -> Tone:
    """What the interval says, not the ratio: it must exclude "as before"."""
    low, high = measured["interval"]
    if low is not None and low > 1:
        return "gain"
    return "loss" if high is not None and high < 1 else "none"


def machine(report: Document) -> list[str]:
    """What one must know of the machine to read the figures, the rest of the environment is for the curious."""
    known = report["environment"]
    words = {
        "python": "Python {}",
        "cores": "{} cores",
        "memory": "{}",
        "platform": "{}",
        "database": "{}",
        "revision": "{}",
    }
    return [form.format(known[name]) for name, form in words.items() if known.get(name)]


def line(text: str) -> str:
    """A text as one line, without anything that could steer a terminal."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in " ".join(text.split()))


def left_out(report: Document) -> list[str]:
    """What is counted and not shown, in a sentence each."""
    apart = [row.finding["status"] for row in rows(report) if row.aside]
    unproved = apart.count("open")
    tried = len(apart) - unproved - apart.count("cold")
    said = (
        f"{unproved} more under {figures.share(LITTLE)} that perfprof cannot prove." if unproved else "",
        f"{tried} tried without a gain that could be told." if tried else "",
        COLD if "cold" in apart else "",
    )
    return [*filter(None, said)]


def totals(report: Document) -> str:
    """``11 found: 6 applied, 1 rejected, 4 cold``: the parts add up to what was found."""
    counts = report["totals"]
    apart = {"found", "hidden", "unmeasured"}
    parts = [f"{counts[status]} {status}" for status in counts if status not in apart and counts[status]]
    hidden = f" {counts['hidden']} more below the least share, not shown." if counts["hidden"] else ""
    return f"{counts['found']} found{': ' if parts else ''}{', '.join(parts)}.{hidden}"
