"""Packets that the machine sent and received while the program ran, as tshark saw them: headers alone, no content.

tshark captures into a file that is summed up and deleted. Whose packets they are cannot be told from a packet, so all
of the machine are counted.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from perfprof.errors import UsageError
from perfprof.profilers.journals import Journal, Line
from perfprof.profilers.tools import without_tshark

_SNAP = 256  # bytes of a packet that are kept: its headers, or the question of a name lookup
_PATIENCE = 15.0  # seconds until the capture stands
_LAST = 0.6  # seconds that a packet may lie in the kernel's buffer
_MOST = 60.0  # seconds for the summary
_FIELDS = (
    "tcp.stream ip.src ipv6.src tcp.srcport udp.srcport ip.dst ipv6.dst tcp.dstport udp.dstport frame.len"
    " tcp.flags.syn tcp.flags.ack tcp.flags.reset tcp.analysis.retransmission tcp.analysis.zero_window"
    " tcp.analysis.initial_rtt dns.qry.name dns.time"
).split()
_TODO = "Give your user the right to capture (dpkg-reconfigure wireshark-common), be root, or leave out --packets."


@dataclass(slots=True)
class _Server:
    """What was exchanged with one address and port. rtts: seconds of each connection's first round trip."""

    packets: int = 0
    sent: int = 0
    received: int = 0
    retransmitted: int = 0
    resets: int = 0
    zero_windows: int = 0
    opened: set[str] = field(default_factory=set)
    rtts: dict[str, float] = field(default_factory=dict)


class Packets:
    """A running capture; a context manager. UsageError if tshark is missing or may not capture."""

    def __init__(self, folder: Path) -> None:
        reason = without_tshark()
        if reason:
            raise UsageError(f"packets cannot be captured: {reason}", todo="Install tshark or leave out --packets.")
        self._file = folder / "packets.pcapng"
        self._errors = folder / "packets.err"

    def __enter__(self) -> Packets:
        anywhere = ["-i", "any"] if sys.platform.startswith("linux") else []
        argv = ["tshark", *anywhere, "-n", "-q", "-s", str(_SNAP), "-w", str(self._file), "-f", "tcp or udp"]
        with self._errors.open("wb") as errors:
            self._running = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True
            )
        until = time.monotonic() + _PATIENCE
        while not (self._file.exists() and self._file.stat().st_size):
            if self._running.poll() is not None or time.monotonic() > until:
                self._end()
                raise UsageError(f"packets cannot be captured: {self._said()}", todo=_TODO)
            time.sleep(0.05)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        time.sleep(_LAST)
        self._end()

    def _end(self) -> None:
        if self._running.poll() is None:
            self._running.send_signal(signal.SIGINT)
            try:
                self._running.wait(timeout=_PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(self._running.pid, signal.SIGKILL)
                self._running.wait()

    def _said(self) -> str:
        """The first complaint of tshark."""
        told = self._errors.read_text("utf-8", "replace").splitlines()
        complaints = (line.removeprefix("tshark: ") for line in told if line.startswith("tshark: "))
        return next((line for line in complaints if line), "tshark gave no answer")

    def summary(self) -> Journal:
        """What was captured, by server and by name asked for, as lines for the parts; the capture is deleted."""
        argv = ["tshark", "-r", str(self._file), "-n", "-T", "fields", "-E", "separator=/t", "-E", "occurrence=f"]
        argv += [word for name in _FIELDS for word in ("-e", name)]
        try:
            ran = subprocess.run(argv, capture_output=True, text=True, timeout=_MOST, check=False)
            lines = list(_lines(ran.stdout))
        except (OSError, subprocess.TimeoutExpired) as error:
            lines = [["note", f"the packets could not be read: {error}"]]
        self._file.unlink(missing_ok=True)
        return Journal({"pid": 0}, lines or [["note", "no packets were captured"]])


def _lines(text: str) -> Iterator[Line]:
    servers: dict[tuple[str, str], _Server] = {}
    asked: dict[str, list[float]] = {}
    streams: dict[str, tuple[str, str]] = {}  # of TCP -> who was called
    for row in text.splitlines():
        values = row.split("\t")
        if len(values) == len(_FIELDS):
            _packet(dict(zip(_FIELDS, values, strict=True)), servers, streams, asked)
    for (protocol, server), one in servers.items():
        figures = (one.packets, one.sent, one.received, one.retransmitted, one.resets, one.zero_windows)
        yield ["packets", protocol, server, len(one.opened), *figures, sorted(one.rtts.values())]
    for name, times in asked.items():
        yield ["lookup", name, len(times), sum(times), max(times)]


def _packet(
    packet: Mapping[str, str],
    servers: dict[tuple[str, str], _Server],
    streams: dict[str, tuple[str, str]],
    asked: dict[str, list[float]],
) -> None:
    ends = _ends(packet)
    if ends is None:
        return
    source, target = ends
    stream = packet["tcp.stream"]
    first = _true(packet["tcp.flags.syn"]) and not _true(packet["tcp.flags.ack"])
    if stream:
        key = streams.setdefault(stream, ("tcp", target if first else _served(source, target)))
    else:
        key = ("udp", _served(source, target))
    one = servers.setdefault(key, _Server())
    one.packets += 1
    length = int(packet["frame.len"] or 0)
    if target == key[1]:
        one.sent += length
    else:
        one.received += length
    one.retransmitted += bool(packet["tcp.analysis.retransmission"])
    one.resets += _true(packet["tcp.flags.reset"])
    one.zero_windows += bool(packet["tcp.analysis.zero_window"])
    if first:
        one.opened.add(stream)
    if packet["tcp.analysis.initial_rtt"]:
        one.rtts[stream] = float(packet["tcp.analysis.initial_rtt"])
    if packet["dns.time"]:
        asked.setdefault(packet["dns.qry.name"], []).append(float(packet["dns.time"]))


def _ends(packet: Mapping[str, str]) -> tuple[str, str] | None:
    """Source and target as ``address:port``."""
    found = []
    for side, port in (("src", "srcport"), ("dst", "dstport")):
        address = packet[f"ip.{side}"] or (f"[{packet[f'ipv6.{side}']}]" if packet[f"ipv6.{side}"] else "")
        number = packet[f"tcp.{port}"] or packet[f"udp.{port}"]
        if not address or not number:
            return None
        found.append(f"{address}:{number}")
    return found[0], found[1]


def _served(one: str, other: str) -> str:
    """Of two ends that were connected before we looked, the one with the lower port is the server."""
    return min(one, other, key=lambda end: int(end.rpartition(":")[2]))


def _true(value: str) -> bool:
    return value in ("1", "True")
