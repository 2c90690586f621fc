"""What became of patches and migrations, in a line."""

from __future__ import annotations

from dataclasses import replace

import pytest
from example_run import OUTCOMES

from perfprof.optimizer.run import Outcome
from perfprof.optimizer.verdicts import Judged


def _summary(*outcomes: Outcome) -> str:
    return Judged(outcomes, (), None, "").summary


@pytest.mark.parametrize(
    ("patches", "migrations", "told"),
    [
        (2, 1, "2 patches and 1 migration accepted · 1 rejected"),
        (1, 0, "1 patch accepted · 1 rejected"),
        (0, 2, "2 migrations accepted · 1 rejected"),
        (0, 0, "1 rejected"),
    ],
)
def test_what_was_accepted_comes_first(patches: int, migrations: int, told: str) -> None:
    won = [replace(one, status="accepted") for one in OUTCOMES if one.status in ("accepted", "applied")]
    code = next(one for one in won if one.patch is not None and one.patch.migration is None)
    index = next(one for one in won if one.patch is not None and one.patch.migration is not None)
    lost = next(one for one in OUTCOMES if one.status == "rejected")
    assert _summary(lost, *[index] * migrations, *[code] * patches) == told
    assert _summary() == "nothing to judge"
