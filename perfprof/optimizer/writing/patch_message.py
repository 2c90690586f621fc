"""What a patch says to whoever reviews it: how much, why, why it is the same, memory, when not, how to repeat."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

from perfprof.optimizer.judge.verdict import Comparison, Verdict
from perfprof.optimizer.reports import figures
from perfprof.optimizer.run import Outcome
from perfprof.rules.rule import Level, Proof

_WIDTH = 76
_INDENT = 10
_BREAKS = {"break_long_words": False, "break_on_hyphens": False}

# Lines with which git would take the rest of the message for something else.
_SPECIAL = re.compile(r"(?m)^(?=From |---|diff |Index: |>From )")


def subject(outcome: Outcome) -> str:
    """What is done, and where, on one line."""
    place = outcome.finding.function if outcome.finding.function != "<module>" else outcome.finding.path
    return textwrap.shorten(f"{place}: {outcome.title}", 72, placeholder="…")


def message(outcome: Outcome, name: str, command: str, notes: Sequence[str] = ()) -> str:
    """The body of the message, trailers last; ``name`` is the patch's own file."""
    parts = [
        ("How much", _how_much(outcome, command)),
        ("Why", _why(outcome)),
        ("Same", _same(outcome.proofs)),
        ("Within", _within(outcome)),
        ("Memory", _memory(outcome)),
        ("Judged", _judged(outcome)),
        ("Repeat", f"perfprof verify {_tolerance(outcome)}{name}{f' -- {command}' if command else ''}"),
        *((word, text) for word, _, text in (note.partition(": ") for note in notes)),
    ]
    body = "\n".join(_paragraph(word, text) for word, text in parts if text)
    return _SPECIAL.sub(" ", body) + "\n\n" + "\n".join(_trailers(outcome))


def _paragraph(word: str, text: str) -> str:
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    lead = f"{word}:".ljust(_INDENT)
    if word == "Repeat":  # a command is copied, so it is not broken
        return lead + plain
    return textwrap.fill(
        plain, _WIDTH, initial_indent=lead, subsequent_indent=" " * _INDENT, break_long_words=False
    )


def _why(outcome: Outcome) -> str:
    return outcome.patch.why if outcome.patch and outcome.patch.why else outcome.finding.message


def _judged(outcome: Outcome) -> str:
    verdict = outcome.verdict
    return f"{verdict.decision}: {verdict.reason}" if verdict else f"{outcome.status}: {outcome.reason}"


def _how_much(outcome: Outcome, command: str) -> str:
    share = figures.share(outcome.finding.share)
    parts = [f"{share} of `{command}`" if command else f"{share} of the recorded run"] if share else []
    if outcome.verdict and outcome.verdict.comparison:
        parts.append(_amounts(outcome.verdict.comparison))
    elif outcome.expected > 1:
        parts.append(f"about {figures.ratio(outcome.expected)} expected, not measured")
    return "; ".join(parts)


def _amounts(measured: Comparison) -> str:
    before, after = (figures.amount(measured.metric, list(side)) for side in (measured.before, measured.after))
    unit = f" {figures.SPEEDS[measured.metric]}" if measured.metric in figures.SPEEDS else ""
    return f"{before} -> {after}{unit}, {_gain(measured)}"


def _gain(measured: Comparison) -> str:
    ratio = figures.ratio(measured.ratio)
    if measured.metric not in figures.SPEEDS:
        gone = measured.before[0] - measured.after[0] if measured.before and measured.after else 0.0
        return (
            f"{gone:,.0f} fewer {measured.metric}" if 1 < measured.ratio < 2 else f"{ratio} fewer {measured.metric}"
        )
    return f"{ratio} {figures.interval(measured.ratio, measured.low, measured.high)}"


def _same(proofs: Sequence[Proof]) -> str:
    """How many obligations are shown how well, then those that reading the code did not prove, with the reason."""
    if not proofs:
        return ""
    counts = Counter(proof.level for proof in proofs)
    words = [f"{count} {level.word}" for level, count in sorted(counts.items(), reverse=True)]
    weaker = [f"{it.level.word}: {it.obligation} ({it.why})" for it in proofs if it.level is not Level.PROVED]
    return f"{', '.join(words)} of {len(proofs)} obligations. {'; '.join(weaker)}".strip()


def _tolerance(outcome: Outcome) -> str:
    return f"--tolerance {outcome.patch.tolerance:g} " if outcome.patch and outcome.patch.tolerance else ""


def _within(outcome: Outcome) -> str:
    """How far floats of the answers may be others, and how far they were."""
    if outcome.patch is None or not outcome.patch.tolerance:
        return ""
    told = f"floats may differ by {outcome.patch.tolerance:g} of their value, as set"
    seen = outcome.verdict is not None and f"; the largest difference seen is {outcome.verdict.largest:.2g}"
    return told + (seen or "")


def _memory(outcome: Outcome) -> str:
    said = outcome.patch.memory if outcome.patch else ""
    measured = _change_of_memory(outcome.verdict)
    return "; ".join(part for part in (said, measured) if part)


def _change_of_memory(verdict: Verdict | None) -> str:
    if verdict is None or verdict.memory is None:
        return ""
    before, after = (figures.amount("memory", list(side)) for side in (verdict.memory.before, verdict.memory.after))
    return f"peak {before} -> {after}"


def _trailers(outcome: Outcome) -> Iterator[str]:
    yield f"Perfprof-Rule: {outcome.finding.rule}"
    near = outcome.patch is not None and outcome.patch.tolerance > 0
    yield f"Perfprof-Level: {'verified within tolerance' if near else outcome.level.word}"
    if outcome.verdict and outcome.verdict.comparison:
        yield f"Perfprof-Gain: {_gain(outcome.verdict.comparison)}"
