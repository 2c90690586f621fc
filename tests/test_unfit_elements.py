"""Of the types that a run saw, those are told that no set takes, not their neighbours."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile import seen

from perfprof.rules import registry
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, weigh

SOURCE = "def work(xs, ys):\n    return [x for x in xs if x in ys]\n"


@pytest.mark.parametrize(
    ("elements", "told"),
    [
        (
            ["builtins.tuple[builtins.dict,builtins.set]", "builtins.tuple[builtins.tuple,builtins.tuple]"],
            "tuple[dict,set], which cannot be hashed",
        ),
        (["builtins.int", "builtins.list"], "list, which cannot be hashed"),
        (["builtins.int", "builtins.complex"], "complex, for which no guard is tested"),
        (["builtins.float", "decimal.Decimal"], "decimal.Decimal, float, for which no guard is tested"),
    ],
)
def test_which_elements_are_told(elements: list[str], told: str) -> None:
    program = Program(Path("/"), lambda path: SOURCE)
    module = program.module(Path("/work.py"))
    assert module is not None
    rule = registry()["list-membership"]
    assert rule.in_function is not None
    (suspect,) = (one for function in module.functions for one in rule.in_function(function, program))
    types, held = dict.fromkeys(elements, 9), {"builtins.list": 9}
    case = Case(suspect, program, {one.id: seen(one, held, types) for one in suspect.watches})
    (proof,) = (one for one in weigh(rule, case)[0] if one.obligation == "elements-hash-as-equal")
    assert proof.why == f"elements were {told}"
