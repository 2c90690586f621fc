"""Obligations of settings: what else, beyond the program, a change of them may meet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfprof.rules.obligations.proofs import obligation, observed, proved, unproved
from perfprof.rules.rewording.places import project_files
from perfprof.rules.settings.written import option, unpacks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfprof.rules.reading.program import Program
    from perfprof.rules.rule import Case, Proof
    from perfprof.rules.settings.demand import Demand

MOST = 20  # connections of one process: beyond them a server's processors only change hands
SPARE = 0.8  # of the room of a server that one program may take
POOLER = re.compile(r"bouncer|pgcat|odyssey|supavisor|pooler|:6432/|:6543/", re.IGNORECASE)
_PRELOAD = re.compile(r"--preload\b|^\s*preload_app\s*=\s*True|\bpreload_app=True", re.MULTILINE)


@obligation
def size_is_written(case: Case) -> Proof:
    """The size is written as a number, at one place, and nothing else sets it."""
    found: Demand = case.suspect.reading
    where = found.function.place(found.at)
    if len(found.places) > 1:
        return unproved(f"pools of this size are made at {', '.join(found.places)}: which one ran out is not told")
    if found.node is None:
        return unproved(f"what makes the pool is not seen there: let it hand out {found.pool.wanted}", where)
    if unpacks(found.node):
        return unproved(f"options come from elsewhere: set {found.name} to {found.new_size} there", where)
    names = ("pool_size", "max_overflow") if found.name == "pool_size" else (found.name,)
    for name in names:
        known = option(found.node, name)
        if known is not None and (known.number is None or known.number < 0):
            told = found.function.text(known.node)
            return unproved(
                f"{name} comes from `{told}`, which is left alone: it should give {found.new_size}", where
            )
    if option(found.node, "poolclass") is not None or option(found.node, "creator") is not None:
        return unproved("the program chooses the class or the maker of its pool", where)
    return proved("the call has it as a number, or leaves it to the default", where)


@obligation
def demand_is_bounded(case: Case) -> Proof:
    """No more are wanted at once than a server does well with."""
    found: Demand = case.suspect.reading
    if found.pool.wanted > MOST:
        return unproved(
            f"{found.pool.wanted} were wanted at once in one process, and beyond {MOST} a queue is better than more"
            " connections: bound what runs at once, or hold them shorter"
        )
    return observed(f"at most {found.pool.wanted} were out or waited for at once")


@obligation
def server_has_room(case: Case) -> Proof:
    """The server allows so many connections."""
    found: Demand = case.suspect.reading
    if found.local:
        return proved("SQLite knows no limit of connections")
    needed = found.pool.wanted * found.pools
    told = f"{found.pools} pool{'s' * (found.pools != 1)} of up to {found.pool.wanted} need {needed} connections"
    return room_for(needed, found.room, told, "processes")


def room_for(needed: int, room: int, told: str, grower: str) -> Proof:
    """Whether a server with ``room`` for more bears ``needed`` connections, of which more ``grower`` need more."""
    if room < 0:
        return unproved(f"{told}, and what the server allows is not known: give it with --database")
    if needed > SPARE * room:
        return unproved(f"{told}, and the server has room for {room}")
    return observed(f"{told}, and the server has room for {room}; more {grower} need more")


@obligation
def no_pooler_between(case: Case) -> Proof:
    """No pooler between program and server has a limit, or a mode, of its own."""
    return _no_pooler(case.suspect.reading.databases)


def _no_pooler(databases: Iterable[str]) -> Proof:
    for name in databases:
        if POOLER.search(name):
            return unproved(f"{name} looks like a pooler, whose own pool decides")
    return observed("the recorded addresses name none")


@obligation
def made_after_the_fork(case: Case) -> Proof:
    """No process uses a pool that its parent made."""
    found: Demand = case.suspect.reading
    if found.function.qualname == "<module>":
        place = preloads(case.program, found.commands)
        if place:
            return unproved(
                f"made on import, and {place} loads the program before it forks: dispose of it after that"
            )
    return observed("no server that loads the program before it forks was seen")


def preloads(program: Program, commands: Iterable[str]) -> str:
    """Which command or file has gunicorn load the program before it forks; "" if none is seen."""
    for command in commands:
        if "gunicorn" in command and _PRELOAD.search(command):
            return "gunicorn --preload"
    for path in project_files(program.root, "*.py"):
        if "gunicorn" in path.name and _PRELOAD.search(program.read(path) or ""):
            return path.name
    return ""
