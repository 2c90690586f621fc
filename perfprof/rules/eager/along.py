"""Write what is asked anew for each object into the query: a Prefetch of the filtered rows, an annotated number or answer."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from perfprof.rules.eager.journey import named_somewhere
from perfprof.rules.eager.model import Eager, watched
from perfprof.rules.eager.options import class_in, related, spot_of
from perfprof.rules.rule import Case, Edit, Rewrite
from perfprof.rules.searching.indexing import at

if TYPE_CHECKING:
    from perfprof.rules.eager.anew import Anew

_WORDS = {"rows": "matching_{}", "count": "{}_count", "exists": "has_{}"}
_WHY = {
    "rows": "one query more brings the rows of `{}` that are asked for, instead of one query for each object",
    "count": "the query counts `{}` along, instead of one query for each object",
    "exists": "the query tells along whether there are `{}`, instead of one query for each object",
}


def brought(case: Case) -> Rewrite:
    """The option that brings what the loop asks: the relation as it is, or what it asks of it."""
    found: Eager = case.suspect.reading
    return related(case) if found.anew is None else _told_along(case)


def _told_along(case: Case) -> Rewrite:
    """The option on the query set, and the attribute in the loop."""
    found: Eager = case.suspect.reading
    anew, load, spot = found.anew, found.loads[0], spot_of(found)
    assert anew is not None
    name = _fresh(_WORDS[anew.kind].format(load.path.removesuffix("_set")), case)
    option, edits = _option(found, anew, name)
    node = spot.node.value if isinstance(spot.node, ast.Subscript) else spot.node
    edits.append(at("replace", node, spot.function.text(node) + option))
    edits += [at("replace", use, f"{anew.variable}.{name}") for use in anew.uses]
    return Rewrite(
        edits=tuple(edits),
        why=_WHY[anew.kind].format(load.path),
        memory="the rows are held as long as those they belong to" if anew.kind == "rows" else "",
        watched=watched(found, case.program),
    )


def _fresh(wanted: str, case: Case) -> str:
    """A name that nothing in the project has: it becomes an attribute of a model's objects."""
    name, number = wanted, 2
    while named_somewhere(case.program.root, name):
        name, number = f"{wanted}_{number}", number + 1
    return name


def _option(found: Eager, anew: Anew, name: str) -> tuple[str, list[Edit]]:
    load, spot = found.loads[0], spot_of(found)
    label, manager, key, query_name = load.target
    text = spot.function.text
    if anew.kind == "count":
        prefixed = [
            f"{query_name}__{word.arg}={text(word.value)}" for _, call in anew.calls for word in call.keywords
        ]
        condition = f", filter=Q({', '.join(prefixed)})" if prefixed else ""
        names = ["Count", "Q"] if prefixed else ["Count"]
        return f'.annotate({name}=Count("{query_name}"{condition}))', _imported(*names)
    model, needed = class_in(spot, label)
    edits = [] if needed is None else [needed]
    chain = "".join(f".{method}({_keywords(call, text)})" for method, call in anew.calls)
    if anew.kind == "exists":
        rows = f'{model}.{manager}.filter({key}=OuterRef("pk")){chain}'
        return f".annotate({name}=Exists({rows}))", [*edits, *_imported("Exists", "OuterRef")]
    rows = f'Prefetch("{load.path}", queryset={model}.{manager}{chain}, to_attr="{name}")'
    return f".prefetch_related({rows})", [*edits, *_imported("Prefetch")]


def _keywords(call: ast.Call, text: Callable[[ast.expr], str]) -> str:
    return ", ".join(f"{word.arg}={text(word.value)}" for word in call.keywords)


def _imported(*names: str) -> list[Edit]:
    return [Edit("import", f"from django.db.models import {name}") for name in names]
