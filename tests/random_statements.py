"""Random statements, one function a shape: the texts that rewording rules look for, with what makes them hard."""

from __future__ import annotations

import datetime

from random_shapes import Question, Writer, day

Text = tuple[str, tuple[int, ...]]


def membership(w: Writer) -> Text:
    """[NOT] IN (SELECT …)."""
    outer, inner = w.table(), w.table()
    alias = w.pick("p", "")
    own = f"{alias or outer.name}"
    column, other = w.pick(
        ("id", "id"), ("ref", "id"), ("id", "ref"), ("n", "n"), ("t", "t"), ("x", "x"), ("at", "at")
    )
    called = w.pick("q", outer.name if w.chance.random() < 0.2 else "q")
    correlated = [f"{called}.ref = {own}.ref"] if w.chance.random() < 0.15 else []
    tail = w.pick("", "", "", f" ORDER BY {called}.id", f" ORDER BY {called}.id LIMIT 2")
    listed = f"SELECT {called}.{other} FROM {inner.name} {called}{w.where(called, inner, *correlated)}{tail}"
    member = f"{w.pick(own + '.', '')}{column} {w.pick('IN', 'NOT IN', 'NOT IN')} ({listed})"
    columns = w.listed([(own, outer)])
    order, places = w.ordered(columns)
    return f"SELECT {', '.join(columns)} FROM {outer.name} {alias}{w.where(own, outer, member)}{order}", places


def distinct(w: Writer) -> Text:
    """DISTINCT."""
    source, tables = w.joined()
    columns = w.listed(tables)
    order, places = w.ordered(columns)
    alias, table = w.pick(*tables)
    return f"SELECT DISTINCT {', '.join(columns)} FROM {source}{w.where(alias, table)}{order}", places


def either(w: Writer) -> Text:
    """OR across a join."""
    source, tables = w.joined()
    columns = w.listed(tables)
    order, places = w.ordered(columns)
    (alias, table), (other, second) = tables[0], tables[-1]
    both = f"({w.condition(alias, table, w.pick(0, 2))} OR {w.condition(other, second, w.pick(0, 2))})"
    limit = w.pick("", "", " LIMIT 3")
    return f"SELECT {', '.join(columns)} FROM {source}{w.where(alias, table, both)}{order}{limit}", places


def counted(w: Writer) -> Text:
    """A count compared with a small number."""
    outer, inner = w.table(), w.table()
    tie = w.pick("q.ref = p.id", "q.id = p.ref", "q.n = p.n", "q.n > p.n")
    what = w.pick("*", "*", "1", "q.id", "q.n", "DISTINCT q.n")
    count = f"(SELECT count({what}) FROM {inner.name} q{w.where('q', inner, tie)}{w.pick('', '', ' GROUP BY q.n', ' LIMIT 1')})"
    test = w.pick(
        "{} > 0", "{} = 0", "{} >= 1", "0 < {}", "0 = {}", "{} <> 0", "{} > 1", "1 <= {}", "NOT {} > 0", "0 <> {}"
    ).format(count)
    columns = w.listed([("p", outer)])
    order, places = w.ordered(columns)
    if w.chance.random() < 0.3:
        columns.append(w.pick(f"CASE WHEN {test} THEN 1 ELSE 2 END", f"({test}) AS there"))
        return f"SELECT {', '.join(columns)} FROM {outer.name} p{w.where('p', outer)}{order}", places
    return f"SELECT {', '.join(columns)} FROM {outer.name} p{w.where('p', outer, test)}{order}", places


def counts_all(w: Writer) -> Text:
    """A count compared, as the whole statement."""
    source, tables = w.joined()
    alias, table = w.pick(*tables)
    what = w.pick("*", "*", f"{alias}.id", f"{alias}.t")
    term = w.pick("count({}) > 0", "count({}) = 0", "0 < count({})", "count({}) > 1").format(what)
    return f"SELECT {term} AS there FROM {source}{w.where(alias, table)}", ()


