"""Relations and fields that an object-relational mapper loaded one by one."""

from __future__ import annotations

from pathlib import Path

from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Recorded
from perfprof.optimizer.reports.recorded import ROWS, shortened, where
from perfprof.profilers.parts import loads
from perfprof.profilers.parts.loads import Load, Place
from perfprof.profilers.recording import Frame, Recording

ORDER = 14
_BRIEF = 3
_TEXT = 120  # characters of a statement
_NAMES = {"django": "Django", "sqlalchemy": "SQLAlchemy"}


def section(recording: Recording, root: Path) -> Recorded | None:
    """What was loaded, how often, and where the objects came from."""
    found = loads.together(loads.read(recording))
    if not found:
        return None
    heads = [
        "relation or field",
        "kind",
        "loads",
        "in one batch",
        "in all",
        "loaded at",
        "objects fetched at",
        "statement",
    ]
    return Recorded(
        subject="loads",
        title="Loaded one by one",
        says=f"{figures.counted(sum(one.count for one in found), 'load')} of"
        f" {figures.counted(len({one.name for one in found}), 'relation or field', 'relations or fields')}",
        brief=[_brief(one, root) for one in found[:_BRIEF]],
        heads=heads,
        numbers=heads[2:5],
        rows=[_row(one, root) for one in found[:ROWS]],
    )


def _brief(one: Load, root: Path) -> str:
    parts = (
        f"{one.name} ({_NAMES.get(one.orm, one.orm)})",
        f"{one.count:,} x, up to {one.most:,} for one query's objects" if one.most > 1 else f"{one.count:,} x",
        f"{figures.seconds(one.seconds)} in all",
        _where(one.site, root),
        f"objects from {_where(one.started, root)}" if one.started else "",
    )
    return " · ".join(filter(None, parts))


def _row(one: Load, root: Path) -> list[str]:
    return [
        one.name,
        one.kind,
        f"{one.count:,}",
        f"{one.most:,}",
        figures.seconds(one.seconds),
        one.spot or _where(one.site, root),
        _where(one.started, root),
        shortened(one.statement, _TEXT),
    ]


def _where(place: tuple[Place, ...], root: Path) -> str:
    return where(tuple(Frame(one.path, one.function, one.line) for one in place[:1]), root)
