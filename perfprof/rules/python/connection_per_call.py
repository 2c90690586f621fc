"""Ask a server again on the connection that is open.

`requests.get(…)` and `httpx.get(…)` open a connection, with TLS a handshake of several round trips, and throw it away after
the answer. A `requests.Session` or an `httpx.Client` keeps it for the next request. It also keeps cookies and, shared by
threads, must be safe there, and only its author knows whether that is meant. So this is told with the numbers of the
recording, and never written.

```python unchanged nothing-is-kept-beside
def names(ids):
    return [requests.get(f"https://example.org/users/{id}").json()["name"] for id in ids]
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.rules.findings import finding
from perfprof.rules.obligations.proofs import obligation, unproved
from perfprof.rules.rule import Evidence, Rule, Suspect, never_written

if TYPE_CHECKING:
    from perfprof.profilers.parts.network import Endpoint
    from perfprof.profilers.recording import Recording
    from perfprof.rules.reading.functions import Function
    from perfprof.rules.reading.program import Program
    from perfprof.rules.rule import Case, Proof

LEAST = 10  # requests
KEEPERS = {"requests": "requests.Session()", "httpx": "httpx.Client()"}
_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")


@dataclass(frozen=True, eq=False, slots=True)
class Asked:
    """Requests of one kind from one call."""

    endpoint: Endpoint
    function: Function
    call: ast.Call
    library: str

    @property
    def opening(self) -> float:
        """Seconds of names, connections and handshakes."""
        return sum(self.endpoint.phases[name] for name in ("dns", "connect", "tls"))


def looks_for(recording: Recording, program: Program, room: int) -> Iterator[Suspect]:
    """Endpoints that were asked by a function of requests or httpx that keeps no connection."""
    from perfprof.profilers.parts import network

    for endpoint in network.read(recording):
        found = _asked(endpoint, program) if endpoint.place and endpoint.latencies.count > 1 else None
        if found is not None:
            message = f"{endpoint.opened:,} connections for {endpoint.latencies.count:,} requests"
            what = finding("connection-per-call", found.function, found.call, endpoint.url, message)
            yield Suspect(what, found, function=found.function)


def _asked(endpoint: Endpoint, program: Program) -> Asked | None:
    """The call on the line that asked."""
    frame = endpoint.place[0]
    function = program.function_at(Path(frame.path), frame.line)
    for node in ast.walk(function.node) if function is not None else ():
        if isinstance(node, ast.Call) and node.lineno <= frame.line <= (node.end_lineno or node.lineno):
            library = _library(node)
            if library and function is not None:
                return Asked(endpoint, function, node, library)
    return None


def _library(node: ast.Call) -> str:
    called = node.func
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.attr in _VERBS:
        return called.value.id if called.value.id in KEEPERS else ""
    return ""


def _worth(case: Case) -> Evidence:
    found: Asked = case.suspect.reading
    endpoint = found.endpoint
    count, took = endpoint.latencies.count, endpoint.latencies.seconds
    numbers = {
        "requests": count,
        "connections": endpoint.opened,
        "seconds connecting": round(found.opening, 4),
        "seconds": round(took, 4),
    }
    share = found.opening / took if took else 0.0
    told = f"{endpoint.opened:,} connections for {count:,} requests; opening them took {share:.0%} of the time"
    return Evidence(endpoint.opened >= LEAST and endpoint.reuse < 0.5, told, numbers, 1 / max(1 - share, 0.01))


@obligation
def nothing_is_kept_beside(case: Case) -> Proof:
    """Nobody minds that cookies are kept with the connection, nor that threads share it."""
    found: Asked = case.suspect.reading
    keeper = KEEPERS[found.library]
    return unproved(
        f"only its author can say so: `with {keeper} as session:` around what asks, and `session.{_verb(found)}(…)`",
        found.function.place(found.call),
    )


def _verb(found: Asked) -> str:
    return found.call.func.attr if isinstance(found.call.func, ast.Attribute) else "get"


RULE = Rule(
    title="a connection each call -> a session that keeps it",
    in_settings=looks_for,
    worth=_worth,
    safe_if=(nothing_is_kept_beside,),
    rewrite=never_written,
    promises=1.0,
)
