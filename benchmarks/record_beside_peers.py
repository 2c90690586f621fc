"""What recording costs the program, beside py-spy, pyinstrument, scalene, memray and cProfile in the same run.

    python benchmarks/record_beside_peers.py [--rounds 5] [--times 4] [--only calls sql] [--tools perfprof]

Each figure is the median of ratios of the target's own CPU seconds (its children included), tool over plain, in fresh
processes one after the other within a round. --times repeats the work, so that ticks of 10 ms do not decide. "sampling" is perfprof's sampler alone, "everything" all its recorders
but memory. A tool that is not installed, or whose run fails, is left out and said so.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from perfprof.profilers.cpu import find_py_spy
from perfprof.profilers.processes import run
from perfprof.profilers.workload import record

MAIN = """
import os, sys
from program import work
if __name__ == "__main__":
    before = os.times()
    for _ in range(int(sys.argv[2])):
        work()
    after = os.times()
    with open(sys.argv[1], "w") as file:
        file.write(str(sum(after[:4]) - sum(before[:4])))
"""

CALLS = """
class Vector:
    def __init__(self, x, y): self.x, self.y = x, y
    def add(self, other): return Vector(self.x + other.x, self.y + other.y)
    def norm(self): return (self.x * self.x + self.y * self.y) ** 0.5
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
def work():
    total = Vector(0, 0)
    for i in range(300_000):
        total = total.add(Vector(i, -i))
        if total.norm() > 1e9: total = Vector(0, 0)
    fib(26)
"""

SQL = """
import json, sqlite3
def work():
    connection = sqlite3.connect(":memory:")
    connection.execute("create table orders (id integer primary key, customer integer, body text)")
    rows = ((i, i % 50, json.dumps({"id": i, "lines": list(range(20))})) for i in range(3_000))
    connection.executemany("insert into orders values (?, ?, ?)", rows)
    total = 0
    for turn in range(12):
        for customer in range(50):
            found = connection.execute("select body from orders where customer = ?", (customer,)).fetchall()
            total += sum(len(json.loads(body)["lines"]) for (body,) in found)
        for key in range(1_000):
            connection.execute("select body from orders where id = ?", (key,)).fetchone()
    return total
"""

SERVER = """
import asyncio, json
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

async def order(request):
    await asyncio.sleep(0)
    lines = [{"sku": str(n), "n": n} for n in range(60)]
    return JSONResponse({"id": request.path_params["number"], "total": sum(line["n"] for line in lines), "lines": lines})

async def client(port, count):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in range(count):
        writer.write(f"GET /orders/{number} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n".encode())
        head = await reader.readuntil(b"\\r\\n\\r\\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\\r")[0])
        await reader.readexactly(length)
    writer.close()

async def main():
    app = Starlette(routes=[Route("/orders/{number:int}", order)])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    await asyncio.gather(*(client(port, 500) for _ in range(4)))
    server.should_exit = True
    await task

def work():
    asyncio.run(main())
"""

POOL = """
import multiprocessing
def crunch(n):
    seen = {}
    for i in range(20_000):
        seen[i % 997] = seen.get(i % 997, 0) + (i * n) % 7
    return sum(seen.values())
def work():
    with multiprocessing.Pool(2) as pool:
        result = pool.map(crunch, range(200), chunksize=5)
        pool.close()
        pool.join()
    return sum(result)
"""

WORKLOADS = {"calls": CALLS, "sql": SQL, "async server": SERVER, "multiprocessing": POOL}


def _perfprof(sampler: str, **named: object) -> Callable[[Path, list[str]], None]:
    def start(folder: Path, argv: list[str]) -> None:
        record(
            [sys.executable, *argv],
            cwd=folder,
            folder=folder / "run",
            sampler=sampler,
            output=folder / "o",
            **named,
        ).close()

    return start


def _command(*words: str) -> Callable[[Path, list[str]], None]:
    def start(folder: Path, argv: list[str]) -> None:
        with open(folder / "o", "wb") as out:
            run(
                [*words, *argv],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                timeout=120,
            )

    return start


def tools() -> dict[str, Callable[[Path, list[str]], None]]:
    """How each is started."""
    python = sys.executable
    found = {
        "plain": _command(python),
        "perfprof sampling": _perfprof("loops", recorders=()),
        "perfprof everything": _perfprof("auto"),
    }
    py_spy = find_py_spy()
    if py_spy is not None:
        found["py-spy 100 Hz"] = _command(py_spy, "record", "-s", "-o", "p.svg", "--", python)
    peers = {
        "pyinstrument": ("-m", "pyinstrument", "-o", "p.txt"),
        "scalene": ("-m", "scalene", "run", "--cpu-only", "-o", "s.json"),
        "memray": ("-m", "memray", "run", "-q", "-f", "-o", "m.bin", "--follow-fork"),
        "cProfile": ("-m", "cProfile", "-o", "c.prof"),
    }
    for name, words in peers.items():
        if importlib.util.find_spec(words[1]) is not None:
            found[name] = _command(python, *words)
        else:
            print(f"{name} is not installed")
    return found


def measure(program: str, rounds: int, times: int, only: str) -> dict[str, list[float]]:
    """Ratios of CPU seconds to the plain run of the same round; in what order, changes from round to round."""
    starts = {name: start for name, start in tools().items() if name == "plain" or only in name}
    ratios: dict[str, list[float]] = {name: [] for name in starts if name != "plain"}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "program.py").write_text(program)
        (folder / "main.py").write_text(MAIN)
        for turn in range(-1, rounds):  # the first round warms up
            order = list(starts)[:: 1 if turn % 2 else -1]
            seconds = {name: _seconds(folder, starts[name], times) for name in order}
            for name, told in ratios.items():
                if turn >= 0 and seconds[name] and seconds["plain"]:
                    told.append(seconds[name] / seconds["plain"])
    return ratios


def _seconds(folder: Path, start: Callable[[Path, list[str]], None], times: int) -> float:
    told = folder / "seconds"
    told.unlink(missing_ok=True)
    start(folder, ["main.py", str(told), str(times)])
    return float(told.read_text()) if told.exists() else 0.0


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--times", type=int, default=4)
    parser.add_argument("--tools", default="", help="only those whose name contains this")
    parser.add_argument("--only", nargs="+", choices=list(WORKLOADS), default=list(WORKLOADS))
    options = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, {options.rounds} rounds", flush=True)
    for name in options.only:
        print(f"\n{name}", flush=True)
        for tool, ratios in measure(WORKLOADS[name], options.rounds, options.times, options.tools).items():
            spread = f"({min(ratios):.2f} - {max(ratios):.2f})" if ratios else ""
            print(
                f"  {tool:<22} CPU x{statistics.median(ratios):.2f}  {spread}" if ratios else f"  {tool:<22} failed"
            )


if __name__ == "__main__":
    main()
