"""Logs as they lie about: in other languages, compressed, cut off at both ends, from syslog, and with what is no line's end."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from perfprof.errors import UsageError
from perfprof.optimizer.statements.sources import seen
from perfprof.optimizer.statements.workload import Seen, workload

# What PostgreSQL 15 wrote with each `lc_messages` that it has and another log_line_prefix: a statement, then one that
# was parsed, bound and executed, and its parameters.
LANGUAGES = Path(__file__).parent.parent / "fixtures/postgres_log_languages.txt"
UPDATE, SELECT = (
    "UPDATE t SET a = 'LOG:  statement: nothing' WHERE b = 3",
    "SELECT b FROM t WHERE b = $1 AND a <> $2",
)


def languages() -> Iterator[tuple[str, str]]:
    for part in LANGUAGES.read_text("utf-8").split("# ")[1:]:
        language, _, log = part.partition("\n")
        yield language, log


def read(folder: Path, data: bytes) -> list[Seen]:
    path = folder / "given"
    path.write_bytes(data)
    return list(seen(path, "postgresql"))


@pytest.mark.parametrize(("language", "log"), list(languages()))
def test_the_server_s_words_in_each_language(language: str, log: str, tmp_path: Path) -> None:
    found = read(tmp_path, log.encode())
    assert [one.text for one in found] == [UPDATE, SELECT], language
    assert all(0 < one.seconds < 0.1 for one in found)


LOG = "2026-11-23 17:12:03.443 UTC [9] LOG:  duration: 1.000 ms  statement: SELECT a\n\tFROM t WHERE b = {}\n"
ROW = '2026-11-23 17:12:03.443 UTC,"u","d",9,"[local]",6b.9,3,"SELECT",2026-11-23 17:12:03 UTC,3/0,0,LOG,00000,"statement: SELECT a{}",,,,,,,,,"","client backend",,0\n'


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_logs_are_read_as_they_are(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    data = "".join(LOG.format(number) for number in range(3_000)).encode()
    assert len(read(tmp_path, pack(data))) == 3_000
    packed = pack(data)
    assert len(read(tmp_path, packed[: len(packed) - 9])) <= 3_000, "cut off, and read as far as it goes"


def test_a_compression_that_python_lacks_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="zstd"):
        read(tmp_path, b"\x28\xb5\x2f\xfd" + bytes(20))


def test_a_log_that_was_rotated_begins_and_ends_anywhere(tmp_path: Path) -> None:
    rows = "".join(ROW.format(f"\n, {number}\u2028\x0c\x85 FROM t") for number in range(5))
    found = read(tmp_path, rows[150:-60].encode())
    assert [one.text for one in found] == [f"SELECT a\n, {number}\u2028\x0c\x85 FROM t" for number in (1, 2, 3)]
    lines = "".join(LOG.format(f"'x\x0cy\u2028z{number}'") for number in range(3))
    found = read(tmp_path, lines[90:-4].encode())
    assert [one.text for one in found][:1] == ["SELECT a\nFROM t WHERE b = 'x\x0cy\u2028z1'"]


def test_statements_beyond_the_csv_module_s_limit_are_whole(tmp_path: Path) -> None:
    (one,) = read(tmp_path, ROW.format(", '" + "x" * 300_000 + "' FROM t").encode())
    assert len(one.text) > 300_000


SYSLOG = """\
Nov 23 10:00:00 db postgres[17]: [5-1] 2026-11-23 10:00:00 UTC LOG:  duration: 2.0 ms  statement: SELECT a
Nov 23 10:00:00 db postgres[17]: [5-2] #011FROM t
Nov 23 10:00:00 db postgres[17]: [5-3] #011WHERE b = 1
Nov 23 10:00:01 db postgres[17]: [6-1] 2026-11-23 10:00:01 UTC LOG:  statement: SELECT 2
"""


def test_syslog(tmp_path: Path) -> None:
    assert [one.text for one in read(tmp_path, SYSLOG.encode())] == ["SELECT a\nFROM t\nWHERE b = 1", "SELECT 2"]


def test_text_of_another_encoding_takes_nothing_else_along(tmp_path: Path) -> None:
    data = LOG.format("'caf\xe9'").encode("latin-1") + LOG.format(7).encode()
    assert [one.text for one in read(tmp_path, data)][1] == "SELECT a\nFROM t WHERE b = 7"


def test_memory_follows_the_statements_and_not_the_log() -> None:
    """Twenty thousand different texts of two statements."""
    many = (
        (
            Seen(f"SELECT a FROM t WHERE b = {number} AND c = 'user{number}@example.org'", seconds=0.001)
            if number % 2
            else Seen(f"DELETE FROM t WHERE b IN ({number}, {number + 1})")
        )
        for number in range(20_000)
    )
    tracemalloc.start()
    found = workload(many, "postgresql")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [one.calls for one in found.queries] == [10_000, 10_000]
    assert peak < 10e6
