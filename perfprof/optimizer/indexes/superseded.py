"""Existing indexes whose work a new one does: it begins with their columns, and no statement is the poorer without them.

Only plain b-trees of nobody's constraint count; unique ones, replica identities, parts of a partitioned index and partial
ones stay, as does whatever compares its columns by another rule than the new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from perfprof.optimizer.indexes.clone_what_if import CloneWhatIf, switch
from perfprof.optimizer.indexes.proposals import Selected, templated
from perfprof.optimizer.indexes.sides import WORST
from perfprof.optimizer.scratch.postgres_catalog import Connection
from perfprof.rules.schema.ddl import qualified
from perfprof.rules.schema.indexes import Candidate, Key

SLACK = 10.0  # of the planner's units: a wider index is a few pages longer
_PLAIN = """
SELECT x.relname, n.nspname, CASE WHEN pg_table_is_visible(t.oid) THEN '' ELSE n.nspname END, t.relname,
       array_agg(a.attname::text ORDER BY k.place), array_agg(i.indoption[k.place - 1] & 1 = 1 ORDER BY k.place)
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace JOIN pg_am m ON m.oid = x.relam
CROSS JOIN LATERAL generate_series(1, i.indnatts::int) AS k(place)
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[k.place - 1]
JOIN pg_opclass o ON o.oid = i.indclass[k.place - 1]
WHERE m.amname = 'btree' AND x.relkind = 'i' AND NOT x.relispartition AND i.indisvalid AND NOT i.indisunique
  AND NOT i.indisreplident AND NOT i.indisclustered AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indnatts = i.indnkeyatts
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = x.oid) AND n.nspname NOT LIKE 'pg\\_%'
GROUP BY x.oid, x.relname, n.nspname, t.oid, t.relname
HAVING bool_and(o.opcdefault AND i.indoption[k.place - 1] IN (0, 3) AND i.indcollation[k.place - 1] = a.attcollation)
ORDER BY 2, 1
"""


@dataclass(frozen=True, slots=True)
class Superseded:
    """An existing index, and the new one that does its work."""

    name: str
    space: str  # its schema, whether it needs to be written or not
    by: Candidate


def superseded(original: Connection, chosen: Iterable[Candidate]) -> Iterator[Superseded]:
    """By their columns alone."""
    new = [one for one in chosen if one.method == "btree" and not one.where]
    for name, space, schema, table, names, descending in original.execute(_PLAIN).fetchall():
        keys = tuple(Key(*pair) for pair in zip(names, descending, strict=True))
        mine = (one for one in new if (one.schema, one.table) == (schema, table))
        by = next((one for one in mine if begins(one, keys)), None)
        if by is not None:
            yield Superseded(name, space, by)


def begins(new: Candidate, keys: tuple[Key, ...]) -> bool:
    """Whether an index begins with these columns, read in either direction."""
    first = new.columns[: len(keys)]
    turned = tuple(Key(key.name, not key.descending) for key in keys)
    return first in (keys, turned)


def unneeded(what_if: CloneWhatIf, picked: Selected, found: Iterable[Superseded]) -> tuple[Superseded, ...]:
    """Those without which every statement is planned about as cheaply, each beside those before it."""
    connection, gone = what_if.clone.connection, []
    for one in found:
        row = connection.execute("SELECT to_regclass(%s)::oid", (qualified(one.name, one.space),)).fetchone()
        if row is None or row[0] is None:
            continue
        switch(connection, [], [row[0]])
        costs = {
            query: what_if.plan(query.texts[0], templated(query), picked.chosen).cost for query in picked.after
        }
        if all(cost <= picked.after[query] * WORST + SLACK for query, cost in costs.items()):
            gone.append(one)
        else:
            switch(connection, [row[0]], [])
    return tuple(gone)
