"""CPU time of captured calls, old and new by turns in one process, on fresh arguments and cold caches."""

from __future__ import annotations

import contextlib
import gc
import inspect
import os
import pickle
import random
import time
import tracemalloc
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from .shortening import losses
from .sides import Sides
from .worlds import World

SAMPLE = 0.005  # seconds that the calls of one sample of the old code should take together
MOST_CALLS = 1000  # in one sample
COPYING = 0.01  # seconds that making the arguments for one sample may take
TRACED = 0.03  # seconds; a call that takes longer is not run again under tracemalloc
MOST_ITEMS = 200_000  # of a generator; some never end
MOST_BYTES = 1_000_000  # of a pickled call that is cut short
SHORTER = 5  # times fewer calls in a sample of those
IDLE = 10  # times the CPU time by the clock: the call waits for something

Tell = Callable[[dict[str, Any]], None]
Finish = Callable[[Any], Any]


@dataclass
class Class:
    """Captured calls of one function and size. repeat: how often each is called for one sample.

    seconds: of the old code for the dearest of them, as a first call took.
    """

    label: str
    function: str
    owner: Sides
    blobs: list[bytes]
    repeat: int = 1
    seconds: float = 0.0
    finish: Finish | None = None
    stateful: bool = False


def timing(job: dict[str, Any], sides: dict[str, Sides], tell: Tell) -> None:
    """Tell, for each pair and class, the seconds a call: ``{"pair": 3, "seconds": {label: [old, new]}}``.

    And if the job asks for it, and says how many seconds that may take: where calls cut ``short`` are slower.
    """
    ruler = Ruler(list(sides.values()), Path(job["root"]))
    classes = [
        Class(entry["label"], function, sides[path], entry["blobs"])
        for entry in job["classes"]
        for path, _, function in [entry["function"].partition("::")]
        if path in sides
    ]
    chance = random.Random(job["seed"])  # noqa: S311 (no secret: the order within a pair)
    with _quiet():
        for one in classes:
            ruler.prepare(one)
        gc.collect()
        gc.freeze()
        begun, clock = time.process_time(), time.perf_counter()
        for pair in range(job["pairs"]):
            order = ["old", "new"]
            chance.shuffle(order)
            seconds = {side: {one.label: ruler.sample(one, side) for one in classes} for side in order}
            told = {one.label: [seconds["old"][one.label], seconds["new"][one.label]] for one in classes}
            tell({"pair": pair, "seconds": told})
            if time.process_time() - begun > job["seconds"] or time.perf_counter() - clock > IDLE * job["seconds"]:
                break
        tell({"memory": ruler.memory(classes)})
        for name in dict.fromkeys(one.function for one in classes) if job.get("short") else ():
            own = [one for one in classes if one.function == name]
            tell({"short": list(_shortened(ruler, own, job["short"]))})


