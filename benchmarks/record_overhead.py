"""What the recorders cost the program, and how well the loop sampler knows the hot loop.

    python benchmarks/record_overhead.py [--rounds 5] [--python python3.12 ...]

Each figure is the median of ratios of CPU seconds of the program itself, plain against recorded by turns in fresh
processes; statements as microseconds a query; probes as the ratio of the probed run. Truth: the share of the samples
in the function that are on the loop which by construction takes its time.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from perfprof.profilers.observations import Watch
from perfprof.profilers.processes import run
from perfprof.profilers.workload import observe, record

CALLS = """
class Vector:
    def __init__(self, x, y): self.x, self.y = x, y
    def add(self, other): return Vector(self.x + other.x, self.y + other.y)
    def norm(self): return (self.x * self.x + self.y * self.y) ** 0.5
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
def work(total=Vector(0, 0)):
    for i in range(60_000):
        total = total.add(Vector(i, -i))
        if total.norm() > 1e9: total = Vector(0, 0)
    fib(23)
"""

MIXED = """
import json
bodies = [json.dumps({"id": i, "tags": list("abcdef"), "lines": [{"sku": str(j), "n": j} for j in range(9)]}) for i in range(500)]
def work():
    orders = [json.loads(body) for body in bodies * 8]
    by_sku = {}
    for order in orders:
        for line in order["lines"]:
            by_sku.setdefault(line["sku"], []).append(line["n"] + len(order["tags"]))
    return sorted((sum(found), sku) for sku, found in by_sku.items())
"""

LOOPS = """
def join(xs, ys):
    found = []
    for x in xs:
        for y in ys:
            if x == y:
                found.append(x)
    return found
def dedupe(rows):
    seen = []
    for row in rows:
        if row not in seen:
            seen.append(row)
    return seen
def work():
    join(range(900), range(450, 1350)), dedupe(list(range(700)) * 2)
"""

QUERIES = """
import sqlite3
connection = sqlite3.connect(":memory:")
connection.execute("create table t (id integer primary key, name text)")
connection.executemany("insert into t values (?, ?)", ((i, str(i)) for i in range(1000)))
def ask(key):
    return connection.execute("select name from t where id = ?", (key,)).fetchone()
def in_a_loop():
    for key in range(100_000):
        connection.execute("select name from t where id = ?", (key % 1000,)).fetchone()
def in_a_helper():
    for key in range(100_000):
        ask(key % 1000)
"""

MAIN = """
import sys, time
from program import {name}
start = time.process_time()
for _ in range(int(sys.argv[1])):
    {name}()
print(time.process_time() - start)
"""


def seconds(python: str, folder: Path, times: int, how: str) -> float:
    """CPU seconds of the work alone, as the program measures them."""
    output = folder / "out.txt"
    command = [python, "main.py", str(times)]
    if how == "plain":
        with output.open("w") as file:
            run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=file)
    elif how == "observe":
        observe(command, cwd=folder, folder=folder / "run", watches=watches(folder / "program.py"), output=output)
    else:
        record(command, cwd=folder, folder=folder / "run", sampler=how, output=output).close()
    return float(output.read_text())


def watches(path: Path) -> list[Watch]:
    """What a rule would ask of the two loops: statements entered, sizes and types of both sides."""
    lines = path.read_text().splitlines()
    found = []
    for text, kind in (
        ("for y in ys", "entry"),
        ("if x == y", "entry"),
        ("row not in seen", "value"),
        ("seen:", "collection"),
        ("if row not in seen", "entry"),
    ):
        number, line = next((number, line) for number, line in enumerate(lines, 1) if text in line)
        column = line.index(text)
        size = 3 if kind == "value" else 4
        found.append(Watch(f"{text} {kind}", str(path), number, column, number, column + size, kind))
    return found


def ratios(python: str, program: str, name: str, how: str, rounds: int, times: int) -> list[tuple[float, float]]:
    """(plain, recorded) seconds of each round, by turns."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "program.py").write_text(program)
        (folder / "main.py").write_text(MAIN.format(name=name))
        seconds(python, folder, 1, "plain")
        pairs = []
        for turn in range(rounds):
            order = ("plain", how) if turn % 2 else (how, "plain")
            measured = {each: seconds(python, folder, times, each) for each in order}
            pairs.append((measured["plain"], measured[how]))
        return pairs


def truth(python: str, sampler: str) -> dict[str, float]:
    """Share of a function's samples that are on its hot loop."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve()
        (folder / "program.py").write_text(LOOPS)
        (folder / "main.py").write_text(MAIN.format(name="work"))
        command = [python, "main.py", "25"]
        found = {}
        with record(
            command, cwd=folder, folder=folder / "run", sampler=sampler, output=folder / "out"
        ) as recording:
            for name, function, loop in (("nested loop", (2, 8), (5, 7)), ("in list", (9, 14), (11, 13))):
                path = folder / "program.py"
                found[name] = recording.own_share(path, *loop) / (recording.own_share(path, *function) or 1.0)
        return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--python", nargs="+", default=[sys.executable])
    options = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, {options.rounds} rounds each")
    for python in options.python:
        version = subprocess.run([python, "-V"], capture_output=True, text=True, check=True).stdout.strip()
        print(f"\n{version}")
        for label, program in (("many small calls", CALLS), ("json and dicts", MIXED), ("loops", LOOPS)):
            for how in ("py-spy", "loops"):
                pairs = ratios(python, program, "work", how, options.rounds, 6)
                print(
                    f"  record {label:<18} {how:<8} CPU x{middle([after / before for before, after in pairs]):.2f}"
                )
        for name in ("in_a_loop", "in_a_helper"):
            pairs = ratios(python, QUERIES, name, "off", options.rounds, 2)
            cost = middle([(after - before) / 200_000 * 1e6 for before, after in pairs])
            print(f"  a query {name.replace('_', ' '):<17} sqlite3  +{cost:.1f} us")
        pairs = ratios(python, LOOPS, "work", "observe", options.rounds, 4)
        print(
            f"  observe loops                      CPU x{middle([after / before for before, after in pairs]):.2f}"
        )
        for sampler in ("py-spy", "loops"):
            shares = ", ".join(f"{name} {share:.0%}" for name, share in truth(python, sampler).items())
            print(f"  truth {sampler:<8} {shares}")


middle = statistics.median

if __name__ == "__main__":
    main()
