"""Statements out of scripts, recordings and logs; and how `perfprof advise` treats a database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from perfprof.errors import UsageError
from perfprof.optimizer.statements.sources import seen
from perfprof.optimizer.statements.workload import workload

STDERR = """\
2024-05-01 10:00:00.000 UTC [17] app@shop LOG:  duration: 2.500 ms  statement: SELECT *
\tFROM t
\tWHERE a = 'secret'
2024-05-01 10:00:01.000 UTC [17] app@shop LOG:  duration: 1.000 ms  execute <unnamed>: SELECT 1 FROM t WHERE a = $1
2024-05-01 10:00:01.000 UTC [17] app@shop DETAIL:  Parameters: $1 = 'LOG:  statement: DROP TABLE t'
2024-05-01 10:00:02.000 UTC [17] app@shop ERROR:  syntax error
2024-05-01 10:00:02.000 UTC [17] app@shop STATEMENT:  SELEC 1
2024-05-01 10:00:03.000 UTC [17] app@shop LOG:  duration: 9.000 ms  plan:
\tQuery Text: SELECT b
\tFROM t WHERE c > 5
\tSeq Scan on t  (cost=0.00..1.00 rows=1 width=4)
\t  Filter: (c > 5)
2024-05-01 10:00:04.000 UTC [17] app@shop LOG:  checkpoint starting: time
"""
CSV = (
    '2024-05-01 10:00:00.000 UTC,"app","shop",17,"[local]",66,1,"SELECT",2024-05-01 10:00:00 UTC,3/4,0,LOG,00000,'
    '"duration: 3.000 ms  statement: SELECT ""a""\nFROM t",,,,,,,,,"psql","client backend",,0\n'
)
JSON = "\n".join(
    json.dumps({"error_severity": severity, "message": message})
    for severity, message in [
        ("LOG", "statement: SELECT a FROM t"),
        ("ERROR", "statement: SELECT wrong"),
        ("LOG", 'duration: 4.0 ms  plan:\n{"Query Text": "SELECT b FROM t", "Plan": {}}'),
    ]
)
DJANGO = """\
DEBUG 2024 (0.004) SELECT "t"."a" FROM "t" WHERE "t"."b" = 'x; args=('; args=('x; args=(',); alias=default
(0.001) UPDATE t
SET a = 1; args=(1,); alias=default
"""
SQLALCHEMY = """\
2024-05-01 10:00:00,000 INFO sqlalchemy.engine.Engine BEGIN (implicit)
2024-05-01 10:00:00,000 INFO sqlalchemy.engine.Engine SELECT t.a
FROM t
WHERE t.b = %(b_1)s
2024-05-01 10:00:00,000 INFO shop something else
2024-05-01 10:00:00,001 INFO sqlalchemy.engine.Engine [generated in 0.00010s] {'b_1': 'secret'}
2024-05-01 10:00:00,002 INFO sqlalchemy.engine.Engine COMMIT
"""


@pytest.mark.parametrize(
    ("text", "expected", "seconds"),
    [
        ("SELECT ';' FROM t; -- note\nSELECT 2;", ["SELECT ';' FROM t", "-- note\nSELECT 2"], 0.0),
        (
            STDERR,
            [
                "SELECT *\nFROM t\nWHERE a = 'secret'",
                "SELECT 1 FROM t WHERE a = $1",
                "SELECT b\nFROM t WHERE c > 5",
            ],
            0.0125,
        ),
        (CSV, ['SELECT "a"\nFROM t'], 0.003),
        (JSON, ["SELECT a FROM t", "SELECT b FROM t"], 0.004),
        (DJANGO, ['SELECT "t"."a" FROM "t" WHERE "t"."b" = \'x; args=(\'', "UPDATE t\nSET a = 1"], 0.005),
        (SQLALCHEMY, ["SELECT t.a\nFROM t\nWHERE t.b = %(b_1)s"], 0.0),
    ],
    ids=["script", "stderr", "csv", "json", "django", "sqlalchemy"],
)
def test_each_kind_of_file_is_told_by_its_contents(
    text: str, expected: list[str], seconds: float, tmp_path: Path
) -> None:
    file = tmp_path / "statements.txt"
    file.write_text(text)
    found = list(seen(file, "postgresql"))
    assert [one.text.strip() for one in found] == expected
    assert sum(one.seconds for one in found) == pytest.approx(seconds)


def test_the_workload_counts_and_names_no_value(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text(STDERR + STDERR.replace("secret", "hidden"))
    queries = workload(seen(file, "postgresql"), "postgresql").queries
    assert max(query.calls for query in queries) == 2
    assert not any("secret" in query.name or "secret" in repr(query) for query in queries)


def test_bytes_are_no_statements(tmp_path: Path) -> None:
    file = tmp_path / "x.bin"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="no file of statements"):
        list(seen(file, "postgresql"))
