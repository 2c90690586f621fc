"""Which lines differ between two texts: quick on long files, and in the way a person would say it."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

Change = tuple[int, int, int, int]  # old[a:b] became new[c:d]


def changes(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    """The differing stretches, in order, with equal lines between them.

    A patience diff: lines that occur once on both sides are the fixed points, and difflib, which needs quadratic
    time where lines repeat, sees only what is left between two of them.
    """
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    found: list[Change] = []
    a = c = 0
    for b, d in [*_fixed_points(middle_old, middle_new), (len(middle_old), len(middle_new))]:
        for low, high, start, end in _between(middle_old[a:b], middle_new[c:d]):
            found.append((head + a + low, head + a + high, head + c + start, head + c + end))
        a, c = b, d
    return _joined(found)


def _between(old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    if old == new:
        return
    if not old or not new:
        yield 0, len(old), 0, len(new)
        return
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    yield from ((a, b, c, d) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal")


def _fixed_points(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The longest rising row of lines that occur once on either side."""
    once_old, once_new = _once(old), _once(new)
    pairs = [(at, once_new[line]) for line, at in once_old.items() if line in once_new]
    ends: list[int] = []  # the least position in ``new`` that ends a row of each length
    rows: list[list[int]] = []  # for each length, indices into pairs
    before: list[int] = []
    for index, (_, at) in enumerate(pairs):
        length = bisect_left(ends, at)
        before.append(rows[length - 1][-1] if length else -1)
        if length == len(ends):
            ends.append(at)
            rows.append([index])
        else:
            ends[length] = at
            rows[length].append(index)
    index = rows[-1][-1] if rows else -1
    row = []
    while index >= 0:
        row.append(pairs[index])
        index = before[index]
    return row[::-1]


def _once(lines: Sequence[str]) -> dict[str, int]:
    counts = Counter(lines)
    return {line: at for at, line in enumerate(lines) if counts[line] == 1}


def _joined(found: Sequence[Change]) -> list[Change]:
    """Changes that touch each other as one."""
    result: list[Change] = []
    for change in found:
        if result and (result[-1][1], result[-1][3]) == (change[0], change[2]):
            change = (result[-1][0], change[1], result.pop()[2], change[3])  # noqa: PLW2901 - the same, longer
        result.append(change)
    return result
