"""The Trace Event Format of chrome://tracing and Perfetto: complete events, microseconds.

A recording keeps no order of samples: equal stacks lie side by side, and only the widths mean something.
"""

from __future__ import annotations

import json

from perfprof.profilers.formats.profile import Profile, spans


def write(profile: Profile) -> bytes:
    """One thread a lane, in the array form, which all viewers read; a caller stands before what it calls."""
    note = {"labels": "samples without order: widths mean time, positions do not"}
    processes = dict.fromkeys(lane.pid for lane in profile.lanes)
    events: list[dict[str, object]] = [
        {"ph": "M", "name": "process_labels", "pid": pid, "tid": 0, "args": note} for pid in processes
    ]
    for thread, lane in enumerate(profile.lanes, 1):
        named = {"ph": "M", "name": "thread_name", "pid": lane.pid, "tid": thread, "args": {"name": lane.name}}
        events.append(named)
        for span in sorted(spans(lane), key=lambda one: (one.start, -one.seconds)):
            place = {"path": span.frame.path, "line": span.frame.line}
            times = {"ts": round(span.start * 1e6, 3), "dur": round(span.seconds * 1e6, 3)}
            name = {"name": span.frame.function, "cat": "samples", "args": place}
            events.append({"ph": "X", "pid": lane.pid, "tid": thread, **times, **name})
    return json.dumps(events, separators=(",", ":")).encode()
