"""The shared, named obligations of the Python rules, and how each is shown.

An obligation reads on after "safe if". Its check answers with a level: proved by reading, guarded (the rewrite
writes a run-time test that falls back to the old path), observed in every recorded run, or open.
"""

from __future__ import annotations

from perfprof.rules.obligations.collection import (
    builtins_are_builtin,
    collection_unchanged,
    index_has_a_place,
    is_a_list,
    loops_run_no_code,
    walked_again,
)
from perfprof.rules.obligations.dict_scans import DICT_SCAN, is_a_dict, members_hash_as_equal
from perfprof.rules.obligations.growth import (
    copies_unwanted,
    made_here,
    parts_are_lists,
    statement_has_lines,
)
from perfprof.rules.obligations.keys import elements_hash_as_equal, keys_hash_as_equal, reads_are_plain
from perfprof.rules.obligations.queues import (
    deque_is_free,
    every_use_in_sight,
    never_taken_when_empty,
    queue_made_here,
)
from perfprof.rules.obligations.rows import keys_unchanged, other_rows_idle, row_unread_after, wanted_key_fixed

# What it takes to let a loop walk only the rows whose key can match (`perfprof.rules.searching.narrowing`).
NARROWING = (
    other_rows_idle,
    collection_unchanged,
    keys_unchanged,
    wanted_key_fixed,
    row_unread_after,
    walked_again,
    keys_hash_as_equal,
    reads_are_plain,
    loops_run_no_code,
    index_has_a_place,
    builtins_are_builtin,
)

# What it takes to answer from something that was made once of a list (`perfprof.rules.searching.list_answers`).
ASKING = (
    is_a_list,
    elements_hash_as_equal,
    collection_unchanged,
    loops_run_no_code,
    index_has_a_place,
    builtins_are_builtin,
)

__all__ = [
    "ASKING",
    "DICT_SCAN",
    "NARROWING",
    "builtins_are_builtin",
    "collection_unchanged",
    "copies_unwanted",
    "deque_is_free",
    "elements_hash_as_equal",
    "every_use_in_sight",
    "index_has_a_place",
    "is_a_dict",
    "is_a_list",
    "keys_hash_as_equal",
    "keys_unchanged",
    "loops_run_no_code",
    "made_here",
    "members_hash_as_equal",
    "never_taken_when_empty",
    "other_rows_idle",
    "parts_are_lists",
    "queue_made_here",
    "reads_are_plain",
    "row_unread_after",
    "statement_has_lines",
    "walked_again",
    "wanted_key_fixed",
]
