"""Packets, when tshark captured them."""

from __future__ import annotations

from pathlib import Path

from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Recorded
from perfprof.optimizer.reports.recorded import ROWS
from perfprof.profilers.parts import packets
from perfprof.profilers.parts.packets import Conversations, Lookup
from perfprof.profilers.recording import Recording

ORDER = 25
_BRIEF = 3
_HEADS = ("server", "connections", "packets", "sent", "received", "sent again", "resets", "full", "round trip")


def section(recording: Recording, root: Path) -> Recorded | None:
    """By server, and names that were asked for."""
    found, asked = packets.read(recording), packets.lookups(recording)
    if not found:
        return None
    count = sum(one.packets for one in found)
    again = sum(one.retransmitted for one in found)
    says = (
        f"{count:,} of the whole machine while it ran, {figures.size(sum(one.sent + one.received for one in found))},"
        f" {again:,} sent again, {sum(one.resets for one in found):,} resets,"
        f" {sum(one.count for one in asked):,} names looked up; by tshark"
    )
    return Recorded(
        subject="packets",
        title="Packets",
        says=says,
        brief=[*map(_brief, found[:_BRIEF]), *map(_lookup, asked[:1])],
        heads=list(_HEADS),
        numbers=list(_HEADS[1:]),
        rows=[*map(_row, found[:ROWS]), *map(_asked, asked[:ROWS])],
    )


def _brief(one: Conversations) -> str:
    parts = (
        f"{one.protocol} {one.server}",
        f"{one.opened:,} connections" if one.opened else "",
        f"{figures.size(one.sent)} there, {figures.size(one.received)} back",
        f"round trip {figures.seconds(one.rtt)}" if one.rtts else "",
        f"{one.retransmitted:,} sent again" if one.retransmitted else "",
        f"{one.resets:,} resets" if one.resets else "",
    )
    return " · ".join(filter(None, parts))


def _lookup(one: Lookup) -> str:
    return f"name {one.name} · {one.count:,} x · {figures.seconds(one.seconds)} in all"


def _row(one: Conversations) -> list[str]:
    counts = (one.retransmitted, one.resets, one.zero_windows)
    return [
        f"{one.protocol} {one.server}",
        f"{one.opened:,}" if one.opened else "",
        f"{one.packets:,}",
        *map(figures.size, (one.sent, one.received)),
        *(f"{count:,}" if count else "" for count in counts),
        figures.seconds(one.rtt) if one.rtts else "",
    ]


def _asked(one: Lookup) -> list[str]:
    return [f"name {one.name}", "", f"{one.count:,}", "", "", "", "", "", figures.seconds(one.longest)]
