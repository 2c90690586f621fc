"""Requests that programs make by each client library: endpoints, phases, reuse, and the place that asked."""

from __future__ import annotations

import http.server
import ssl
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from perfprof.profilers.parts import network
from perfprof.profilers.parts.network import Endpoint
from perfprof.profilers.workload import record

PYTHON = sys.executable

CLIENTS = {
    "urllib": """
    import urllib.request
    def fetch(path):
        with urllib.request.urlopen(BASE + path) as answer:
            return answer.read()
    def main():
        for n in range(10): fetch(f"/users/{n}")
        fetch("/slow?token=secret")
    main()
    """,
    "http.client": """
    import http.client
    connection = http.client.HTTPConnection(BASE.removeprefix("http://"))
    def fetch(path):
        connection.request("GET", path)
        return connection.getresponse().read()
    for n in range(10): fetch(f"/users/{n}")
    fetch("/slow?token=secret")
    """,
    "requests": """
    import requests
    session = requests.Session()
    def fetch(path):
        return session.get(BASE + path).content
    for n in range(10): fetch(f"/users/{n}")
    fetch("/slow?token=secret")
    """,
    "httpx": """
    import httpx
    told = []
    client = httpx.Client()
    def fetch(path):
        return client.get(BASE + path, extensions={"trace": lambda name, info: told.append(name)}).content
    for n in range(10): fetch(f"/users/{n}")
    fetch("/slow?token=secret")
    assert told
    """,
    "httpx async": """
    import asyncio, httpx
    async def fetch(client, path):
        return (await client.get(BASE + path)).content
    async def main():
        async with httpx.AsyncClient() as client:
            for n in range(10): await fetch(client, f"/users/{n}")
            await fetch(client, "/slow?token=secret")
    asyncio.run(main())
    """,
    "aiohttp": """
    import asyncio, aiohttp
    async def fetch(session, path):
        async with session.get(BASE + path) as answer:
            return await answer.read()
    async def main():
        async with aiohttp.ClientSession() as session:
            for n in range(10): await fetch(session, f"/users/{n}")
            await fetch(session, "/slow?token=secret")
    asyncio.run(main())
    """,
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet

    def do_GET(self):
        if self.path.startswith("/slow"):
            time.sleep(0.08)
        body = b"x" * 100
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *rest):
        pass


@pytest.fixture(scope="module")
def base():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def recorded(folder: Path, program: str) -> tuple[Endpoint, ...]:
    (folder / "app.py").write_text(program)
    with record(
        [PYTHON, "app.py"], cwd=folder, folder=folder / "run", sampler="off", output=folder / "out"
    ) as found:
        assert found.meta["exit_code"] == "0", (folder / "out").read_text()
        return network.read(found)


@pytest.mark.parametrize("library", CLIENTS)
def test_the_slow_endpoint_is_named_with_its_phases(tmp_path, base, library):
    found = recorded(tmp_path, f"BASE = {base!r}\n" + textwrap.dedent(CLIENTS[library]))
    slow, users = sorted(found, key=lambda endpoint: -endpoint.latencies.percentile(50))
    assert (slow.method, slow.url) == ("GET", f"{base}/slow")  # no query: it may hold a secret
    assert (users.method, users.url) == ("GET", f"{base}/users/{{}}")
    assert (users.latencies.count, slow.latencies.count) == (10, 1)
    assert slow.place[0].function == "fetch"
    assert Path(slow.place[0].path).name == "app.py"
    assert slow.phases["first_byte"] > 0.075
    assert slow.phases["first_byte"] > 0.8 * slow.latencies.seconds
    reuses = library != "urllib"
    assert users.opened == (1 if reuses else 10)
    assert users.reuse == pytest.approx(0.9 if reuses else 0.0)
    assert users.phases["connect"] > 0
    assert users.phases["dns"] > 0
    assert users.bytes == 1_000
    assert users.failed == slow.failed == 0


def test_an_answer_that_never_comes_is_a_failure(tmp_path):
    program = """
    import urllib.request, urllib.error
    try:
        urllib.request.urlopen("http://127.0.0.1:9/x", timeout=2)
    except urllib.error.URLError:
        pass
    """
    (found,) = recorded(tmp_path, textwrap.dedent(program))
    assert (found.failed, found.latencies.count) == (1, 1)


def test_the_handshake_of_tls_is_told_apart(tmp_path):
    key = tmp_path / "key.pem"
    openssl = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost"
    subprocess.run(
        [*openssl.split(), "-keyout", str(key), "-out", str(tmp_path / "cert.pem")],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", key)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"https://localhost:{server.server_address[1]}"
    program = f"""
    import ssl, urllib.request, httpx
    context = ssl._create_unverified_context()
    urllib.request.urlopen("{base}/urllib", context=context).read()
    httpx.get("{base}/httpx", verify=False)
    """
    try:
        found = {endpoint.url: endpoint for endpoint in recorded(tmp_path, textwrap.dedent(program))}
    finally:
        server.shutdown()
        server.server_close()
    for name in ("urllib", "httpx"):
        assert found[f"{base}/{name}"].phases["tls"] > 0.0005
        assert found[f"{base}/{name}"].phases["connect"] > 0
