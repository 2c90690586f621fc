"""What one statement repeats is one finding and one patch, and a part that cannot be written stays as it is."""

from __future__ import annotations

from pathlib import Path

from hostile import RULES

from perfprof.optimizer.writing.edits import apply_edits
from perfprof.profilers.observations import Seen, Watch
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Level, weigh

RULE = next(rule for rule in RULES if rule.name == "loop-invariant-call")


def _seen(watch: Watch) -> Seen:
    ints = {"builtins.int": 1000}
    count = 10 if watch.kind == "entry" else 1000
    return Seen(watch.id, count, {"builtins.list": 1000}, 100, 100, 100_000, ints, {"same": 0, "other": 5})


def _patches(source: str) -> list[tuple[str, str]]:
    program = Program(Path("/"), lambda path: source)
    module = program.module(Path("/work.py"))
    assert module is not None
    assert RULE.in_function is not None
    found = []
    for suspect in (one for function in module.functions for one in RULE.in_function(function, program)):
        case = Case(suspect, program, {watch.id: _seen(watch) for watch in suspect.watches})
        proofs, level = weigh(RULE, case)
        assert RULE.worth(case).enough
        assert level > Level.OPEN
        edits = RULE.rewrite(Case(suspect, program, case.seen, proofs=proofs)).edits
        found.append((suspect.finding.message, apply_edits(source, edits)))
    return found


def test_a_line_that_computes_two_things_anew_is_one_finding() -> None:
    line = "out.append((x - min(xs)) / (max(xs) - min(xs)))"
    ((message, new),) = _patches(f"def work(xs, out):\n    for x in xs:\n        {line}\n")
    assert message == "computes `min(xs)` and `max(xs)` anew in each turn from the same values"
    before, _, loop = new.partition("    for x in xs:")
    assert before.count("min(xs)") == before.count("max(xs)") == 1
    assert loop.count("xs_min if xs_min is not None") == 2


def test_a_part_that_changes_in_the_loop_stays() -> None:
    body = "        out.append(max(xs) - max(out) + x)\n"
    ((_, new),) = _patches(f"def work(xs):\n    out = [0]\n    for x in xs:\n{body}    return out\n")
    assert "- max(out) +" in new
    assert "xs_max if xs_max is not None else max(xs)" in new


def test_other_loops_have_findings_of_their_own() -> None:
    loop = "    for x in xs:\n        out.append(max(xs) - x)\n"
    assert len(_patches(f"def work(xs, out):\n{loop}    xs.append(1)\n{loop}")) == 2
