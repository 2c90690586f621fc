"""Arm what PERFPROF_* asks for in this process.

PERFPROF_FOLDER    where the journals go (one file a process)
PERFPROF_RECORD    the recorders to arm, by name (recorders/), with blanks between
PERFPROF_SAMPLER   "loops" to sample in the process, "gate" to ask perfprof first, which may sample from outside
PERFPROF_TRACER    the process whose children may look into this one, where the system asks for leave (Yama)
PERFPROF_PLAN      a JSON file with watches and captures for the probed run
"""

from __future__ import annotations

import os
import time

from . import journal

_PR_SET_PTRACER = 0x59616D61
_PATIENCE = 12.0  # seconds that a start may wait for perfprof's answer: longer than perfprof for py-spy


def arm() -> None:
    """Called by sitecustomize before the program starts."""
    folder = os.environ["PERFPROF_FOLDER"]
    plan = os.environ.get("PERFPROF_PLAN")
    if plan:
        from . import probed

        probed.read(plan)
        probed.run_main_instrumented()
    journal.start(folder, journal.process_header)
    if plan:
        probed.arm()
    _record(os.environ.get("PERFPROF_RECORD", "").split())
    sampler = os.environ.get("PERFPROF_SAMPLER", "")
    if sampler in ("loops", "gate"):
        from . import loops

        loops.arm(now=sampler == "loops" or _ask(folder) == "loops")


def _record(names: list[str]) -> None:
    for name in names:
        try:
            __import__(f"{__package__}.recorders.{name}", fromlist=["arm"]).arm()
        except Exception:  # what one recorder cannot do on this interpreter, the others still can
            pass


def _ask(folder: str) -> str:
    """How this process is sampled: perfprof answers within milliseconds, or it is gone."""
    name = f"{os.getpid()}-{time.time_ns()}"
    _allow(int(os.environ.get("PERFPROF_TRACER", "0")))
    try:
        gate = os.open(os.path.join(folder, "gate"), os.O_WRONLY | os.O_NONBLOCK)
        os.write(gate, f"{name}\n".encode("ascii"))
        os.close(gate)
    except OSError:  # nobody reads there any more
        return "loops"
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        try:
            with open(os.path.join(folder, name), encoding="ascii") as answer:
                return answer.read()
        except OSError:
            time.sleep(0.001)
    return "loops"


def _allow(tracer: int) -> None:
    """Let a process and its children look into this one: without it Yama lets only our ancestors."""
    if not tracer:
        return
    try:
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, tracer, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        pass  # then py-spy says that it may not
