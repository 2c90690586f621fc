"""What does each Python rule gain? Its page's own workloads, the old code against the new, at three sizes.

    python benchmarks/rules_speed.py [RULE …]     all rules of the family by default

CPU time of the thread, old and new by turns, medians; the arguments are made anew for each call and not timed. The
break-even is the smallest n of a grid from which the new code is at least 5 % faster at it and at all larger ones.
A call that takes longer than the limit is stopped; then the ratio is at least what is printed after ">".
"""

from __future__ import annotations

import gc
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from types import CodeType, FrameType

from perfprof.rules import family_of
from perfprof.rules.examples import Example, examples

SIZES = (100, 1_000, 10_000)
GRID = (1, 2, 4, 8, 16, 32, 64, 128, 256)
LIMIT = 12.0  # seconds of CPU for one call
LEAST = 0.002  # seconds for one sample: short calls are repeated
ROUNDS = 7


class TooLongError(Exception):
    """A call that was stopped."""


@dataclass
class Variant:
    """One version of the code with its workload, ready to run at any size."""

    source: CodeType
    setup: CodeType
    call: CodeType

    @classmethod
    def of(cls, source: str, workload: str) -> Variant:
        """Compile a block; the last expression of the workload is the call that is timed."""
        *before, last = _pieces(workload)
        return cls(
            compile(source, "rule.py", "exec"),
            compile("\n".join(before), "setup.py", "exec"),
            compile(last, "call.py", "eval"),
        )

    def seconds(self, size: int, times: int) -> float:
        """CPU seconds of ``times`` calls, each with arguments of its own."""
        rooms = []
        for _ in range(times):
            room: dict[str, object] = {"n": size}
            exec(self.source, room)
            exec(self.setup, room)
            rooms.append(room)
        begun = time.thread_time()
        for room in rooms:
            eval(self.call, room)
        return time.thread_time() - begun


def _pieces(workload: str) -> list[str]:
    """The lines of a workload; the last piece is one whole expression."""
    lines = workload.strip().split("\n")
    for start in range(len(lines) - 1, -1, -1):
        try:
            compile("\n".join(lines[start:]), "call.py", "eval")
        except SyntaxError:
            continue
        return [*lines[:start], "\n".join(lines[start:])]
    raise SystemExit(f"a workload does not end with an expression:\n{workload}")


def _stop(number: int, frame: FrameType | None) -> None:
    raise TooLongError


def limited(one: Variant, size: int, times: int = 1) -> float | None:
    """CPU seconds, None if it took longer than the limit."""
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT)
    try:
        return one.seconds(size, times)
    except TooLongError:
        return None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def ratio(old: Variant, new: Variant, size: int) -> tuple[float, bool] | None:
    """old/new, and whether it is only a lower bound; None if both take too long."""
    first, other = limited(old, size), limited(new, size)
    if other is None:
        return None
    if first is None:
        return LIMIT / max(other, 1e-9), True
    times = max(1, round(LEAST / max(min(first, other), 1e-7)))
    rounds = ROUNDS if first < LIMIT / 10 else 1
    pairs = [(old.seconds(size, times), new.seconds(size, times)) for _ in range(rounds)]
    before, after = median(one for one, _ in pairs), median(one for _, one in pairs)
    return before / max(after, 1e-9), False


def break_even(old: Variant, new: Variant) -> str:
    """The smallest size of the grid from which it pays; "-" if there is none."""
    found = "-"
    for size in reversed(GRID):
        measured = ratio(old, new, size)
        if measured is None or measured[0] < 1.05:
            break
        found = str(size)
    return found


def rows(only: list[str]) -> Iterator[tuple[str, Example]]:
    """(rule, example) for each rewrite of each page."""
    for name, rule in family_of("python").items():
        for one in examples(rule.page) if not only or name in only else ():
            if one.after:
                yield name, one


def main() -> None:
    """Print the table."""
    signal.signal(signal.SIGVTALRM, _stop)
    print(f"Python {sys.version.split()[0]}; ratio old/new, CPU time, medians of {ROUNDS} by turns")
    print(
        f"{'rule':28} {'example':18}" + "".join(f"{f'n = {size:,}':>13}" for size in SIZES) + f"{'pays from':>11}"
    )
    gc.disable()
    for name, one in rows(sys.argv[1:]):
        old, new = Variant.of(one.before, one.workload), Variant.of(one.after, one.workload)
        cells = []
        for size in SIZES:
            measured = ratio(old, new, size)
            gc.collect()
            cells.append("both too long" if measured is None else f"{'> ' * measured[1]}{measured[0]:,.2f}")
        title = _pieces(one.workload)[-1].split("(")[0][:18]
        print(
            f"{name:28} {title:18}" + "".join(f"{cell:>13}" for cell in cells) + f"{break_even(old, new):>11}",
            flush=True,
        )


if __name__ == "__main__":
    main()
