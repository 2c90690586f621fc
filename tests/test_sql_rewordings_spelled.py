"""How Python spells a statement: escapes, f-strings with constants, `text()`, constants of other modules; only the change moves."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_sql_rewordings import COUNT, DISTINCT, argued

HEAD = "SELECT DISTINCT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id"
TAIL = " ORDER BY o.id"
SPELLED = {
    "escapes": (f"{HEAD}\n\t{TAIL}", "def ask(conn):\n    return conn.execute('" + HEAD + "\\n\\t" + TAIL + "').fetchall()\n"),
    "a line that goes on": (HEAD + TAIL, "def ask(conn):\n    return conn.execute('''\\\n" + HEAD + "\\\n" + TAIL + "''').fetchall()\n"),
    "escapes side by side": (
        HEAD + "\n" + TAIL,
        "def ask(conn):\n    return conn.execute(\n        '" + HEAD[:16] + "'  # it's\n        u'" + HEAD[16:] + "\\n'\n"
        "        r'" + TAIL + "'\n    ).fetchall()\n",
    ),
    "an f-string of constants": (
        HEAD + TAIL,
        "TABLE = 'orders'\n\n\ndef ask(conn):\n    return conn.execute(f'" + HEAD.replace("orders", "{TABLE}") + TAIL + "').fetchall()\n",
    ),
    "an f-string with a name": (
        HEAD + " WHERE o.code <> '{}'" + TAIL,
        "TABLE = 'orders'\n\n\ndef ask(conn):\n    sql = f\"\"\"" + HEAD.replace("orders", "{ TABLE }") + " WHERE o.code <> '{{}}'" + TAIL
        + '"""\n    return conn.execute(sql).fetchall()\n',
    ),
    "text of SQLAlchemy": (HEAD + TAIL, "def ask(conn):\n    return conn.execute(sa.text('" + HEAD + TAIL + "')).fetchall()\n"),
    "text in a name": (
        HEAD + TAIL,
        "def ask(conn):\n    question = text('" + HEAD + TAIL + "')\n    return conn.execute(question).fetchall()\n",
    ),
}  # fmt: skip


def line_of(source: str) -> int:
    return next(number for number, line in enumerate(source.splitlines(), 1) if "conn.execute(" in line)


@pytest.mark.parametrize("name", SPELLED)
def test_only_the_word_goes(name: str, tmp_path: Path) -> None:
    statement, source = SPELLED[name]
    after, weak = argued(tmp_path, "useless-distinct", statement, source, line_of(source))
    assert after == source.replace("DISTINCT ", ""), weak


def test_a_constant_of_a_module_that_is_imported(tmp_path: Path) -> None:
    (tmp_path / "statements.py").write_text(f'ALL = """{DISTINCT}"""\n')
    source = "import statements\n\n\ndef ask(conn):\n    return conn.execute(statements.ALL).fetchall()\n"
    after, weak = argued(tmp_path, "useless-distinct", DISTINCT, source, 5)
    assert after == f'ALL = """{DISTINCT}"""\n'.replace("DISTINCT ", ""), weak


def test_a_line_end_is_a_blank_where_the_quotes_allow_none(tmp_path: Path) -> None:
    statement = "SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.code = ? OR c.email = ? ORDER BY o.id"
    source = f"def ask(conn, a, b):\n    return conn.execute('{statement}', (a, b)).fetchall()\n"
    after, weak = argued(tmp_path, "or-across-tables", statement, source, 2, "str,str")
    assert "WHERE o.code = ? UNION ALL SELECT o.id" in after, weak
    compile(after, "app.py", "exec")


LEFT = {
    "a hole of unknown content": "def ask(conn, t):\n    return conn.execute(f'" + DISTINCT.replace("orders", "{t}") + "').fetchall()\n",
    "a hole that is changed": "WHAT = 'DISTINCT'\n\n\ndef ask(conn):\n    return conn.execute(f'" + DISTINCT.replace("DISTINCT", "{WHAT}") + "').fetchall()\n",
    "a hole that is formatted": "T = 'orders'\n\n\ndef ask(conn):\n    return conn.execute(f'" + DISTINCT.replace("orders", "{T:s}") + "').fetchall()\n",
    "a constant bound twice": "T = 'orders'\nT = T.lower()\n\n\ndef ask(conn):\n    return conn.execute(f'" + DISTINCT.replace("orders", "{T}") + "').fetchall()\n",
    "text with types": "def ask(conn):\n    return conn.execute(text('" + DISTINCT + "'.strip())).fetchall()\n",
    "percent": "def ask(conn):\n    return conn.execute('" + DISTINCT.replace("orders", "%s") + "' % 'orders').fetchall()\n",
}  # fmt: skip


@pytest.mark.parametrize("name", LEFT)
def test_text_that_is_put_together_stays(name: str, tmp_path: Path) -> None:
    source = LEFT[name]
    after, weak = argued(tmp_path, "useless-distinct", DISTINCT, source, line_of(source))
    assert not after
    assert "text-is-in-one-place" in weak


ANYTHING = {
    "values in a name": (
        "def ask(conn, s):\n    values = (s,)\n    return conn.execute(Q, values).fetchone()[0] > 0\n",
        "EXISTS",
    ),
    "an f-string": (
        "T = 'orders'\n\n\ndef ask(conn, s):\n    return conn.execute(fQ, (s,)).fetchone()[0] > 0\n",
        "EXISTS",
    ),
}


@pytest.mark.parametrize("name", ANYTHING)
def test_a_count_is_asked_for_being_there(name: str, tmp_path: Path) -> None:
    source, text = ANYTHING[name]
    literal = f'"{COUNT}"' if "fQ" not in source else f'"{COUNT.replace("orders", "{T}")}"'
    source = source.replace("Q", literal)
    after, weak = argued(tmp_path, "count-to-exists", COUNT, source, line_of(source))
    assert f'"SELECT {text} (SELECT 1 FROM' in after, weak


MAPPED = {
    "from django.db.models import Count\n\n\ndef ask(conn):\n    return list(Order.objects.distinct())\n": "in Django: leave out `.distinct()`",
    "import sqlalchemy as sa\n\n\ndef ask(conn):\n    return session.scalars(question())\n": "in SQLAlchemy: leave out `.distinct()`",
    "import sqlite3\n\n\ndef ask(conn):\n    return conn.execute(question())\n": "",
}


@pytest.mark.parametrize("source", MAPPED)
def test_what_a_mapper_writes_is_told_in_its_words(source: str, tmp_path: Path) -> None:
    after, weak = argued(tmp_path, "useless-distinct", DISTINCT, source, 5)
    assert not after
    assert weak["text-is-in-one-place"].rpartition("; ")[2].startswith(MAPPED[source] or "its text is put together")