def function(w: Writer) -> Text:
    """A function of a column, compared (PostgreSQL)."""
    table = w.table()
    literal = "'" + day(w.chance).isoformat() + "'"
    moment = w.pick(day(w.chance), datetime.datetime(2024, 1, 1), datetime.datetime(2018, 11, 4, 0, 30))
    value = w.pick(literal, w.parameter(moment))
    if not value.startswith("'") and w.pick(True, False):
        value = w.pick(f"CAST({value} AS date)", f"{value}::date")
    unit = w.pick("hour", "day", "week", "month", "quarter", "year")
    compare = w.pick("=", "=", ">=", ">", "<", "<=")
    part = w.pick(
        f"p.at::date {compare} {value}",
        f"date(p.at) {compare} {value}",
        f"date_trunc('{unit}', p.at) {compare} {value}",
        f"(p.at AT TIME ZONE '{w.pick('UTC', 'Pacific/Apia', 'America/Sao_Paulo')}')::date {compare} {value}",
        f"p.at::date BETWEEN {value} AND '2024-03-01'",
        f"extract(year from p.at) {compare} {w.pick(2023, 2024, 2018, 2011)}",
        f"p.{w.pick('n', 'id')} + 0 = {w.pick(0, 1, 2)}",
        f"coalesce(p.{w.pick('n', 'ref')}, {w.pick(0, 1)}) {compare} {w.pick(0, 1, 2)}",
    )
    if value not in part or "%s" not in value:
        w.values.clear()
        w.sorts.clear()
    columns = w.listed([("p", table)])
    order, places = w.ordered(columns)
    where = w.where("p", table, part)
    return f"SELECT {', '.join(columns)} FROM {table.name} p{where}{order}", places


def instead(w: Writer) -> Text:
    """A number that stands for NULL."""
    table = w.table()
    compare = w.pick("=", "=", ">=", ">", "<", "<=")
    part = f"coalesce(p.{w.pick('n', 'ref')}, {w.pick(0, 1)}) {compare} {w.pick(0, 1, 2)}"
    columns = w.listed([("p", table)])
    order, places = w.ordered(columns)
    return f"SELECT {', '.join(columns)} FROM {table.name} p{w.where('p', table, part)}{order}", places


def aggregated(w: Writer) -> Text:
    """An aggregate for each row."""
    inner = w.table()
    source, tables = w.joined()
    alias, table = w.pick(*tables)
    value = w.pick(
        "count(*)",
        "count(q2.t)",
        "count(DISTINCT q2.n)",
        "max(q2.n)",
        "min(q2.ref)",
        "max(q2.at)",
        "sum(q2.n)",
        "min(q2.t)",
        "sum(q2.x)",
    )
    tie = w.pick(f"q2.ref = {alias}.id", f"q2.id = {alias}.ref", f"{alias}.ref = q2.ref", f"q2.n = {alias}.n")
    one = f"(SELECT {value} FROM {inner.name} q2{w.where('q2', inner, tie)})"
    columns = w.listed(tables)
    order, places = w.ordered([f"{name}.id" for name, _ in tables], always=True)
    columns = [
        *(f"{name}.id" for name, _ in tables),
        *columns,
        w.pick(f"{one} AS v", f"coalesce({one}, {w.pick('NULL', one)}) AS k", f"({one}) AS x"),
    ]
    where = w.where(alias, table, *([f"{one} IS NOT NULL"] if w.chance.random() < 0.2 else []))
    return f"SELECT {', '.join(columns)} FROM {source}{where}{order}{w.pick('', '', ' LIMIT 2')}", places


