"""What `check` spends: memory that is free at once, and work that grows with the text, counted and not timed."""

from __future__ import annotations

import gc
from pathlib import Path

from perfprof.optimizer.checking.reader import read_in_turn
from perfprof.rules.reading.modules import Module

IMPORTS = """\
from other import known


def missing(words):
    return [word for word in words if word not in known(words)]
"""
OTHER = "def known(words):\n    return [word.strip() for word in words]\n"


def test_modules_go_without_a_collector(tmp_path: Path) -> None:
    files = [tmp_path / "m.py", tmp_path / "n.py"]
    for file in files:
        file.write_text(IMPORTS)
    (tmp_path / "other.py").write_text(OTHER)
    gc.collect()
    gc.disable()
    try:
        before = sum(isinstance(one, Module) for one in gc.get_objects())
        read_in_turn(tmp_path, [[file] for file in files], ())
        assert sum(isinstance(one, Module) for one in gc.get_objects()) == before
    finally:
        gc.enable()
