"""What a long run says while it works."""

from __future__ import annotations

import io

import pytest

from perfprof.optimizer.progress import Progress


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 6.2
        return self.now


def test_one_line_a_step() -> None:
    stream = io.StringIO()
    progress = Progress(stream, clock=Clock())
    with progress.step("record") as log:
        log.tell("never shown where nobody watches")
        log.cost, log.summary = "x1.02 CPU", "2,143 samples"
    with progress.step("find") as log:
        log.summary = "11 suspects"
    assert stream.getvalue() == (
        " record       6.2 s   x1.02 CPU     2,143 samples\n find         6.2 s                 11 suspects\n"
    )
    assert [(step.name, step.cost) for step in progress.steps] == [("record", "x1.02 CPU"), ("find", "")]


def test_quiet_is_quiet_but_remembers() -> None:
    stream = io.StringIO()
    progress = Progress(stream, quiet=True, live=True)
    with progress.step("record") as log:
        log.tell("x")
    progress.say("hello")
    assert stream.getvalue() == ""
    assert len(progress.steps) == 1


def test_a_step_that_fails_leaves_no_line() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    with pytest.raises(ValueError, match="no"), progress.step("record"):
        raise ValueError("no")
    assert stream.getvalue() == ""
    assert progress.steps == ()


def test_live_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm-256color")
    screen = Screen()
    with Progress(screen).step("judge") as log:
        log.tell("patch 3 of 7 [bold]")
        log.summary = "done"
    with Progress(screen).step("judge") as log:
        pass
    progress = Progress(screen)
    with progress.step("find") as log:
        progress.say("rule [x] raised")
        log.summary = "done"
    assert "\x1b" in screen.getvalue()
    assert "rule [x] raised\n" in screen.getvalue()
    assert screen.getvalue().endswith("done\n")
    monkeypatch.setenv("TERM", "dumb")
    screen = Screen()
    with Progress(screen).step("judge") as log:
        log.tell("patch 3 of 7")
    assert "\x1b" not in screen.getvalue()
    assert "patch 3" not in screen.getvalue()