def sorted_in_vain(w: Writer) -> Text:
    """ORDER BY inside of a count or a list, or by more than a key."""
    inner = w.table()
    source, tables = w.joined()
    columns = w.listed(tables)
    tail = w.pick("", "", "", " LIMIT 2")
    if w.chance.random() < 0.35:
        order, _ = w.ordered(columns, always=True)
        alias, table = w.pick(*tables)
        named = ", ".join(f"{column} AS c{at}" for at, column in enumerate(columns))
        count = w.pick("count(*)", "count(*) AS n", "count(c0)", "count(*), max(c0)")
        return (
            f"SELECT {count} FROM (SELECT {w.pick('', 'DISTINCT ')}{named} FROM {source}{w.where(alias, table)}{order}{tail}) s",
            (),
        )
    if w.chance.random() < 0.5:
        listed = (
            f"SELECT q2.id FROM {inner.name} q2{w.where('q2', inner)} ORDER BY q2.{w.pick('n', 't', 'id')}{tail}"
        )
        order, places = w.ordered(columns[:1])
        return (
            f"SELECT {columns[0]} FROM {source} WHERE p.{w.pick('id', 'ref')} {w.pick('IN', 'NOT IN')} ({listed}){order}",
            places,
        )
    keys = [f"{alias}.id" for alias, _ in tables]
    w.chance.shuffle(keys)
    terms = [*keys[: w.pick(1, 2)], *w.listed(tables)]
    if w.chance.random() < 0.2:
        w.chance.shuffle(terms)
    columns = list(dict.fromkeys(terms))
    order = " ORDER BY " + ", ".join(
        one + w.pick("", " DESC", " DESC NULLS LAST", " NULLS FIRST") for one in columns
    )
    alias, table = w.pick(*tables)
    return f"SELECT {', '.join(columns)} FROM {source}{w.where(alias, table)}{order}{tail}", tuple(
        range(len(columns))
    )


def united(w: Writer) -> Text:
    """UNION of two halves, which now and then name themselves."""
    (one, first), (other, second) = ((name, w.table()) for name in ("p", "q"))
    marks = w.pick(("'a'", "'b'"), ("'a'", "'b'"), ("1", "2"), ("1", "1.0"), ("'a'", "'A'"), ("'a'", "'a'"))
    columns = ["id", *w.pick((), ("ref",), ("n",))] if w.chance.random() < 0.8 else ["ref"]
    halves = [
        f"SELECT {mark} AS kind, {', '.join(f'{alias}.{column}' for column in columns)} FROM {table.name} {alias}{w.where(alias, table)}"
        for mark, alias, table in ((marks[0], one, first), (marks[1], other, second))
    ]
    places = w.chance.sample(range(len(columns) + 1), w.chance.randint(1, len(columns) + 1))
    order = ", ".join(w.pick(str(at + 1), ["kind", *columns][at]) for at in places)
    return f"{halves[0]} {w.pick('UNION', 'UNION', 'UNION ALL')} {halves[1]} ORDER BY {order}", tuple(places)


def joined_in_vain(w: Writer) -> Text:
    """A join of which nothing is read."""
    first, second = w.pick((1, 0), (2, 1), (2, 1), (w.pick(0, 1, 2), w.pick(0, 1, 2)))
    p, q = w.shape.tables[first], w.shape.tables[second]
    on = w.pick("q.id = p.ref", "q.id = p.ref", "p.ref = q.id", "q.ref = p.id", "q.id = p.id")
    columns = w.listed([("p", p)])
    keys = ["p.id", *columns] if w.chance.random() < 0.8 else columns
    order, places = w.ordered(list(dict.fromkeys(keys)), always=True)
    columns = list(dict.fromkeys(keys))
    more = w.pick(
        "", "", f" JOIN {w.shape.tables[0].name} r ON r.id = q.ref", f" LEFT JOIN {q.name} s ON s.id = p.n"
    )
    start = w.pick(f"{p.name} p", f"{p.name} p", f"{q.name} o LEFT JOIN {p.name} p ON p.id = o.n")
    if w.chance.random() < 0.2:
        return (
            f"SELECT count(*) FROM {start} {w.pick('', 'INNER ')}JOIN {q.name} q ON {on}{more}{w.where('p', p)}",
            (),
        )
    limit = w.pick("", "", " LIMIT 2")
    text = f"SELECT {', '.join(columns)} FROM {start} JOIN {q.name} q ON {on}{more}{w.where('p', p)}{order}{limit}"
    return text, places


SHAPES: dict[str, tuple[Question, ...]] = {
    "postgresql": (
        joined_in_vain,
        membership,
        distinct,
        either,
        counted,
        counts_all,
        function,
        aggregated,
        sorted_in_vain,
        united,
    ),
    "sqlite": (membership, distinct, either, counted, counts_all, instead, aggregated, sorted_in_vain, united),
}
