"""Profiles of other tools, written and read; the other side is the real tool where it is at hand."""

from __future__ import annotations

import cProfile
import json
import pstats
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from perfprof.errors import UsageError
from perfprof.profilers import formats
from perfprof.profilers.cpu import find_py_spy
from perfprof.profilers.formats import Lane, Profile
from perfprof.profilers.stacks import Frame
from perfprof.profilers.workload import record

PROGRAM = """
def work(n):
    total = 0
    for i in range(n):
        total += i * i
    return total

def main():
    for _ in range(3):
        work(1_500_000)
    work(4_500_000)

main()
"""

MAIN, WORK = Frame("/app/a.py", "main", 9), Frame("/app/a.py", "work", 3)
PROFILE = Profile((Lane("one", 7, "MainThread", {(MAIN,): 0.25, (MAIN, WORK): 0.75, (MAIN, WORK, WORK): 0.5}),))


def stacks(profile: Profile) -> dict[tuple[str, ...], float]:
    """Stacks by the names of their functions, all lanes together, in seconds."""
    found: dict[tuple[str, ...], float] = {}
    for lane in profile.lanes:
        for stack, seconds in lane.stacks.items():
            key = tuple(frame.function for frame in stack)
            found[key] = found.get(key, 0) + seconds
    return found


@pytest.mark.parametrize("form", ["speedscope", "collapsed"])
def test_what_is_written_is_read_back(form: str, tmp_path: Path) -> None:
    file = tmp_path / "profile"
    file.write_bytes(formats.write(form, PROFILE))
    assert stacks(formats.read(file)) == pytest.approx(stacks(PROFILE))


def test_speedscope_is_what_its_schema_says() -> None:
    """The parts of https://www.speedscope.app/file-format-schema.json (1.25) that a sampled profile needs."""
    import jsonschema

    numbers, indices = ({"type": "array", "items": {"type": kind}} for kind in ("number", "integer"))
    frame = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "line": {"type": "number"}},
        "required": ["name"],
    }
    sampled = {
        "type": "object",
        "properties": {
            "type": {"const": "sampled"},
            "unit": {"enum": ["bytes", "microseconds", "milliseconds", "nanoseconds", "none", "seconds"]},
            "samples": {"type": "array", "items": indices},
            "weights": numbers,
            "startValue": {"type": "number"},
            "endValue": {"type": "number"},
            "name": {"type": "string"},
        },
        "required": ["type", "unit", "samples", "weights", "startValue", "endValue", "name"],
    }
    shared = {"type": "object", "properties": {"frames": {"type": "array", "items": frame}}, "required": ["frames"]}
    schema = {
        "properties": {"shared": shared, "profiles": {"type": "array", "items": sampled, "minItems": 1}},
        "required": ["$schema", "shared", "profiles"],
    }
    jsonschema.validate(json.loads(formats.write("speedscope", PROFILE)), schema)


def test_pstats_loads_what_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "profile.pstats"
    file.write_bytes(formats.write("pstats", PROFILE))
    table = pstats.Stats(str(file))
    table.sort_stats("cumulative").print_stats().print_callers()  # it can show it
    assert "a.py:3(work)" in capsys.readouterr().out
    times = {name: (own, whole) for (_, _, name), (_, _, own, whole, _) in table.stats.items()}  # type: ignore[attr-defined]
    assert times["work"] == pytest.approx((1.25, 1.25))  # recursion counted once
    assert times["main"] == pytest.approx((0.25, 1.5))


def test_chrome_spans_nest_and_add_up() -> None:
    events = json.loads(formats.write("chrome", PROFILE))
    spans = [(one["name"], one["ts"], one["dur"]) for one in events if one["ph"] == "X"]
    (main,) = [one for one in spans if one[0] == "main"]
    assert spans[0] == main, "a viewer takes the first of those that begin together as the caller"
    assert main[2] == pytest.approx(1.5e6)
    assert all(main[1] <= start and start + width <= main[1] + main[2] + 1 for _, start, width in spans)


def test_cprofile_is_read(tmp_path: Path) -> None:
    file = tmp_path / "out.prof"
    profiler = cProfile.Profile()
    space: dict[str, object] = {}
    profiler.runctx(PROGRAM, space, space)
    profiler.dump_stats(file)
    assert max(stacks(formats.read(file)).items(), key=lambda item: item[1])[0][-1] == "work"


