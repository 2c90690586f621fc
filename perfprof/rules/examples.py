"""The examples on a rule's page: before, after, workload, and look-alikes that stay as they are.

A fenced block is named by the words after its language. ``python before`` is followed by ``python after``; a ``python
workload`` belongs to the block before it, else the page's first one serves. ``python unchanged OBLIGATION`` names the
obligation that fails. In a workload ``n`` is the size, and all names of the block are there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_BLOCK = re.compile(
    r"^```python (?P<kind>before|after|workload|unchanged)(?: (?P<word>[\w-]+))?\n(?P<code>.*?)^```$", re.M | re.S
)


@dataclass(frozen=True, slots=True)
class Example:
    """One block with what belongs to it. after: empty for a look-alike. obligation: empty for a rewrite."""

    before: str
    after: str = ""
    workload: str = ""
    obligation: str = ""
    number: int = 0


def examples(page: str) -> list[Example]:
    """All examples of a page, in order."""
    found: list[Example] = []
    for match in _BLOCK.finditer(page):
        kind, code = match["kind"], match["code"]
        if kind in {"before", "unchanged"}:
            found.append(Example(code, obligation=match["word"] or "", number=len(found)))
        elif kind == "after":
            found[-1] = replace(found[-1], after=code)
        else:
            found[-1] = replace(found[-1], workload=code)
    first = next((one.workload for one in found if one.workload), "")
    return [one if one.workload else replace(one, workload=first) for one in found]
