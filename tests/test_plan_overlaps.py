"""Two rules that find the same code: one finding is tried, the better one, and the other waits with the reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from test_rules_lookalikes import imagined

from perfprof.optimizer.argue import Proven
from perfprof.optimizer.plan import plan
from perfprof.optimizer.writing.edits import apply_edits
from perfprof.rules import registry
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Evidence, weigh

SHARED = {
    "a call within a call": (
        ("loop-invariant-call", "list-count"),
        """def work(xs, ys, zs):
    out = []
    for z in zs:
        out.append(z + sum([xs.count(y) for y in ys]))
    return out
""",
    ),
    "an expression in a statement": (
        ("quadratic-concatenation", "list-index"),
        """def work(xs, ys):
    out = []
    for y in ys:
        out = out + [xs.index(y)]
    return out
""",
    ),
}


def proven(rule_name: str, source: str, gain: float) -> Proven:
    rule = registry()[rule_name]
    program = Program(Path("/"), lambda path: source)
    module = program.module(Path("/work.py"))
    assert module is not None
    assert rule.in_function is not None
    suspects = [one for function in module.functions for one in rule.in_function(function, program)]
    assert len(suspects) == 1
    seen = {watch.id: imagined(watch, frozenset()) for watch in suspects[0].watches}
    case = Case(suspects[0], program, seen)
    proofs, level = weigh(rule, case)
    costly = replace(suspects[0], finding=replace(suspects[0].finding, share=0.5))
    return Proven(rule, Case(costly, program, seen, proofs=proofs), Evidence(True, "", {}, gain), level)


@pytest.mark.parametrize(("names", "source"), SHARED.values(), ids=SHARED)
def test_the_same_code_is_changed_by_one_rule(names: tuple[str, str], source: str) -> None:
    for gains in ((9.0, 2.0), (2.0, 9.0)):
        found = plan([proven(name, source, gain) for name, gain in zip(names, gains, strict=True)])
        assert len(found.candidates) == len(found.held_back) == 1
        assert "changes the same text" in found.held_back[0].reason
        assert apply_edits(source, found.candidates[0].rewrite.edits) != source
