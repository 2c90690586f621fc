"""What a rewrite of the corpus is."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True)
class Rewrite:
    """One function before and after.

    calls: Python, a list of (args, kwargs), evaluated in the module's own namespace, as the workload had them.
    layer: who is expected to object to a wrong one first. large: Python, the (args, kwargs) on which a right one wins.
    """

    name: str
    function: str
    old: str
    new: str
    calls: str
    layer: str = ""
    large: str = ""


def rewrite(name: str, function: str, old: str, new: str, calls: str, layer: str = "", large: str = "") -> Rewrite:
    return Rewrite(name, function, dedent(old).lstrip(), dedent(new).lstrip(), calls, layer, large)
