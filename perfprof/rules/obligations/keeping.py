"""Obligations of connections that are kept: who else may set it, and whether threads and server bear it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules.obligations.proofs import obligation, observed, proved, unproved
from perfprof.rules.obligations.settings import POOLER, preloads, room_for
from perfprof.rules.settings.django import set_later
from perfprof.rules.settings.opening import ASYNC, THREADS_STAY
from perfprof.rules.settings.written import option, unpacks

if TYPE_CHECKING:
    from perfprof.rules.rule import Case, Proof
    from perfprof.rules.settings.opening import Opening

_KEYS = ("CONN_MAX_AGE", "CONN_HEALTH_CHECKS")


@obligation
def setting_is_written(case: Case) -> Proof:
    """The database's settings are a dict in one file, and nothing else sets how long connections live."""
    found: Opening = case.suspect.reading
    entry = found.setting
    if entry is None:
        places = ", ".join(one.place for one in found.entries)
        return unproved(f"several settings may be meant: {places}")
    if not isinstance(entry.value, ast.Dict):
        text = entry.function.text(entry.value).partition("(")[0]
        return unproved(f"`{text}` makes it, which is left alone: give it conn_max_age=60", entry.place)
    if unpacks(entry.value):
        return unproved("more settings come from elsewhere", entry.place)
    for key in _KEYS:
        known = option(entry.value, key)
        if known is not None and known.number != 0:
            return unproved(f"{key} is `{entry.function.text(known.node)}` there, which is left alone", entry.place)
        later = set_later(case.program, key)
        if later:
            return unproved(f"{key} is set at {later}, which is left alone")
    options = option(entry.value, "OPTIONS")
    if options is not None and "pool" in entry.function.text(options.node):
        return unproved("a pool keeps the connections, and Django allows no CONN_MAX_AGE beside it", entry.place)
    return proved("a dict that is written there", entry.place)


@obligation
def threads_stay(case: Case) -> Proof:
    """A thread serves one request after the other, so that it finds its connection again."""
    found: Opening = case.suspect.reading
    if found.server in ASYNC:
        return unproved(
            f'{found.server} serves by ASGI, where Django wants no CONN_MAX_AGE: OPTIONS = {{"pool": True}} of Django 5.1'
        )
    if found.server not in THREADS_STAY:
        return unproved(f"{found.server} may make a thread for each request, which would lose its connection")
    place = preloads(case.program, found.commands)
    if place and found.before:
        return unproved(
            f"{place} loads the program before it forks, and Django connected outside of requests:"
            " workers would share that connection"
        )
    return observed(f"threads of {found.server} stay")


@obligation
def server_keeps_as_many(case: Case) -> Proof:
    """The server has room for a connection of each thread."""
    found: Opening = case.suspect.reading
    needed = found.processes * found.at_once
    told = f"{found.processes} processes with up to {found.at_once} requests at once keep {needed} connections"
    return room_for(needed, found.room, told, "threads")


@obligation
def no_pooler_in_transaction_mode(case: Case) -> Proof:
    """No pooler keeps the connections already."""
    found: Opening = case.suspect.reading
    if POOLER.search(found.database):
        return unproved(f"{found.database} looks like a pooler, which keeps connections itself")
    entry = found.setting
    cursors = (
        option(entry.value, "DISABLE_SERVER_SIDE_CURSORS") if entry and isinstance(entry.value, ast.Dict) else None
    )
    if cursors is not None:
        return unproved("DISABLE_SERVER_SIDE_CURSORS is set, as for a pooler, which keeps connections itself")
    return observed("the recorded address names none")
