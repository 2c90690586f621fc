"""What stands between perfprof and a server may not take away that the connection is read only and gives up early."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

psycopg = pytest.importorskip("psycopg")

from perfprof.errors import PerfprofError  # noqa: E402
from perfprof.optimizer.scratch.postgres import Server  # noqa: E402
from perfprof.optimizer.scratch.sources import Source  # noqa: E402

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server.start(tmp_path_factory.mktemp("pg")) as running:
        yield running


def without_options(packet: bytes) -> bytes:
    """The first message of a client, less what PgBouncer leaves out with ``ignore_startup_parameters = options``."""
    fields = packet[8:].rstrip(b"\0").split(b"\0")
    pairs = [(name, value) for name, value in zip(fields[::2], fields[1::2], strict=True) if name != b"options"]
    body = b"".join(name + b"\0" + value + b"\0" for name, value in pairs) + b"\0"
    return struct.pack("!I", len(body) + 8) + packet[4:8] + body


def forwarded(source: socket.socket, target: socket.socket) -> None:
    while data := source.recv(65536):
        target.sendall(data)
    target.close()


def pooled(listener: socket.socket, behind: str) -> None:
    client, _ = listener.accept()
    with client, socket.socket(socket.AF_UNIX) as upstream:
        upstream.connect(behind)
        upstream.sendall(without_options(client.recv(65536)))
        threading.Thread(target=forwarded, args=(client, upstream), daemon=True).start()
        with_answers = threading.Thread(target=forwarded, args=(upstream, client), daemon=True)
        with_answers.start()
        with_answers.join()


def test_a_pooler_that_drops_what_it_was_told_is_refused(server: Server, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / ".s.PGSQL.6432"))
        listener.listen()
        behind = next(str(path) for path in server.socket.iterdir() if path.is_socket())
        threading.Thread(target=pooled, args=(listener, behind), daemon=True).start()
        user = f"{server.user}:{server.password}"
        source = Source.of(
            f"postgresql://{user}@/postgres?host={quote(str(tmp_path), safe='')}&port=6432", tmp_path
        )
        with pytest.raises(PerfprofError, match="would not be read only") as caught, source.connected():
            pytest.fail("it was used")
        assert "pooler" in caught.value.todo
        assert server.password not in str(caught.value)


def test_the_server_knows_what_the_connection_may_not(server: Server, tmp_path: Path) -> None:
    with Source.of(server.url_of("postgres"), tmp_path).connected() as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == ("5s",)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("CREATE TABLE x ()")
