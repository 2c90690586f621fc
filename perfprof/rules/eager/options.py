"""Write the option: `select_related` and `prefetch_related` on a query set, `selectinload` on a statement."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules.eager.model import Eager, watched
from perfprof.rules.reading.resolution import module_of
from perfprof.rules.rule import Case, Edit, Rewrite
from perfprof.rules.searching.indexing import at

if TYPE_CHECKING:
    from perfprof.rules.eager.places import Spot
    from perfprof.rules.reading.program import Program


def related(case: Case) -> Rewrite:
    """Django: what leads to one object is joined, the rest is fetched beside."""
    found: Eager = case.suspect.reading
    spot = spot_of(found)
    calls = ""
    if found.joined:
        calls += f".select_related({_listed(found.joined)})"
    if found.beside:
        calls += f".prefetch_related({_listed(found.beside)})"
    node = spot.node.value if isinstance(spot.node, ast.Subscript) else spot.node
    return Rewrite(
        edits=(at("replace", node, spot.function.text(node) + calls),),
        why=f"the query brings {_spoken(found)} along, instead of one query for each object",
        memory="related objects are held as long as those they belong to",
        watched=watched(found, case.program),
    )


def _listed(paths: tuple[str, ...]) -> str:
    return ", ".join(f'"{path}"' for path in paths)


def _spoken(found: Eager) -> str:
    return ", ".join(f"`{path}`" for path in found.paths)


def spot_of(found: Eager) -> Spot:
    """The expression to change."""
    assert found.spot is not None, "an open obligation would have stopped it"
    return found.spot


# ------------------------------------------------------------------ SQLAlchemy


def selected(case: Case) -> Rewrite:
    """One query for each relation, by the keys of the objects that came; the statement itself stays as it is."""
    found: Eager = case.suspect.reading
    spot = spot_of(found)
    edits: list[Edit] = []
    chains: list[str] = []
    loaded = {one.path for one in found.loads}
    for path in _ends(found.paths):
        names = path.split(".")
        owners = _owners(found, path)
        words = []
        for number, (name, owner) in enumerate(zip(names, owners, strict=True), 1):
            word, imported = class_in(spot, owner)
            edits += [] if imported is None else [imported]
            kind = (
                "selectinload" if ".".join(names[:number]) in loaded else "defaultload"
            )  # brought already, somehow
            words.append(f"{kind}({word}.{name})")
        chains.append(".".join(words))
    text = spot.function.text(spot.node)
    edits.append(at("replace", spot.node, f"{text}.options({', '.join(chains)})"))
    used = [word for word in ("defaultload", "selectinload") if any(word in chain for chain in chains)]
    edits += [Edit("import", f"from sqlalchemy.orm import {word}") for word in used]
    return Rewrite(
        edits=_at_home(edits, case, spot),
        why=f"one more query brings {_spoken(found)} for all objects, instead of one query for each",
        memory="related objects are held as long as those they belong to",
        watched=watched(found, case.program),
    )


def _at_home(edits: list[Edit], case: Case, spot: Spot) -> tuple[Edit, ...]:
    from dataclasses import replace

    here = spot.function.module.relative
    return tuple(replace(one, path="" if here == case.suspect.finding.path else here) for one in edits)


def _ends(paths: tuple[str, ...]) -> list[str]:
    return [one for one in paths if not any(other.startswith(f"{one}.") for other in paths)]


def _owners(found: Eager, path: str) -> list[str]:
    """The class that has each name of the path; "" where no load told."""
    owners: list[str] = []
    told = {one.path: one.owner for one in reversed(found.loads)}  # the first one for a path
    parts = path.split(".")
    for number in range(len(parts)):
        prefix = ".".join(parts[: number + 1])
        owners.append(told.get(prefix, found.loads[0].model if not number else ""))
    return owners


def untold(found: Eager, program: Program) -> str:
    """A path with a class whose name cannot be written: no load has told it, or its module does not bind the name."""
    for path in _ends(found.paths):
        owners = _owners(found, path)
        if "" in owners or (found.spot is not None and not all(_named(found.spot, one, program) for one in owners)):
            return path
    return ""


def _named(spot: Spot, label: str, program: Program) -> bool:
    """Whether the class can be named: classes that a library makes at run time are in no module."""
    module, _, name = label.rpartition(".")
    if class_in(spot, label)[1] is None:
        return True
    source = ast.ImportFrom(module, [ast.alias(name)], 0)
    home = module_of(source, spot.function.module, program)
    return home is None or name in home.top


def class_in(spot: Spot, label: str) -> tuple[str, Edit | None]:
    """How the file calls a class, and the import that it needs."""
    module, _, name = label.rpartition(".")
    top = spot.function.module.top
    for node in ast.walk(spot.function.module.tree):
        if isinstance(node, ast.Attribute) and node.attr == name and isinstance(node.value, ast.Name):
            imported = isinstance(top.get(node.value.id), (ast.Import, ast.ImportFrom))
            if imported:
                return f"{node.value.id}.{name}", None
    if name in top:
        return name, None
    return name, Edit("import", f"from {module} import {name}")
