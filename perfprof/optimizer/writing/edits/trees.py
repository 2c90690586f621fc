"""What `ast` must read after an edit: the old tree with the edits made in it, and nothing else."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from perfprof.optimizer.writing.edits.text import EditError
from perfprof.rules.rule import Edit

Span = tuple[int, int, int, int]

_DEEPEST = 400  # libcst recurses for each level, the interpreter allows about 1,000 frames


def parse(source: str) -> ast.Module:
    """Read a source as the running interpreter does; EditError if it cannot."""
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes are the user's affair
            return ast.parse(source)
    except SyntaxError as error:
        raise EditError(f"does not parse: {error.msg}", error.lineno or 0) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise EditError(f"does not parse: {error or type(error).__name__}") from None


def span(edit: Edit) -> Span:
    """The place of an edit."""
    return (edit.line, edit.column, edit.end_line, edit.end_column)


def span_of(node: ast.expr | ast.stmt) -> Span:
    """The place of a node."""
    return (node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)


def first_line(statement: ast.stmt) -> int:
    """The line a statement begins on, its decorators included."""
    decorators = getattr(statement, "decorator_list", [])
    return int(min([statement.lineno, *(decorator.lineno for decorator in decorators)]))


def last_line(node: ast.expr | ast.stmt) -> int:
    """The line a node ends on."""
    return node.end_lineno or node.lineno


def statements(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """All lists of statements in a tree, outer before inner."""
    for parent in ast.walk(node):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(parent, name, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield block


def refuse_too_deep(node: ast.stmt) -> None:
    """Raise EditError for a statement nested so deeply that a recursive reader fails (or crashes)."""
    level: list[ast.AST] = [node]
    for _ in range(_DEEPEST):
        level = [child for parent in level for child in ast.iter_child_nodes(parent)]
        if not level:
            return
    raise EditError("the code is nested too deeply to be rewritten", node.lineno)


def edited(tree: ast.Module, edits: Sequence[Edit]) -> ast.Module:
    """Make the edits in the tree itself, and give it back; EditError if a place is not there.

    Only the structure counts afterwards: positions and expression contexts do not.
    """
    blocks = list(statements(tree))
    by_span = {span_of(statement): statement for block in reversed(blocks) for statement in block}
    grafts: dict[tuple[str, int], list[ast.stmt]] = {}
    for edit in edits:
        if edit.kind == "replace":
            _replace_expression(tree, edit)
        else:
            statement = _statement(by_span, edit)
            grafts.setdefault((edit.kind, id(statement)), []).extend(parse(edit.source).body)
    for block in blocks:
        block[:] = [new for old in list(block) for new in _around(old, grafts)]
    return tree


def _statement(by_span: Mapping[Span, ast.stmt], edit: Edit) -> ast.stmt:
    statement = by_span.get(span(edit))
    if statement is None:
        raise EditError("there is no statement at this place", edit.line)
    if getattr(statement, "decorator_list", None) and edit.kind != "after":
        raise EditError("a decorated definition is neither replaced nor preceded by new code", edit.line)
    return statement


def _around(old: ast.stmt, grafts: Mapping[tuple[str, int], list[ast.stmt]]) -> Iterator[ast.stmt]:
    yield from grafts.get(("before", id(old)), ())
    yield from grafts.get(("statement", id(old)), (old,))
    yield from grafts.get(("after", id(old)), ())


def _replace_expression(tree: ast.Module, edit: Edit) -> None:
    new = _expression(edit)
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            items = value if isinstance(value, list) else [value]
            for index, item in enumerate(items):
                if isinstance(item, ast.expr) and span_of(item) == span(edit):
                    items[index] = new
                    setattr(parent, name, value if isinstance(value, list) else items[0])
                    return
    raise EditError("there is no expression at this place", edit.line)


def _expression(edit: Edit) -> ast.expr:
    body = parse(f"(\n{edit.source.strip()}\n)").body
    if len(body) == 1 and isinstance(body[0], ast.Expr):
        value = body[0].value
        if value.lineno > 1:  # else the parentheses around it became part of it, as in `(a)(b)`
            return value
        if isinstance(value, ast.Tuple) and value.elts:
            return value
    raise EditError("what replaces an expression must be one expression", edit.line)


def same(one: ast.AST, other: ast.AST) -> bool:
    """Whether two trees mean the same to the compiler; does not recurse, so depth is no limit."""
    todo: list[tuple[object, object]] = [(one, other)]
    while todo:
        a, b = todo.pop()
        if type(a) is not type(b):
            return False
        if isinstance(a, ast.AST):
            todo.extend((getattr(a, name, None), getattr(b, name, None)) for name in a._fields if name != "ctx")
        elif isinstance(a, list) and isinstance(b, list):
            if len(a) != len(b):
                return False
            todo.extend(zip(a, b, strict=True))
        elif a != b:
            return False
    return True