def _shortened(ruler: Ruler, classes: Sequence[Class], seconds: float) -> Iterator[dict[str, Any]]:
    """Where one function is slower with fewer elements: its largest call that is copied soon, cut short."""
    one = next((one for one in reversed(classes) if len(one.blobs[-1]) < MOST_BYTES), None)
    if one is None:
        return
    begun = time.process_time()

    def measure(blob: bytes, count: int) -> list[tuple[float, float]]:
        short = Class(one.label, one.function, one.owner, [blob])
        ruler.prepare(short)
        short.repeat = max(1, short.repeat // SHORTER)
        return [(ruler.sample(short, "old"), ruler.sample(short, "new")) for _ in range(count)]

    function = ruler.take(one, "old")
    for loss in losses(function, one.blobs[-1], measure, lambda: begun + seconds - time.process_time()):
        yield {"function": one.function, **loss}


class Ruler:
    """Times calls with the collector off."""

    def __init__(self, sides: Sequence[Sides], root: Path) -> None:
        self._sides = sides
        self._worlds: dict[str, World] = {}
        for side in ("new", "old"):
            self._use(side)
            self._worlds[side] = World(root)

    def prepare(self, one: Class) -> None:
        """Warm up both sides, see how long a call takes and whether it leaves anything behind."""
        for side in ("new", "old"):
            function = self.take(one, side)
            world = self._worlds[side]
            before = world.state()
            args, kwargs = pickle.loads(one.blobs[-1])  # noqa: S301
            begun, clock = time.process_time(), time.perf_counter()
            answer = _tried(function, args, kwargs)
            one.finish = one.finish or self._finisher(answer)
            if one.finish is not None:
                one.finish(answer)
            one.seconds, waited = time.process_time() - begun, time.perf_counter() - clock
            one.stateful = one.stateful or world.state() != before or world.cached()
        taken = waited if waited > IDLE * one.seconds else one.seconds
        wanted = SAMPLE / max(taken, 1e-7) / len(one.blobs)
        begun = time.process_time()
        for blob in one.blobs:
            pickle.loads(blob)  # noqa: S301
        copying = COPYING / max(time.process_time() - begun, 1e-7)
        one.repeat = max(1, int(min(wanted, copying, MOST_CALLS / len(one.blobs))))

    def sample(self, one: Class, side: str) -> float:
        """Seconds of CPU a call."""
        function = self.take(one, side)
        calls = [pickle.loads(blob) for _ in range(one.repeat) for blob in one.blobs]  # noqa: S301
        gc.disable()
        try:
            if one.stateful:  # what it remembers is put back before every call, outside the time
                return sum(self._alone(function, call, one.finish, side) for call in calls) / len(calls)
            return _together(function, calls, one.finish) / len(calls)
        finally:
            gc.enable()

    def memory(self, classes: Sequence[Class]) -> dict[str, int]:
        """Peak bytes that the largest call allocates, where tracing it is affordable; empty otherwise."""
        found: dict[str, int] = {}
        for one in classes[-1:]:
            if one.seconds > TRACED:
                return {}
            for side in ("old", "new"):
                function = self.take(one, side)
                args, kwargs = pickle.loads(one.blobs[-1])  # noqa: S301
                tracemalloc.start()
                answer = _tried(function, args, kwargs)
                if one.finish is not None:
                    one.finish(answer)
                found[side] = tracemalloc.get_traced_memory()[1]
                tracemalloc.stop()
        return found

    def _use(self, side: str) -> None:
        for module in self._sides:
            module.use(side)

    def take(self, one: Class, side: str) -> Callable[..., Any]:
        """The function as it is on a side."""
        self._use(side)
        self._worlds[side].restore()
        function = one.owner.callable(one.function, side)
        if function is None:
            raise LookupError(f"{one.function} was not found in its module")
        return function

    def _alone(self, function: Callable[..., Any], call: Any, finish: Finish | None, side: str) -> float:
        self._worlds[side].restore()
        return _together(function, [call], finish)

    def _finisher(self, answer: Any) -> Finish | None:
        """What completes a call that only gave a promise."""
        if inspect.iscoroutine(answer):
            import asyncio

            return asyncio.new_event_loop().run_until_complete
        if inspect.isasyncgen(answer):
            import asyncio

            loop = asyncio.new_event_loop()
            return lambda items: loop.run_until_complete(_exhausted(items))
        if hasattr(type(answer), "__next__"):
            return lambda items: deque(islice(items, MOST_ITEMS), maxlen=0)
        return None


async def _exhausted(items: Any) -> None:
    async for _ in items:
        pass


def _together(function: Callable[..., Any], calls: list[Any], finish: Finish | None) -> float:
    begun = time.process_time()
    for args, kwargs in calls:
        try:
            answer = function(*args, **kwargs)
            if finish is not None:
                finish(answer)
        except (Exception, SystemExit):
            pass
    return time.process_time() - begun


def _tried(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    try:
        return function(*args, **kwargs)
    except (Exception, SystemExit):
        return None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        paper = stack.enter_context(open(os.devnull, "w", encoding="utf-8"))
        stack.enter_context(contextlib.redirect_stdout(paper))
        stack.enter_context(contextlib.redirect_stderr(paper))
        yield
