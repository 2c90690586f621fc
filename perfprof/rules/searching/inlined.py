"""Inlined: a search that stands in the place of the call that ran it."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from perfprof.rules.reading.receivers import Callee
from perfprof.rules.reading.selection import substituted

BUCKET = "perfprof_bucket"


@dataclass(frozen=True, eq=False, slots=True)
class Inlined:
    """What takes a call's place. answer: the search, with a name where its rows stand.

    before: tests of the receiver's exact type before the loop. certain: asked only for keys that are in the index.
    asked: it is a test whether the wanted key is among those that the call lists.
    searches: this and other calls that only search, of the same receiver. named: how the caller names the receiver's class, "" if it cannot; None if the receiver is not tested.
    """

    callee: Callee
    node: ast.expr
    answer: ast.expr
    certain: bool
    searches: tuple[ast.expr, ...]
    named: str | None
    before: tuple[str, ...] = ()
    asked: bool = False

    def text(self, bucket: str) -> str:
        """The answer over a bucket, as source."""
        rows = ast.parse(bucket, mode="eval").body
        answer = substituted(self.answer, {BUCKET: rows})
        if isinstance(answer, ast.Call) and len(answer.args) == 1:
            return (
                f"{ast.unparse(answer.func)}{ast.unparse(answer.args[0])}"  # any(… for …), without more parentheses
            )
        return ast.unparse(answer)
