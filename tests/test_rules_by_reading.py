"""What `check` asks of a file: the rules that may find something in its text by reading, and no others."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from hostile import RULES
from test_rules_lookalikes import table

from perfprof.rules import FAMILIES, by_reading, registry
from perfprof.rules.examples import examples
from perfprof.rules.reading.program import Program

CLEAN = "def lengths(words):\n    return {word: len(word) for word in words}\n"
IMPORTED = """\
import sys
from perfprof.optimizer.cli import main
sys.argv = ["perfprof", "check", "--no-cache", "m.py"]
try:
    main()
finally:
    print(*(name.rpartition(".")[2] for name in sys.modules if name.startswith("perfprof.rules.python.")))
"""


def sources() -> Iterator[str]:
    """All examples of all rules, and the code of all look-alikes."""
    yield from (one.before for rule in RULES for one in examples(rule.page))
    yield from (one.source for one in table())


def test_rules_that_find_by_reading_are_named_in_their_order() -> None:
    named = [name for family in FAMILIES for name in import_module(f"perfprof.rules.{family}").BY_READING]
    assert named == [name for name, rule in registry().items() if name in named and rule.in_function is not None]


def test_no_other_rule_finds_anything_by_reading() -> None:
    found = 0
    for source in dict.fromkeys(sources()):
        asked = {rule.name for rule in by_reading(source)}
        for rule in RULES:
            program = Program(Path("/"), lambda path, source=source: source, alone=True)  # type: ignore[misc]
            module = program.module(Path("/work.py"))
            assert module is not None
            assert rule.in_function is not None
            if any(True for function in module.functions for _ in rule.in_function(function, program)):
                assert rule.name in asked, source
                found += 1
    assert found > 1000


def test_only_their_files_are_imported(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(CLEAN)
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert {"list_membership", "linear_search"} <= set(done.stdout.split())
    assert not {"element_wise_loop", "list_index", "queue_on_list", "memoize"} & set(done.stdout.split())
