"""Call trees by pyinstrument, perfprof's own carried along by its path."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from perfprof.errors import UsageError

RECORDER = "trees"


def environment(path: str = "") -> dict[str, str]:
    """What the recorder must know. path: of the requests, a part of it; UsageError without pyinstrument."""
    found = importlib.util.find_spec("pyinstrument")
    if found is None or not found.origin:
        raise UsageError("call trees need pyinstrument", todo="pip install 'perfprof[trees]'")
    return {"PERFPROF_TREE": path, "PERFPROF_PYINSTRUMENT": str(Path(found.origin).parent)}
