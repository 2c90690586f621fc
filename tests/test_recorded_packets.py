"""Packets by tshark: what it says is summed up, and where it cannot be used the message says what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from perfprof.optimizer.reports.recorded import packets as section
from perfprof.profilers.journals import Journal
from perfprof.profilers.merge import Writer
from perfprof.profilers.packets import _lines
from perfprof.profilers.parts import packets
from perfprof.profilers.recording import Recording

PROGRAM = """
import http.server, threading, urllib.request

class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()
for _ in range(5):
    urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/").read()
print(server.server_port)
"""

# as tshark 4.0 writes the fields that are asked for: a connection with a packet sent again, and a lookup of a name
SAID = """\
0\t10.0.0.2\t\t40000\t\t10.0.0.9\t\t5432\t\t76\t1\t0\t0\t\t\t\t\t
0\t10.0.0.9\t\t5432\t\t10.0.0.2\t\t40000\t\t76\t1\t1\t0\t\t\t\t\t
0\t10.0.0.2\t\t40000\t\t10.0.0.9\t\t5432\t\t68\t0\t1\t0\t\t\t0.002000000\t\t
0\t10.0.0.2\t\t40000\t\t10.0.0.9\t\t5432\t\t200\t0\t1\t0\t1\t\t0.002000000\t\t
0\t10.0.0.9\t\t5432\t\t10.0.0.2\t\t40000\t\t1000\t0\t1\t1\t\t\t0.002000000\t\t
1\t\t::1\t5433\t\t\t::1\t50000\t\t90\t0\t1\t0\t\t1\t\t\t
\t10.0.0.2\t\t\t5353\t10.0.0.1\t\t\t53\t70\t\t\t\t\t\t\tdb.example\t
\t10.0.0.1\t\t\t53\t10.0.0.2\t\t\t5353\t90\t\t\t\t\t\t\tdb.example\t0.030000000
a line that is none
"""


def record(folder: Path, path: str) -> subprocess.CompletedProcess[str]:
    (folder / "app.py").write_text(PROGRAM)
    (folder / "pyproject.toml").touch()
    argv = [sys.executable, "-m", "perfprof", "record", "--packets", "--", sys.executable, "app.py"]
    return subprocess.run(
        argv, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "PATH": path}
    )


def test_what_tshark_says_is_summed_up_by_server(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "recording.sqlite")
    writer.add_all([Journal({"pid": 1}, []), Journal({"pid": 0}, list(_lines(SAID)))], {})
    writer.finish({"seconds": "1", "cpu_seconds": "1", "interval": "0.005"})
    with Recording.open(tmp_path / "recording.sqlite") as recording:
        database, *_ = packets.read(recording)
        names = {one.server: one for one in packets.read(recording)}
        (lookup,) = packets.lookups(recording)
        told = section.section(recording, tmp_path)
    assert (database.server, database.opened, database.packets) == ("10.0.0.9:5432", 1, 5)
    assert (database.sent, database.received, database.retransmitted, database.resets) == (344, 1076, 1, 1)
    assert database.rtt == 0.002
    assert names["[::1]:5433"].zero_windows == 1, "the lower port is the server's where no beginning was seen"
    assert names["10.0.0.1:53"].packets == 2
    assert (lookup.name, lookup.count, lookup.seconds) == ("db.example", 1, 0.03)
    assert told is not None
    assert told["brief"][0] == (
        "tcp 10.0.0.9:5432 · 1 connections · 344 B there, 1.08 kB back · round trip 2 ms · 1 sent again · 1 resets"
    )


def test_without_tshark_the_message_says_so(tmp_path: Path) -> None:
    ran = record(tmp_path, str(tmp_path))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "packets cannot be captured: tshark is not installed" in ran.stderr
    assert "leave out --packets" in ran.stderr


def test_without_the_right_to_capture_the_message_says_so(tmp_path: Path) -> None:
    """Programs that answer as tshark does to a user without rights."""
    for name in ("tshark", "dumpcap"):
        (tmp_path / name).write_text(
            "#!/bin/sh\necho \"Capturing on 'any'\" >&2\n"
            "echo 'tshark: You do not have permission to capture on device \"any\".' >&2\nexit 1\n"
        )
        (tmp_path / name).chmod(0o755)
    ran = record(tmp_path, str(tmp_path))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "You do not have permission to capture" in ran.stderr
    assert "Give your user the right" in ran.stderr


@pytest.mark.skipif(
    shutil.which("tshark") is None or os.geteuid() != 0, reason="needs tshark and the right to capture"
)
def test_a_real_capture(tmp_path: Path) -> None:
    ran = record(tmp_path, os.environ["PATH"])
    assert ran.returncode == 0, ran.stderr
    assert f"tcp 127.0.0.1:{ran.stdout.strip()} · 5 connections" in ran.stderr
    (kept,) = (tmp_path / ".perfprof" / "runs").iterdir()
    assert not list(kept.rglob("*.pcapng")), "a capture is deleted"
