"""Whether the answer of an ``execute`` is seen only where the program takes it, so that less of it may be asked for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from perfprof.rules.reading.fetches import fetch_of
from perfprof.rules.reading.functions import Function
from perfprof.rules.reading.names import DYNAMIC
from perfprof.rules.reading.program import Program
from perfprof.rules.reading.queries import queries
from perfprof.rules.rewording.places import Place, project_files

# What is asked of a connection or a cursor beside that, and says nothing of an answer.
_ELSE = frozenset(
    "execute executemany executescript cursor commit rollback close transaction begin row_factory text_factory "
    "create_function isolation_level autocommit in_transaction".split()
)
# Factories whose rows hold what was selected and nothing else.
_PLAIN = frozenset(["Row", "dict_row", "namedtuple_row", "tuple_row", "RealDictCursor", "DictCursor", "cursor"])
_BUILDERS = frozenset(["dict", "zip", "enumerate"])


def taken_alone(place: Place, program: Program) -> bool:
    """Whether the call at this place sends the text itself, nobody else is given it, and its cursor is asked no more."""
    function, call = place.function, place.call
    if call is None or function is None or not place.inline or not place.direct:
        return False
    if any(name.id in DYNAMIC for name in function.every(ast.Name)) or not isinstance(call.func, ast.Attribute):
        return False
    many = len(call.args) > 2 and call.func.attr != "fetchval"  # asyncpg takes its values one by one
    if call.keywords or many or call.func.attr in ("executemany", "executescript"):
        return False
    return not any(_tells(one, call, function, program) for one in _others(call.func.value, function))


def _others(receiver: ast.expr, function: Function) -> Iterator[ast.expr]:
    """The places that say the same as the receiver; those of an attribute anywhere in the file."""
    wanted = ast.dump(receiver)
    nodes = ast.walk(function.node if isinstance(receiver, ast.Name) else function.module.tree)
    for node in nodes:
        if isinstance(node, type(receiver)) and node is not receiver and ast.dump(node) == wanted:
            yield node


def _tells(use: ast.expr, call: ast.Call, function: Function, program: Program) -> bool:
    owner = function.module.at_node.get(use, function)
    above = owner.parents.get(use)
    if isinstance(above, ast.Attribute):
        if above.attr in _ELSE:
            return False
        taken = owner.parents.get(above)
        mine = fetch_of(call, function)
        fetches = {one.fetch for one in queries(function, program)} | ({mine[0]} if mine is not None else set())
        return taken not in fetches
    return _is_cursor(use, function)


def _is_cursor(use: ast.expr, function: Function) -> bool:
    """Called so, or made by ``cursor()``: given on, it may be asked for what it holds. A connection holds nothing."""
    text = ast.unparse(use).rpartition(".")[2]
    made = any(
        isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "cursor"
        for value in function.names.values(text) or ()
    )
    return made or text.startswith("cur") or "cursor" in text


def rows_are_plain(program: Program) -> bool:
    """Whether every row factory in the project makes rows of the selected columns alone, whichever these are."""
    for path in project_files(program.root, "*.py"):
        source = program.read(path)
        if source is None or ("row_factory" not in source and "cursor_factory" not in source):
            continue
        module = program.module(path)
        if module is None or not all(_plain(one, module.tree) for one in _factories(module.tree)):
            return False
    return True


def _factories(tree: ast.AST) -> Iterator[ast.expr]:
    names = ("row_factory", "cursor_factory")
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in names:
            yield node.value
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(one, ast.Attribute) and one.attr in names for one in targets):
                yield node.value


def _plain(value: ast.expr, tree: ast.AST) -> bool:
    if isinstance(value, ast.Constant):
        return value.value is None
    name = value.attr if isinstance(value, ast.Attribute) else value.id if isinstance(value, ast.Name) else ""
    own = [
        node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name
    ]
    if not own and name:
        return name in _PLAIN
    made = own[0] if own else value
    return len(own) < 2 and isinstance(made, (ast.FunctionDef, ast.Lambda)) and _names_columns(made)


def _names_columns(made: ast.FunctionDef | ast.Lambda) -> bool:
    """It puts each value under its column's name: no value by a fixed place or name, nothing called that could ask."""
    if len(made.args.args) != 2:
        return False
    row = made.args.args[1].arg
    for node in ast.walk(made):
        if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in _BUILDERS):
            return False
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            named = isinstance(node.value, ast.Name) and node.value.id == row
            if named or node.slice.value != 0:
                return False
        if isinstance(node, (ast.Starred, ast.keyword)):
            return False
    return any(isinstance(node, ast.Attribute) and node.attr == "description" for node in ast.walk(made))
