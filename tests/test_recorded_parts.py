"""The parts of a recording stand alone: one that cannot be read costs no other."""

from __future__ import annotations

from pathlib import Path

from perfprof.optimizer.reports.recorded import sections
from perfprof.profilers.journals import Journal
from perfprof.profilers.merge import Writer
from perfprof.profilers.recording import Recording


def test_lines_that_nobody_understands_cost_their_subject_and_no_other(tmp_path: Path) -> None:
    """Such as a later version would write: what is missing is told, the rest is kept and shown."""
    odd = [
        ["transaction open", 1],
        ["collection", "?"],
        ["tally", "files", "when?", ["open"], 0, 1, 1, 1, 1, {}, []],
    ]
    good = ["tally", "collections", 1000.5, [2], 0, 1, 0.2, 0.2, 0, {"1": 1}, [7, 0]]
    writer = Writer(tmp_path / "recording.sqlite")
    writer.add_all([Journal({"pid": 7, "parent": 1, "argv": ["app"]}, [*odd, good])], {})
    writer.finish({"interval": "0.005", "cpu_seconds": "3", "seconds": "12", "command": "app", "notes": "one"})
    with Recording.open(tmp_path / "recording.sqlite") as recording:
        notes = recording.meta["notes"].splitlines()
        assert notes[0] == "one"
        assert any(note.startswith("transactions are missing") for note in notes)
        assert any(note.startswith("files are missing") for note in notes)
        assert "collections" in {one["subject"] for one in sections(recording, tmp_path)}
        recording._connection.close()  # whatever fails in a section
        assert all("cannot be shown" in one["says"] for one in sections(recording, tmp_path))
