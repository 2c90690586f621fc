"""Collapsed stacks (Brendan Gregg's flamegraph.pl, py-spy's ``--format raw``): ``a;b;c 12`` a line.

Frames are written as ``function (path:line)``, as py-spy does. A count is a sample; perfprof writes 10 ms as one.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from perfprof.profilers.formats.profile import Lane, Profile, Stack
from perfprof.profilers.stacks import Frame

_FRAME = re.compile(r"(.*?) \((.*?)(?::(\d+))?\)", re.DOTALL)
_LINE = re.compile(r"(.*?)[ \t](\d+(?:\.\d+)?)")  # py-spy writes stacks without frames, too
_PERIOD = 0.01  # seconds a sample: py-spy's default rate


def write(profile: Profile) -> bytes:
    """One line a stack; what is rarer than half a sample is left out."""
    counts: Counter[str] = Counter()
    for lane in profile.lanes:
        for stack, seconds in lane.stacks.items():
            counts[";".join(map(_label, stack))] += round(seconds / _PERIOD * 1_000)
    whole = ((text, round(count / 1_000)) for text, count in counts.items())
    return "".join(f"{text} {count}\n" for text, count in whole if text and count).encode("utf-8", "replace")


def read(data: bytes) -> Profile | None:
    """Any collapsed stacks; those of py-spy keep their processes and threads."""
    stacks: dict[Stack, float] = defaultdict(float)
    for line in filter(str.strip, _lines(data)):
        match = _LINE.fullmatch(line.rstrip())
        if match is None:
            return None
        if match[1]:
            stacks[tuple(_frames(match[1]))] += float(match[2]) * _PERIOD
    if not stacks:
        return None
    note = "counts are taken as samples of 10 ms"
    return Profile((Lane("collapsed stacks", 0, "", stacks),), "collapsed stacks", note)


def _lines(data: bytes) -> list[str]:
    try:
        return data.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        return ["not text"]


def _label(frame: Frame) -> str:
    return f"{frame.function} ({frame.path}:{frame.line})".replace(";", ",").replace("\n", " ")


def _frames(text: str) -> Iterator[Frame]:
    for part in text.split(";"):
        match = _FRAME.fullmatch(part)
        if match is not None:
            yield Frame(match[2], match[1], int(match[3] or 0))
        else:
            path, _, function = part.rpartition(":")
            yield Frame(path, function, 0)
