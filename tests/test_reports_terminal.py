"""The table at the end of a run, at every width."""

from __future__ import annotations

import io
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from example_run import OUTCOMES, RUN, WAITING
from rich.cells import cell_len

from perfprof.optimizer.judge.verdict import Comparison, Layer
from perfprof.optimizer.reports import terminal
from perfprof.optimizer.reports.document import document
from perfprof.optimizer.reports.rows import COLD
from perfprof.optimizer.run import Run

GOLDEN = Path(__file__).with_name("golden")


def shown(run: Run, width: int | None = None, *, verbose: bool = False) -> str:
    stream = io.StringIO()
    terminal.show(document(run), stream, width, verbose=verbose)
    return stream.getvalue()


@pytest.mark.parametrize("width", [80, 100, 140])
def test_golden(width: int) -> None:
    """PERFPROF_GOLDEN=write makes the files anew; read them before you commit them."""
    golden, text = GOLDEN / f"terminal-{width}.txt", shown(RUN, width)
    if os.environ.get("PERFPROF_GOLDEN") == "write":
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")


@pytest.mark.parametrize("width", [60, 80, 90, 100, 120, 140, 200])
def test_rows_never_wrap(width: int) -> None:
    table = shown(RUN, width, verbose=True).split("\n\n")[0].strip("\n").split("\n")
    assert len(table) >= len(OUTCOMES) + 1
    assert all(cell_len(row) <= width for row in table), max(table, key=cell_len)


@pytest.mark.parametrize("width", [80, 140])
def test_what_is_not_applied_says_why_to_its_end(width: int) -> None:
    text = shown(RUN, width, verbose=True)
    reasons = [f"{one.status}: {one.reason}" for one in RUN.outcomes if one.status in terminal.TOLD]
    assert reasons
    assert [reason for reason in reasons if " ".join(reason.split()) not in text] == []


def test_columns_drop_in_order() -> None:
    heads = {width: shown(RUN, width).split("\n")[1].split() for width in (80, 100, 140)}
    assert "level" in heads[140]
    assert "level" not in heads[100]
    assert "observed" in heads[100]
    assert "observed" not in heads[80]
    assert all({"share", "where", "what", "gain"} <= set(names) for names in heads.values())


def test_piped_output_is_plain_and_whole() -> None:
    text = shown(RUN, verbose=True)
    assert "\x1b" not in text
    assert "cannot tell: this machine resolves 4 %, asked 3 %" in text


