"""Code that looks like a rule's shape and means something else, as somebody who wants to break the rules writes it.

The tables are tests/lookalikes*.txt. A case is ``=== name: outcome [evidence]``, a source, and ``>>>`` expressions that
are evaluated with the old and the new source. The outcome is the obligation that saves it, ``rewritten`` (then both must
agree), or ``not-found``. The evidence is made up: of types and sizes that pay, and of what only a run can tell: rows are
``dicts``, what the loop changes is ``apart`` from the collection, loops walk ``generators``, attributes are ``computed``, elements
are ``lists``, what is walked is at times a list and at times a dict (``both``), arguments come ``again``, lists are in no
``order``, loops walk ``arrays``, or all ``ints``, ``words``, ``floats`` or ``pairs`` of them, what is read is one of ``texts``,
or of a class ``Node`` of the program (``nodes``). With ``gathers`` the first element of arrays is an index, with ``near`` the user
set a tolerance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hostile import RULES, for_few

from perfprof.optimizer.writing.edits import apply_edits
from perfprof.profilers.observations import Seen, Watch
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Level, weigh

KEYS = {"builtins.int": 500, "builtins.str": 500}
PLAIN = {"ints": "builtins.int", "words": "builtins.str", "floats": "builtins.float"}
PLAIN["pairs"] = "builtins.tuple[builtins.int,builtins.str]"
# What each is where loops walk arrays: the array, an element, a value beside it, an end of a range.
ARRAYS = {"base": "numpy.ndarray", "cell": "numpy.float64", "given": "builtins.float"}
# What is walked: a text, or at one time this and at another that.
BASES = {"texts": {"builtins.str": 1000}, "both": {"builtins.list": 1000, "builtins.dict": 1000}}

SHOWN = {"again", "order"}  # what only a run that shows it brings up: arguments that come again, lists in no order


@dataclass(frozen=True)
class LookAlike:
    """One case of the table."""

    name: str
    wanted: str
    evidence: frozenset[str]
    source: str
    calls: tuple[str, ...]


def table() -> Iterator[LookAlike]:
    folder = Path(__file__).parent
    text = "".join(path.read_text() for path in sorted(folder.glob("lookalikes*.txt")))
    for part in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]:
        head, _, rest = part.partition("\n")
        found = re.fullmatch(r"([\w-]+): ([\w-]+) \[([\w ]*)\]", head)
        assert found is not None, head
        lines = rest.rstrip().splitlines()
        calls = tuple(line[4:] for line in lines if line.startswith(">>> "))
        source = "\n".join(line for line in lines if not line.startswith(">>> ")) + "\n"
        yield LookAlike(found[1], found[2], frozenset(found[3].split()), source, calls)


CASES = [pytest.param(one, id=one.name) for one in table()]


def imagined(watch: Watch, evidence: frozenset[str]) -> Seen:
    kind = watch.id.rpartition(":")[2]
    rows = "builtins.dict" if "dicts" in evidence else "builtins.list"
    keys = {"work.Node": 1000} if "nodes" in evidence else KEYS
    types, reads = keys, {"plain": 5, "other": 5}
    if kind == "base1" and watch.kind == "collection" and "held" in evidence:
        types = {"builtins.dict": 1000}
    elif kind.startswith("base"):
        types = next((BASES[word] for word in BASES if word in evidence), {"builtins.list": 1000})
    elif kind.startswith("item"):
        types = {rows: 1000}
    elif kind.startswith(("loop", "also")):
        types = {"builtins.generator" if "generators" in evidence else "builtins.list": 10}
    elif kind.startswith("held") and "computed" in evidence:
        reads = {"computed": 5}
    elif watch.kind == "identity" and "apart" in evidence:
        reads = {"same": 0, "other": 5}
    elif kind == "dict":
        types = {"builtins.dict": 1000}
    elif kind == "more":
        types = {"builtins.list": 1000}
    if "arrays" in evidence:
        first = "gathers" in evidence and kind == "cell0"
        types = {"numpy.int64" if first else ARRAYS.get(kind.rstrip("0123456789"), "builtins.int"): 1000}
    plain = [PLAIN[word] for word in PLAIN if word in evidence]  # all of one type, where a rule needs that
    held = {rows: 1000} if {"dicts", "lists"} & evidence else keys
    elements = {plain[-1]: 1000} if plain else held
    types = elements if kind.startswith(("key", "made", "more0", "more1", "cut")) else types
    return Seen(watch.id, 10 if watch.kind == "entry" else 1000, types, 100, 100, 100_000, elements, reads)


def answers(one: LookAlike) -> Iterator[str | set[str]]:
    """For each finding the new source, or the obligations that are open."""
    program = Program(Path("/"), lambda path: one.source)
    module = program.module(Path("/work.py"))
    assert module is not None
    for rule in RULES:
        assert rule.in_function is not None
        for suspect in (found for function in module.functions for found in rule.in_function(function, program)):
            if {watch.kind for watch in suspect.watches} & SHOWN - one.evidence:
                continue
            seen = {watch.id: imagined(watch, one.evidence) for watch in suspect.watches}
            case = Case(suspect, program, seen, tolerance=1e-9 if "near" in one.evidence else 0.0)
            proofs, level = weigh(rule, case)
            if level is Level.OPEN:
                yield {proof.obligation for proof in proofs if proof.level is Level.OPEN}
            else:
                yield for_few(apply_edits(one.source, rule.rewrite(replace(case, proofs=proofs)).edits), one.source)


@pytest.mark.parametrize("one", CASES)
def test_nothing_is_rewritten_to_mean_something_else(one: LookAlike) -> None:
    found = list(answers(one))
    for new in found:
        if isinstance(new, str):
            for call in one.calls:
                assert outcome(one.source, call) == outcome(new, call), new
    opens = set().union(*(answer for answer in found if isinstance(answer, set)))
    rewritten = any(isinstance(answer, str) for answer in found)
    assert rewritten == (one.wanted == "rewritten")
    assert one.wanted in ({"rewritten"} if rewritten else opens if found else {"not-found"})


def outcome(source: str, call: str) -> str:
    names: dict[str, object] = {}
    try:
        exec(compile(source, "work.py", "exec"), names)
        return repr(eval(call, names))
    except Exception as error:
        return f"{type(error).__name__}: {error}"
