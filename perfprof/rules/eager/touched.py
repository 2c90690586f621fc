"""What the code around the loads may change, though no recorded run did: a branch that was not taken.

What was taken is known by the recording, which numbers the writes of each table. A loop that writes the related rows under a
condition, or an action that fetches one object, adds to its relation and reads it again, is only known by reading.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.rules.eager.journey import Journey, below, nodes_of, word_of
from perfprof.rules.reading.names import bound_names

if TYPE_CHECKING:
    from perfprof.profilers.parts.loads import Load, Place
    from perfprof.rules.reading.program import Function, Program

_WRITES = frozenset(
    "save delete merge add_all create update get_or_create update_or_create bulk_create bulk_update add remove set clear"
    " asave adelete acreate aupdate aget_or_create aupdate_or_create abulk_create abulk_update aadd aremove aset aclear".split()
)
_ANEW = frozenset("refresh_from_db arefresh_from_db refresh expire expunge make_transient".split())
_ENDS = frozenset("commit rollback expire_all expunge_all close".split())  # of a session: objects are read again
_OF_SESSIONS = frozenset(["add", "add_all", "merge"])
_STATEMENTS = frozenset(["insert", "update", "delete"])
_KEYS = frozenset(["pk", "id"])
_LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)

_Region = tuple["Function", ast.AST]


def touched(load: Load, journey: Journey | None, program: Program) -> str:
    """``path:line`` of what may write the related rows, or make an object another one; empty if nothing is seen."""
    regions = list(_around(load.site, program))
    names = set(load.path.replace("__", ".").split("."))
    for function, region in regions:
        node = next(_changes(region, names, load), None)
        if node is not None:
            return function.place(node)
    if journey is None or set(load.kinds) == {"one"}:
        return ""
    inside = {function for function, _ in regions}
    for function in journey.given:
        node = next(_writes(nodes_of(function), names, load), None) if function not in inside else None
        if node is not None:
            return function.place(node)
    return ""


def dumped(load: Load, program: Program) -> bool:
    """Whether the code around the loads takes an object's attributes as they are, prefetched ones among them."""
    return any(
        word_of(one) == "__dict__" or (isinstance(one, ast.Call) and word_of(one.func) == "vars")
        for _, region in _around(load.site, program)
        for one in ast.walk(region)
    )


def _around(site: tuple[Place, ...], program: Program) -> Iterator[_Region]:
    """The functions that asked, innermost first, out to the outermost loop of the first one that has a loop there."""
    for place in site:
        path = Path(place.path)
        function = program.function_at(path, place.line) if path.is_relative_to(program.root) else None
        if function is None or function.qualname == "<module>":
            return
        loops = [one for one in ast.walk(function.node) if isinstance(one, _LOOPS) and _spans(one, place)]
        yield function, loops[0] if loops else function.node
        if loops:
            return


def _spans(node: ast.AST, place: Place) -> bool:
    return getattr(node, "lineno", 0) <= place.line <= (getattr(node, "end_lineno", 0) or 0)


def _changes(region: ast.AST, names: set[str], load: Load) -> Iterator[ast.AST]:
    yield from _writes(ast.walk(region), names, load)
    yield from _others(region, load.orm)
    shared = "many" in load.kinds and load.kinds[-1] != "many"
    if shared or load.kinds[-1] == "object" or ("many" in load.kinds and _mentions(region, load.path) > 1):
        yield from _assigned(region, _last(load.path))


def _others(region: ast.AST, orm: str) -> Iterator[ast.AST]:
    """What makes the object of a turn another one: it is read again, or gets another key."""
    turns = {name for loop in ast.walk(region) if isinstance(loop, _LOOPS) for name in _turning(loop)} | {"self"}
    for node in ast.walk(region):
        if (
            _is_read_again(node, turns)
            or _is_renamed(node, turns, orm)
            or (orm == "sqlalchemy" and _is_an_end(node))
        ):
            yield node


