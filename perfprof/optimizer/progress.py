"""What a long run says while it works: one line a verb, live on a terminal, plain elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ParamSpec, TextIO, TypeVar

from perfprof.optimizer.run import Step

if TYPE_CHECKING:
    from rich.status import Status

Asked = ParamSpec("Asked")
Result = TypeVar("Result")


class StepLog:
    """One verb while it runs. Set ``summary`` (and ``cost``, e.g. "x1.02 CPU") before the step ends."""

    def __init__(self, name: str, show: Callable[[str], None]) -> None:
        self.name = name
        self.summary = ""
        self.cost = ""
        self._show = show

    def tell(self, text: str) -> None:
        """Say what is being done right now, e.g. "patch 3 of 7: list-membership"; may be called often."""
        self._show(text)


class Progress:
    """Lines on standard error, so that standard output holds the result alone.

    ``live``: a moving line while a step runs; by default only on a terminal that can.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        quiet: bool = False,
        live: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._quiet = quiet
        self._live = self._moves() if live is None else live
        self._clock = clock
        self._done: list[Step] = []
        self._current: StepLog | None = None
        self._status: Status | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that have ended, in order."""
        return tuple(self._done)

    def say(self, text: str = "") -> None:
        """Write a line, unless quiet; above the moving one if a step is running."""
        if self._quiet:
            return
        if self._status is not None:
            self._status.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            print(text, file=self._stream, flush=True)

    def run(self, name: str, verb: Callable[Asked, Result], /, *args: Asked.args, **kwargs: Asked.kwargs) -> Result:
        """Run one verb as a step; its result says what came of it (``summary``, and perhaps ``cost``)."""
        with self.step(name) as log:
            result = verb(*args, **kwargs)
            log.summary, log.cost = str(getattr(result, "summary", "")), str(getattr(result, "cost", ""))
            return result

    def tell(self, text: str) -> None:
        """Say what the verb that runs is doing right now."""
        if self._current is not None:
            self._current.tell(text)

    @contextmanager
    def step(self, name: str) -> Iterator[StepLog]:
        """Run one verb; its line is written when it ends well, and it is then in ``steps``."""
        begun = self._clock()
        with self._line(name) as show:
            self._current = log = StepLog(name, show)
            try:
                yield log
            finally:
                self._current = None
        step = Step(name, self._clock() - begun, log.summary, log.cost)
        self._done.append(step)
        self.say(line(step))

    @contextmanager
    def _line(self, name: str) -> Iterator[Callable[[str], None]]:
        """The moving line of a step, and what changes its text."""
        if self._quiet or not self._live:
            yield lambda text: None
            return
        from rich.console import Console
        from rich.markup import escape

        console = Console(file=self._stream, highlight=False)
        with console.status(escape(name), spinner="dots") as status:
            self._status = status
            try:
                yield lambda text: status.update(escape(f"{name:9} {text}"))
            finally:
                self._status = None

    def _moves(self) -> bool:
        return self._stream.isatty() and os.environ.get("TERM") != "dumb"


def line(step: Step) -> str:
    """The line of one step: name, seconds, what it cost the program, what came of it."""
    return f" {step.name:9} {step.seconds:6.1f} s   {step.cost:11}   {step.summary}".rstrip()
