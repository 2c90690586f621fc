"""A closed-loop load on a server while it is recorded: each client sends its next request when it has its answer."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING

from perfprof.errors import UsageError

if TYPE_CHECKING:
    import httpx

CLIENTS, SECONDS = 4, 10.0
_PATIENCE = 30.0  # seconds until the server must answer for the first time
_TIMEOUT = 30.0  # of one request


@dataclass(slots=True)
class Sent:
    """What the clients saw. latencies: seconds of each answer. statuses: 0 for none."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    reached: bool = False


class Load:
    """Asks the addresses by turns as soon as the server answers, for some seconds; a context manager.

    UsageError if httpx is missing or an address is none.
    """

    def __init__(self, urls: Sequence[str], clients: int = CLIENTS, seconds: float = SECONDS) -> None:
        try:
            import httpx
        except ImportError:
            todo = "pip install 'perfprof[load]'"
            raise UsageError("a load needs httpx, which is not installed", todo=todo) from None
        for url in urls:
            if httpx.URL(url).scheme not in ("http", "https") or not httpx.URL(url).host:
                raise UsageError(f"{url} is no address", todo="e.g. --load http://127.0.0.1:8000/orders")
        self._urls, self._clients, self._seconds = tuple(urls), clients, seconds
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.sent = Sent()

    def start(self, pid: int) -> None:
        """Begin, in a thread; at the end the process gets SIGTERM, which is how servers are asked to end."""
        self._thread = threading.Thread(target=self._run, args=(pid,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Load:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def summary(self) -> str:
        """One line."""
        sent = self.sent
        if not sent.reached:
            return f"load: {self._urls[0]} did not answer within {_PATIENCE:.0f} s"
        count = sum(sent.statuses.values())
        failed = sum(number for status, number in sent.statuses.items() if status == 0 or status >= 500)
        ordered = sorted(sent.latencies) or [0.0]
        p50, p95, p99 = (ordered[min(int(len(ordered) * part), len(ordered) - 1)] for part in (0.5, 0.95, 0.99))
        return (
            f"load: {count:,} requests by {self._clients} clients in {sent.seconds:.1f} s,"
            f" {count / sent.seconds if sent.seconds else 0:,.1f} a second, {failed:,} failed; seen by the clients:"
            f" p50 {p50 * 1e3:.1f} ms p95 {p95 * 1e3:.1f} ms p99 {p99 * 1e3:.1f} ms"
        )

    def _run(self, pid: int) -> None:
        try:
            asyncio.run(self._drive())
        finally:
            if not self._stop.is_set():
                _end(pid)

    async def _drive(self) -> None:
        import httpx

        limits = httpx.Limits(max_connections=self._clients)
        async with httpx.AsyncClient(timeout=_TIMEOUT, limits=limits, trust_env=False) as client:
            if not await self._wait(client):
                return
            begin = time.perf_counter()
            until = begin + self._seconds
            await asyncio.gather(*(self._client(client, number, until) for number in range(self._clients)))
            self.sent.seconds = time.perf_counter() - begin

    async def _wait(self, client: httpx.AsyncClient) -> bool:
        """Until something accepts connections there; the first request is not counted."""
        import httpx

        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end and not self._stop.is_set():
            try:
                await client.get(self._urls[0])
            except httpx.HTTPError:
                await asyncio.sleep(0.1)
            else:
                self.sent.reached = True
                return True
        return False

    async def _client(self, client: httpx.AsyncClient, number: int, until: float) -> None:
        import httpx

        while (start := time.perf_counter()) < until and not self._stop.is_set():
            try:
                answer = await client.get(self._urls[number % len(self._urls)])
                self.sent.statuses[answer.status_code] += 1
                self.sent.latencies.append(time.perf_counter() - start)
            except httpx.HTTPError:
                self.sent.statuses[0] += 1
                await asyncio.sleep(0.01)
            number += 1


def _end(pid: int) -> None:
    import psutil

    with suppress(psutil.NoSuchProcess):
        psutil.Process(pid).terminate()