def test_colour_goes_to_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    def on_screen() -> str:
        screen = Screen()
        terminal.show(document(RUN), screen, 100, verbose=True)
        return screen.getvalue()

    for name in ("NO_COLOR", "FORCE_COLOR", "TERM", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    coloured = on_screen()
    assert "38;5;33m" in coloured
    assert "38;5;208m" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert "38;5" not in on_screen()
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in on_screen()
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == on_screen() == shown(RUN, 100, verbose=True)


def test_many_findings_stay_short_and_add_up() -> None:
    many = tuple(
        replace(one, finding=replace(one.finding, id=f"{number}"))
        for number in range(200)
        for one in [OUTCOMES[number % len(OUTCOMES)]]
    )
    text = shown(replace(RUN, outcomes=many), 100)
    assert len(text.splitlines()) <= 60
    totals = re.search(r"^(\d+) found: (.*?)\.", text, flags=re.M)
    assert totals
    assert int(totals[1]) == 200 == sum(int(part.split()[0]) for part in totals[2].split(", "))


def test_last_line_is_the_next_command() -> None:
    assert shown(WAITING, 80).splitlines()[-1] == "Next: perfprof fix --apply -- python -m shop.bench"
    once = "perfprof fix --apply -- make bench"
    assert shown(replace(WAITING, asked=once), 80).splitlines()[-1] == f"Next: {once}"
    assert "Undo: perfprof fix --undo" in shown(RUN, 80)


def test_nothing_found() -> None:
    text = shown(replace(RUN, outcomes=(), whole=None, tests="", skipped={}, files_changed=(), migrations=()))
    assert "Nothing to do" in text
    assert "share" not in text


def test_one_pair_claims_nothing() -> None:
    single = Comparison("cpu", (3.3,), (3.0,), float("nan"), 0.0, float("inf"), 22_025.0)
    assert "Whole workload 3.3 s -> 3 s CPU, too few runs to tell." in shown(replace(RUN, whole=single))


def test_hostile_names_steer_no_terminal() -> None:
    nasty = replace(OUTCOMES[0], title="x\x1b[31m\r\ny", reason="\x07")
    text = shown(replace(RUN, outcomes=(nasty,)), 140)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\r" not in text


def test_what_is_hot_without_a_finding_is_named() -> None:
    """Not what a finding speaks of, nor what libraries do, nor what is cheap."""
    found = RUN.outcomes[0].finding
    stacks = {
        f"{found.path}:{found.function}": 30,
        "app.py:search": 50,
        "app.py:search;json": 15,
        f"{found.path}:{found.function}.<locals>.<genexpr>": 12,
        "app.py:cheap": 5,
    }
    text = shown(replace(RUN, stacks=stacks))
    (line,) = (line for line in text.splitlines() if line.startswith("Hot, but no rule"))
    assert line == "Hot, but no rule knows a faster way: app.py search (45 %)"


def test_what_a_run_shows_to_be_cold_is_counted_alone() -> None:
    cold = next(one for one in OUTCOMES if one.status == "cold")
    text = shown(replace(RUN, outcomes=(cold,)))
    assert "1 found: 1 cold." in text
    assert COLD in text
    assert cold.title not in text
    assert cold.title in shown(replace(RUN, outcomes=(cold,)), verbose=True)


def test_what_was_compared_is_told_where_a_patch_was_judged() -> None:
    """Not below a run in which all was cold or open: no call was compared there. What tests said is told all the same."""
    told = "no tests given: only recorded and derived calls were compared"
    cold = next(one for one in OUTCOMES if one.status == "cold")
    tried = next(one for one in OUTCOMES if one.verdict is not None)
    assert "Tests:" not in shown(replace(RUN, outcomes=(cold,), whole=None, tests=told))
    assert told in shown(replace(RUN, outcomes=(cold, tried), whole=None, tests=told))
    assert "Tests: 3 passed." in shown(replace(RUN, outcomes=(cold,), whole=None, tests="3 passed"))


def test_what_gains_nothing_is_counted_alone() -> None:
    """Neither what was tried in vain, nor what is too little to ask a reader about; with -v both are told."""
    brief, whole = shown(RUN, 140), shown(RUN, 140, verbose=True)
    assert "3 tried without a gain that could be told. Cold: " in brief
    assert "-v shows them." in brief
    assert not any(word in brief for word in ("no gain", "slower", "git apply", "resolves 4 %"))
    assert all(word in whole for word in ("no gain", "slower", "resolves 4 %"))
    assert "-v" not in whole


def test_what_may_gain_much_or_fails_is_shown() -> None:
    """A tenth of the run, and a patch that a question of the judge was answered with no."""
    doubtful = next(one for one in OUTCOMES if one.status == "cannot tell")
    much = replace(doubtful, finding=replace(doubtful.finding, share=0.1))
    assert "resolves 4 %" in shown(replace(RUN, outcomes=(much,)))
    other = next(one for one in OUTCOMES if one.reason == "slower")
    assert other.verdict is not None
    failed = replace(other.verdict, layers=(Layer("replay", "failed", "7 became 8"),))
    assert "rejected: slower" in shown(replace(RUN, outcomes=(replace(other, verdict=failed),)))
    counted = replace(other.verdict, layers=(Layer("counter", "failed", "no gain: 5 queries -> 5"),))
    assert "rejected: slower" not in shown(replace(RUN, outcomes=(replace(other, verdict=counted),)))
    assert "rejected: slower" in shown(replace(RUN, verb="verify"))


@pytest.mark.parametrize(
    ("share", "counted", "told"),
    [(0.049, False, False), (0.05, False, True), (0.02, True, True), (0.0, False, False), (None, False, True)],
)
def test_what_cannot_be_proved_is_shown_from_a_twentieth_on(share: float | None, counted: bool, told: bool) -> None:
    """A reader has to do it himself; queries cost more than the CPU time that they take here."""
    unproved = next(one for one in OUTCOMES if one.status == "open")
    one = replace(unproved, finding=replace(unproved.finding, share=share), counted=counted)
    text = shown(replace(RUN, outcomes=(one,)))
    assert (one.reason in text) is told
    assert ("1 more under 5 % that perfprof cannot prove. -v shows them." in text) is not told
    assert one.reason in shown(replace(RUN, outcomes=(one,)), verbose=True)
    assert one.reason in shown(replace(RUN, outcomes=(one,), verb="verify"))


def test_what_a_win_costs_elsewhere_is_told() -> None:
    """A patch that was accepted, and is slower for short input."""
    won = next(one for one in OUTCOMES if one.status == "applied")
    told = replace(won, reason="6.4x (6.1 - 6.7); slower with 3 elements in `items`: 0.5x (3 -> 6 us)")
    for text in (shown(replace(RUN, outcomes=(told,)), 80), shown(replace(RUN, outcomes=(told,)))):
        assert ": slower with 3 elements in `items`: 0.5x (3 -> 6 us)" in text
