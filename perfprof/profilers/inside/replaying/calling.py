"""One call on a fresh copy of its arguments, and everything of it that somebody could see."""

from __future__ import annotations

import contextlib
import io
import logging
import math
import opcode
import random
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .draining import finished, taken_from
from .fences import Fence
from .frozen import Frozen
from .nearness import Near, Room, near
from .shapes import Shape, brief, digest, type_name, without_addresses

_RAISE = opcode.opmap["RAISE_VARARGS"]
Arguments = tuple[tuple[Any, ...], dict[str, Any]]


@dataclass
class Outcome:
    """What a call did. parts: digests by name; equal digests, equal behaviour.

    refused: why there is no outcome (an effect, too long, arguments that cannot be copied). raised: type name.
    opaque: what the answer holds and nobody can look into, by type. lazy: it gives its items one by one.
    untaken: an operation of the code does not take a type among the arguments; no ``raise`` says that it must not.
    near: of parts that need not be the same to the last digit, what they are but for that.
    """

    parts: dict[str, str] = field(default_factory=dict)
    brief: str = ""
    raised: str = ""
    refused: str = ""
    seconds: float = 0.0
    opaque: frozenset[str] = frozenset()
    lazy: bool = False
    untaken: bool = False
    near: dict[str, Near] = field(default_factory=dict)

    def differs(self, other: Outcome, *, lenient: bool = False, within: float = 0.0) -> str:
        """The first part in which the two differ, empty if none. lenient: two errors of one type are equal.

        within: floats of the parts that are kept as numbers may differ by this much of the larger one.
        """
        if self.refused or other.refused:
            return "" if bool(self.refused) == bool(other.refused) else "whether it ends"
        if lenient and self.raised and self.raised == other.raised:
            return ""
        return next((name for name in self.parts if self.distance(name, other) > within), "")

    def distance(self, name: str, other: Outcome) -> float:
        """How far a part is from that of another outcome; infinite if it differs in more than numbers."""
        if self.parts[name] == other.parts.get(name):
            return 0.0
        both = name in self.near and name in other.near
        return self.near[name].distance(other.near[name]) if both else math.inf


class Caller:
    """Calls functions within the fence. within: how far floats of their answers may be from those of the old code."""

    def __init__(self, fence: Fence) -> None:
        self.within = 0.0
        self._room = Room()
        self._fence = fence
        self._log = _Log()
        self._answers: dict[int, tuple[int, Any]] = {}
        self._place = 0  # of the call in its sequence: what was not tried or raised on one side counts, too
        self._frozen = Frozen()
        logging.getLogger().addHandler(self._log)

    def begin(self) -> None:
        """A new sequence of calls: forget the answers of the last one."""
        self._answers.clear()
        self._place = 0
        self._room = Room()
        self._frozen.begin()

    def skip(self) -> None:
        """A call of the sequence that is not tried."""
        self._place += 1

    def call(self, function: Callable[..., Any], make: Callable[[], Arguments], seconds: float) -> Outcome:
        """One call. make: gives fresh arguments. seconds: CPU time after which it is stopped."""
        self._place += 1
        try:
            args, kwargs = make()
        except Exception as error:
            return Outcome(refused=f"arguments cannot be copied: {type(error).__name__}: {error}"[:200])
        outcome = Outcome()
        with self._frozen.around(), self._eyes() as printed, self._fence.around(seconds):
            begun = time.process_time()
            answer = _run(function, args, kwargs, outcome, self._room if self.within else None)
            outcome.seconds = time.process_time() - begun
            outcome.parts["random state"] = digest(_chance())
            if outcome.lazy:
                outcome.parts["what it leaves when it is closed early"] = digest(_closed(function, make))
        if self._fence.note:
            return Outcome(refused=self._fence.note, seconds=outcome.seconds or seconds)
        outcome.parts["identity of the result"] = self._met(answer)
        outcome.parts["output"] = digest("\0".join(printed()))
        outcome.parts["log"] = digest("\0".join(self._log.lines))
        return outcome

    def _met(self, answer: Any) -> str:
        """Which earlier call gave this very object; a cache hands out one list to all."""
        if not isinstance(answer, (list, dict, set, bytearray)):
            return ""
        first = self._answers.setdefault(id(answer), (self._place, answer))[0]
        return str(first) if first != self._place else ""

    @contextlib.contextmanager
    def _eyes(self) -> Iterator[Callable[[], list[str]]]:
        """Catch what is printed, warned and logged."""
        self._log.lines.clear()
        out, err = _paper(), _paper()
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                yield lambda: [_read(out), _read(err), *(without_addresses(str(item.message)) for item in warned)]


class _Log(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(without_addresses(f"{record.name}:{record.levelname}:{record.getMessage()}"))


def _run(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    outcome: Outcome,
    room: Room | None,
) -> Any:
    shape = Shape()
    before: list[str] = []
    try:
        answer = function(*args, **kwargs)
        told = brief(answer)
        outcome.lazy, answer = finished(answer, lambda: before.append(Shape().write(args, kwargs)))
        if outcome.lazy:
            told = f"{told} giving {brief(answer)}"
        outcome.brief = f"returned {told if outcome.lazy else brief(answer)}"
    except (Exception, SystemExit) as error:
        answer = ("raised", type_name(type(error)), without_addresses(str(error)))
        outcome.raised = answer[1]
        outcome.untaken = isinstance(error, (TypeError, AttributeError)) and not _on_purpose(error)
        outcome.brief = f"raised {answer[1]}: {answer[2]}"[:200]
    outcome.parts["arguments after the call"] = digest("".join([*before, shape.write(args, kwargs)]))
    known = set(shape.opaque)
    shape.codes = True
    outcome.parts["result"] = digest(shape.write(answer))
    outcome.opaque = frozenset(shape.opaque - known)
    if room is not None and not before and not outcome.raised:
        outcome.near["arguments after the call"] = near(room, args, kwargs)
        outcome.near["result"] = near(room, args, kwargs, answer)
    return answer


def _on_purpose(error: BaseException) -> bool:
    """Did a ``raise`` statement raise it, and not an operation that met a wrong type?"""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is None or trace.tb_frame.f_code.co_code[trace.tb_lasti] == _RAISE


def _closed(function: Callable[..., Any], make: Callable[[], Arguments]) -> str:
    """The same call again, of which only the first item is taken."""
    args, kwargs = make()
    try:
        first = taken_from(function(*args, **kwargs))
    except (Exception, SystemExit) as error:
        first = ("raised", type_name(type(error)), without_addresses(str(error)))
    return Shape().write(first, args, kwargs)


def _paper() -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BytesIO(), encoding="utf-8", errors="backslashreplace", newline="", write_through=True
    )


def _read(paper: io.TextIOWrapper) -> str:
    try:
        paper.flush()
        buffer = paper.buffer
        assert isinstance(buffer, io.BytesIO)
        return without_addresses(buffer.getvalue().decode("utf-8", "replace"))
    except ValueError:  # closed by the program
        return "closed"


def _chance() -> str:
    """Where the random numbers stand."""
    text = str(hash(random.getstate()))
    numbers = sys.modules.get("numpy.random")
    return text if numbers is None else text + str(hash(numbers.get_state()[1].tobytes()))