def test_pyinstrument_speedscope_events_are_read(tmp_path: Path) -> None:
    events = [("O", 0, 0), ("O", 1, 100), ("C", 1, 900), ("C", 0, 1000)]
    text = {
        "$schema": formats.speedscope.SCHEMA,  # type: ignore[attr-defined]
        "shared": {"frames": [{"name": "main"}, {"name": "work"}]},
        "profiles": [
            {
                "type": "evented",
                "unit": "milliseconds",
                "name": "",
                "startValue": 0,
                "endValue": 1000,
                "events": [{"type": kind, "frame": frame, "at": at} for kind, frame, at in events],
            }
        ],
    }
    file = tmp_path / "p.json"
    file.write_text(json.dumps(text))
    assert stacks(formats.read(file)) == pytest.approx({("main",): 0.2, ("main", "work"): 0.8})


@pytest.mark.skipif(find_py_spy() is None, reason="py-spy is not installed")
@pytest.mark.parametrize("form", ["raw", "speedscope"])
def test_py_spy_is_read(form: str, tmp_path: Path) -> None:
    program, file = tmp_path / "program.py", tmp_path / "out"
    program.write_text(PROGRAM)
    command = [str(find_py_spy()), "record", "-f", form, "-r", "200", "-o", str(file), "--", sys.executable]
    ran = subprocess.run([*command, str(program)], capture_output=True, text=True, check=False)
    if not file.exists():
        pytest.skip(f"py-spy may not look into processes here: {ran.stderr}")
    heaviest = max(stacks(formats.read(file)).items(), key=lambda item: item[1])[0]
    assert heaviest[-2:] == ("main", "work")


def test_a_node_profile_is_read(tmp_path: Path) -> None:
    def node(number: int, name: str, line: int, *children: int) -> dict[str, object]:
        call = {"functionName": name, "url": "file:///srv/app%20one.js", "lineNumber": line, "columnNumber": 0}
        return {"id": number, "callFrame": call, "hitCount": 1, "children": list(children)}

    nodes = [node(1, "(root)", -1, 2, 4), node(2, "serve", 3, 3), node(3, "", 9), node(4, "(idle)", -1)]
    text = {
        "nodes": nodes,
        "startTime": 0,
        "endTime": 4000,
        "samples": [2, 3, 4, 3],
        "timeDeltas": [0, 1000, 2000, 500],
    }
    nodes[2]["positionTicks"] = [{"line": 11, "ticks": 3}, {"line": 12, "ticks": 1}]
    file = tmp_path / "CPU.cpuprofile"
    file.write_text(json.dumps(text))
    profile = formats.read(file)
    assert stacks(profile) == pytest.approx({("serve",): 0.001, ("serve", "(anonymous)"): 0.002})
    assert next(iter(profile.lanes[0].stacks))[0] == Frame("/srv/app one.js", "serve", 4)
    lines = {stack[-1].line: seconds for stack, seconds in profile.lanes[0].stacks.items() if len(stack) == 2}
    assert lines == pytest.approx({11: 0.0015, 12: 0.0005}), "by the ticks of its lines"


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_a_real_node_profile_names_the_hot_function(tmp_path: Path) -> None:
    program = "function work(n) { let s = 0; for (let i = 0; i < n; i++) s += i % 7; return s }\nwork(3e8)\n"
    (tmp_path / "app.js").write_text(program)
    subprocess.run(["node", "--cpu-prof", "app.js"], cwd=tmp_path, check=True)
    (file,) = tmp_path.glob("*.cpuprofile")
    stack = max(stacks(formats.read(file)).items(), key=lambda item: item[1])[0]
    assert stack[-1] == "work"


def test_a_foreign_profile_becomes_a_recording(tmp_path: Path) -> None:
    file = tmp_path / "profile.speedscope.json"
    file.write_bytes(formats.write("speedscope", PROFILE))
    with formats.recording_of(file, tmp_path / "recording.sqlite") as recording:
        assert recording.share("/app/a.py", 3, 3) == pytest.approx(1.25 / 1.5)
        assert recording.collapsed(Path("/app"))["a.py:main;a.py:work"] == 7_500


def test_a_recording_keeps_its_time(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    with record(
        [sys.executable, "program.py"], cwd=tmp_path, folder=tmp_path / "run", sampler="loops"
    ) as recording:
        profile = formats.profile_of(recording)
        assert sum(stacks(profile).values()) == pytest.approx(recording.total * 0.005)
        for form in formats.WRITABLE:
            assert formats.write(form, profile)


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"\xff\xfe\x00", b"{}", b"[1]", b'{"nodes": 1, "callFrame": 2}', b"{0"]
)
def test_what_is_no_profile_is_one_error(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(data)
    with pytest.raises(UsageError, match="no profile"):
        formats.read(file)
