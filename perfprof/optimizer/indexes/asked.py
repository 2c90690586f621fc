"""What the index advisor is asked."""

from __future__ import annotations

from dataclasses import dataclass

from perfprof.optimizer.scratch.postgres_copy import MOST_BYTES


@dataclass(frozen=True, slots=True)
class Asked:
    """What the advisor was asked. budget: bytes, 0 for a fifth of the tables. execute: decide by running, for so many ``seconds``."""

    budget: float = 0.0
    execute: bool = True
    complete: bool = False
    most_explains: int = 980
    most_bytes: int = MOST_BYTES
    seconds: float = 120.0
