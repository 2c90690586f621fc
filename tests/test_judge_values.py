"""Made-up inputs change what a program holds, never the inside of a value of the standard library."""

from __future__ import annotations

import ipaddress
import pickle
import uuid
from argparse import Namespace
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from perfprof.profilers.inside.replaying.mutants import Mutant, limits
from perfprof.profilers.inside.replaying.slots import slots

VALUES = [uuid.UUID(int=7), Path("a/b"), Fraction(1, 3), Decimal("1.5"), ipaddress.ip_address("127.0.0.1")]


@dataclass(frozen=True)
class Row:
    number: int


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_stays_whole_or_is_exchanged(value: Any) -> None:
    blob = pickle.dumps((([value, 1, "a"],), {}))
    for limit in (None, *limits(blob)):
        for seed in range(60):
            made = Mutant(blob, seed, 6, True, (1, "a"), limit).make()
            for one in made[0][0] if isinstance(made[0][0], list) else ():
                assert not isinstance(one, type(value)) or (one == value and hash(one) == hash(value))


@pytest.mark.parametrize("holder", [SimpleNamespace(number=1), Namespace(number=1), Row(1)])
def test_what_holds_the_programs_data_is_changed(holder: Any) -> None:
    (place,) = slots([[holder]])[1:]
    place.put(2)
    assert holder.number == 2