def _is_an_end(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ENDS


def _is_read_again(node: ast.AST, names: set[str]) -> bool:
    if not isinstance(node, ast.Call) or word_of(node.func) not in _ANEW:
        return False
    return any(word_of(part) in names for one in (node.func, *node.args) for part in below(one))


def _is_renamed(node: ast.AST, names: set[str], orm: str) -> bool:
    """Another key: Django forgets what a foreign key led to, SQLAlchemy only when it is read again."""
    if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Store):
        return False
    key = node.attr in _KEYS or (orm == "sqlalchemy" and node.attr.endswith(("_id", "_key", "_pk", "_fk")))
    return key and word_of(node.value) in names


def _turning(loop: ast.AST) -> Iterator[str]:
    targets = [loop.target] if isinstance(loop, (ast.For, ast.AsyncFor)) else []
    targets += [one.target for one in getattr(loop, "generators", ())]
    return (name for target in targets for name in bound_names(target))


def _writes(nodes: Iterable[ast.AST], names: set[str], load: Load) -> Iterator[ast.AST]:
    """``order.items.create(…)``, ``Item.objects.update(…)``, ``customer.save()`` of ``customer = order.customer``."""
    nodes = list(nodes)
    kind = load.related.rpartition(".")[2] or "?"
    owners = _bound_from(nodes, names) | {kind}
    for call in nodes:
        if isinstance(call, ast.Call) and (_writes_by(call, owners, names, kind) or _is_statement(call, kind)):
            yield call


def _writes_by(call: ast.Call, owners: set[str], names: set[str], kind: str) -> bool:
    """A method that writes, of what leads to the related rows."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _WRITES:
        return False
    chain = list(below(call.func.value))
    if word_of(chain[-1]) in owners or _is_related(call.func.value, names) or _asks_for(chain, kind):
        return True
    return call.func.attr in _OF_SESSIONS and any(_is_made(one, kind) for one in call.args)


def _is_statement(call: ast.Call, kind: str) -> bool:
    return word_of(call.func) in _STATEMENTS and _asks_for([call], kind)


def _asks_for(chain: list[ast.expr], kind: str) -> bool:
    """``session.query(Item).delete()``, ``update(Item)``."""
    calls = [one for one in chain if isinstance(one, ast.Call)]
    return any(word_of(arg) == kind for one in calls for arg in one.args[:1])


def _is_made(node: ast.expr, kind: str) -> bool:
    """``session.add(Item(…))``."""
    return any(isinstance(one, ast.Call) and word_of(one.func) == kind for one in ast.walk(node))


def _bound_from(nodes: Iterable[ast.AST], names: set[str]) -> set[str]:
    """Variables that hold a related object: assigned from the relation, or walking it."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, (ast.Assign, ast.NamedExpr)) and _is_related(node.value, names):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {word_of(one) for one in targets if isinstance(one, ast.Name)}
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)) and _is_related(node.iter, names):
            found |= {*bound_names(node.target)}
    return found


def _is_related(node: ast.expr, names: set[str]) -> bool:
    return any(isinstance(part, ast.Attribute) and part.attr in names for part in below(node))


def _assigned(region: ast.AST, name: str) -> Iterator[ast.AST]:
    """``item.product.stock -= 1``: the object is shared by all that lead to it, or read again."""
    kept = _bound_from(ast.walk(region), {name})
    for node in ast.walk(region):
        stored = isinstance(node, ast.Attribute) and isinstance(node.ctx, (ast.Store, ast.Del))
        if stored and isinstance(node, ast.Attribute) and _is_one_of(node.value, name, kept):
            yield node


def _is_one_of(node: ast.expr, name: str, kept: set[str]) -> bool:
    return word_of(node) == name or (isinstance(node, ast.Name) and node.id in kept)


def _mentions(region: ast.AST, path: str) -> int:
    return sum(isinstance(one, ast.Attribute) and one.attr == _last(path) for one in ast.walk(region))


def _last(path: str) -> str:
    return path.replace("__", ".").rpartition(".")[2]
