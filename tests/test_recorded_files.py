"""Files and collections: what is noted, and that open() stays what it was."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from perfprof.profilers.parts import collections, files, syscalls
from perfprof.profilers.parts.files import Access
from perfprof.profilers.tools import without_strace
from perfprof.profilers.workload import record

PYTHON = sys.executable

SAME = r"""
import builtins, codecs, copy, gzip, io, os, pathlib, pickle, sys, tempfile, warnings
warnings.simplefilter("always")
def show(*values): print(*values)
def raised(function, *arguments, **named):
    try:
        function(*arguments, **named)
    except BaseException as error:
        show(type(error).__name__, error)
show(open, open.__name__, io.open is open, pickle.loads(pickle.dumps(open)) is open, copy.deepcopy(open) is open)
class Holder:
    opener = open
    def get(self, path):
        with self.opener(path) as file:
            return file.read()
with open("a.txt", "w", encoding="utf-8", newline="") as file:
    show(file, file.buffer, file.buffer.raw, file.line_buffering, file.write("one\r\ntwo\n\u00e9"), file.tell())
show(Holder().get("a.txt"))
for mode in ("r", "rt", "rb", "r+", "rb+", "br+", "a+", "ab", "w+b", "+tr"):
    with open("a.txt" if "w" not in mode else "b.bin", mode) as file:
        show(mode, type(file), file.mode, file.name, file.readable(), file.writable(), file.seekable())
        if file.readable():
            file.seek(0)
            show(repr(file.read(3)), repr(file.readline()), repr(file.read()))
with open(b"b.bin", "wb", buffering=0) as file:
    show(type(file), file.write(b"abc" * 1000))
with open(pathlib.Path("b.bin"), "rb") as file:
    target = bytearray(10)
    show(file.readinto(target), target, file.peek(2)[:2], file.seek(-2, 2), file.read(), isinstance(file.raw, io.FileIO))
with open("b.bin", "r+b") as file:
    show(file.read(2), file.write(b"XY"), file.seek(0), file.read(6), file.truncate(5))
for arguments in (("gone.txt",), ("a.txt", "q"), ("a.txt", "rw"), ("a.txt", "rb", -1, "utf-8"), ("a.txt", "w", 0),
                  (None,), (3.5,), ("a.txt", "x"), (".", "r"), ("a.txt", "r", -1, "no-such-code"), ("a\0b",)):
    raised(open, *arguments)
with warnings.catch_warnings(record=True) as caught:
    open("b.bin", "rb", 1).close()
    show([(str(one.message), os.path.basename(one.filename)) for one in caught])
with warnings.catch_warnings(record=True) as caught:
    open("b.bin", "rb")
    show([str(one.message) for one in caught])
descriptor = os.open("a.txt", os.O_RDONLY)
with open(descriptor) as file: show(file.read())
with open("c.txt", "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file: file.write("x")
show(oct(os.stat("c.txt").st_mode))
with gzip.open("z.gz", "wt") as file: file.write("packed" * 10)
with gzip.open("z.gz", "rt") as file: show(file.read(12))
with codecs.open("a.txt", "r", "utf-8") as file: show(repr(file.read()))
show(pathlib.Path("a.txt").read_text("utf-8").splitlines(), pathlib.Path("a.txt").read_bytes())
with tempfile.TemporaryFile("w+") as file:
    file.write("temporary"); file.seek(0); show(file.read())
for line in open("a.txt"): show(repr(line))
show(sys.getsizeof(b""))
"""


def run(folder: Path, program: str) -> tuple[tuple[Access, ...], str]:
    (folder / "app.py").write_text(textwrap.dedent(program))
    with record(
        [PYTHON, "app.py"], cwd=folder, folder=folder / "run", sampler="off", output=folder / "out"
    ) as found:
        assert found.meta["exit_code"] == "0", (folder / "out").read_text()
        return files.read(found), (folder / "out").read_text("utf-8")


def test_open_stays_what_it_was(tmp_path):
    for name in ("plain", "recorded"):
        (tmp_path / name).mkdir()
    (tmp_path / "plain" / "app.py").write_text(SAME)
    argv, both = [PYTHON, "app.py"], {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    plain = subprocess.run(argv, cwd=tmp_path / "plain", text=True, check=True, **both)
    _, recorded = run(tmp_path / "recorded", SAME)
    assert recorded.replace(str(tmp_path / "recorded"), str(tmp_path / "plain")) == plain.stdout


def test_calls_bytes_and_the_place_that_opened(tmp_path):
    accesses, _ = run(
        tmp_path,
        """
        def save(number):
            with open(f"part-{number}.txt", "w") as file:
                for _ in range(100):
                    file.write("x" * 1000)

        def load(number):
            with open(f"part-{number}.txt", "rb") as file:
                return file.read()

        def unbuffered():
            with open("part-0.txt", "rb", buffering=0) as file:
                while file.read(1):
                    if file.tell() == 500:
                        break
        for number in range(10):
            save(number)
            load(number)
        unbuffered()
        """,
    )
    found = {(access.deed, access.place[0].function): access for access in accesses}
    assert found["write", "save"].path == str(tmp_path / "part-{}.txt")
    assert found["write", "save"].bytes == 1_000_000
    assert 100 < found["write", "save"].latencies.count < 300  # of the system, not of the program
    assert found["open", "load"].latencies.count == 10
    assert found["read", "load"].bytes == 1_000_000
    assert found["read", "unbuffered"].latencies.count == 500
    assert 0 < found["read", "unbuffered"].latencies.percentile(50) < 0.001


def test_collections_are_counted_by_generation(tmp_path):
    (tmp_path / "app.py").write_text(
        "import gc\n"
        "class Node: pass\n"
        "for _ in range(20_000):\n"
        "    node = Node(); node.me = node\n"
        "gc.collect()\n"
    )
    with record(
        [PYTHON, "app.py"], cwd=tmp_path, folder=tmp_path / "run", sampler="off", output=tmp_path / "out"
    ) as found:
        generations = {one.generation: one for one in collections.read(found)}
        assert collections.by_second(found)
    assert generations[0].pauses.count > 5
    assert generations[2].pauses.count >= 1
    assert sum(one.collected for one in generations.values()) >= 19_999
    assert generations[0].pauses.longest >= generations[0].pauses.mean > 0


@pytest.mark.skipif(bool(without_strace()), reason=without_strace())
def test_system_calls_are_counted_by_strace(tmp_path):
    (tmp_path / "app.py").write_text(
        "import os, sys\nfor _ in range(500): os.stat('.')\nprint('done', flush=True)\nsys.exit(3)\n"
    )
    out = tmp_path / "out"
    with record([PYTHON, "app.py"], cwd=tmp_path, folder=tmp_path / "run", trace="syscalls", output=out) as found:
        calls = {one.name: one for one in syscalls.read(found)}
        if not calls and "left no summary" in found.meta["notes"]:
            pytest.skip("this system forbids tracing")
        assert found.meta["exit_code"] == "3"
    assert out.read_text() == "done\n"
    assert sum(one.calls for name, one in calls.items() if "stat" in name) >= 500
