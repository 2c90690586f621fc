"""Does the recording tell the truth? Loops whose share of the time the program itself measures.

    python benchmarks/record_truth.py [--python python3.13 ...]

Each program clocks its parts with ``process_time`` while it is sampled; the table sets the share of the samples on the
lines of each part beside the share of the clock. "loop" is the share of a part's samples on its innermost hot loop.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from record_truth_programs import HEAD, PROGRAMS, TAIL

from perfprof.profilers.recording import Recording
from perfprof.profilers.workload import record


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", action="append", help="an interpreter; may be repeated")
    parser.add_argument("--times", type=int, default=1, help="run each program that much longer")
    parser.add_argument("--sampler", action="append", choices=["loops", "py-spy"])
    asked = parser.parse_args()
    worst = 0.0
    print(f"{'python':<8}{'sampler':<8}{'program':<38}{'part':<10}{'clock':>6}{'seen':>6}{'off':>7}{'loop':>6}")
    for python in asked.python or [sys.executable]:
        version = subprocess.run([python, "-V"], capture_output=True, text=True, check=True).stdout.split()[1]
        for sampler in asked.sampler or ["loops", "py-spy"]:
            for name, text in PROGRAMS.items():
                longer = re.sub(r"range\((?=\d)", f"range({asked.times} * ", text)
                for part, clock, seen, loop in _one(python, sampler, longer):
                    worst = max(worst, abs(clock - seen))
                    figures = f"{clock:>6.2f}{seen:>6.2f}{seen - clock:>+7.3f}{loop:>6.0%}"
                    print(f"{version:<8}{sampler:<8}{name:<38}{part:<10}{figures}")
    print(f"largest difference: {worst:.3f}")


def _one(python: str, sampler: str, text: str) -> Iterator[tuple[str, float, float, float]]:
    with tempfile.TemporaryDirectory() as folder:
        program, output = Path(folder) / "program.py", Path(folder) / "out"
        program.write_text(HEAD + text + TAIL)
        ran = record(
            [python, str(program)], cwd=Path(folder), folder=Path(folder) / "run", sampler=sampler, output=output  # type: ignore[arg-type]
        )
        spent = json.loads(output.read_text().splitlines()[-1])
        with ran as recording:
            places = {part: _places(HEAD + text, part) for part in spent}
            seen = {part: _samples(recording, program, loop) for part, (loop, _) in places.items()}
            within = {part: _samples(recording, program, around) for part, (_, around) in places.items()}
    several = len({around for _, around in places.values()}) < len(places)  # both in one function
    for part, seconds in spent.items():
        function = sum(seen.values()) if several else within[part]
        hot = sum(seen.values()) if several else seen[part]
        yield part, seconds / sum(spent.values()), seen[part] / (sum(seen.values()) or 1), hot / (function or 1)


def _places(text: str, part: str) -> tuple[range, range]:
    """The lines of the statement that is marked with the part's name, and those of the function around it."""
    line = next(number for number, line in enumerate(text.splitlines(), 1) if line.endswith(f"# {part}"))
    statements = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt) and node.lineno == line]
    around = [
        node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    function = next(node for node in around if node.lineno <= line <= (node.end_lineno or 0))
    return tuple(range(node.lineno, (node.end_lineno or 0) + 1) for node in (statements[0], function))  # type: ignore[return-value]


def _samples(recording: Recording, program: Path, lines: range) -> int:
    """Samples with a frame on one of these lines of the program."""
    path = str(program.resolve())
    return sum(
        sample.count
        for sample in recording.samples()
        if any(frame.path == path and frame.line in lines for frame in sample.stack)
    )


if __name__ == "__main__":
    main()
