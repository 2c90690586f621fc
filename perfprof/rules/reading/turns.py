"""What every turn of a loop evaluates, whatever it finds: the rest may be skipped, and may not be fit to be evaluated."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from perfprof.rules.reading.scans import COMPREHENSIONS, SCOPES
from perfprof.rules.reading.syntax import children

if TYPE_CHECKING:
    from perfprof.rules.reading.scans import Loop

_LEAVES = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_BLOCKS = (ast.Try, ast.Match)  # of which nothing is taken to run to its end


def surely(loop: Loop) -> Iterator[ast.expr]:
    """Expressions that each turn of the loop evaluates."""
    if loop.holder is None:
        yield from _of_block(loop.node.body) if isinstance(loop.node, ast.For) else ()
        return
    generators = loop.holder.generators
    if loop.node.ifs:  # type: ignore[union-attr]  # a holder's loop is one of its generators
        yield from evaluated(loop.node.ifs[0])  # type: ignore[union-attr]
    elif generators[-1] is not loop.node:
        yield from evaluated(generators[generators.index(loop.node) + 1].iter)  # type: ignore[arg-type]
    else:
        made = loop.holder
        for one in (made.key, made.value) if isinstance(made, ast.DictComp) else (made.elt,):
            yield from evaluated(one)


def _of_block(statements: Iterable[ast.stmt]) -> Iterator[ast.expr]:
    for statement in statements:
        if isinstance(statement, _BLOCKS):
            return
        for child in ast.iter_child_nodes(statement):
            if isinstance(child, ast.withitem):
                yield from evaluated(child.context_expr)
            elif isinstance(child, ast.expr):
                yield from evaluated(child)
        if isinstance(statement, (ast.With, ast.AsyncWith)):
            yield from _of_block(statement.body)
        if any(isinstance(one, _LEAVES) for one in ast.walk(statement)):
            return


def evaluated(node: ast.expr) -> Iterator[ast.expr]:
    """The expression and those in it that are evaluated whenever it is."""
    if isinstance(node, SCOPES):
        return
    yield node
    for child in _always(node):
        yield from evaluated(child)


def _always(node: ast.expr) -> Iterable[ast.expr]:
    if isinstance(node, ast.IfExp):
        return (node.test,)
    if isinstance(node, ast.BoolOp):
        return node.values[:1]
    if isinstance(node, ast.Compare):
        return (node.left, node.comparators[0])
    if isinstance(node, COMPREHENSIONS):
        return (node.generators[0].iter,)
    found = [one.value if isinstance(one, ast.keyword) else one for one in children(node)]
    return [one for one in found if isinstance(one, ast.expr)]


def before_statement(loop: Loop, parents: dict[ast.AST, ast.AST]) -> ast.AST | None:
    """What stands between a comprehension and its statement, and decides whether it is walked, how often, or over what."""
    node: ast.AST | None = loop.holder
    if loop.holder is not None and loop.holder.generators[0] is not loop.node:
        return loop.holder
    while node is not None and node is not loop.statement:
        above = parents.get(node)
        skips = isinstance(above, (ast.IfExp, ast.BoolOp, ast.Compare)) and all(
            node is not one for one in _always(above)
        )
        inside = isinstance(above, (*COMPREHENSIONS, ast.comprehension))
        first = isinstance(above, ast.comprehension) and above.iter is node and _is_first(above, parents)
        if skips or (inside and not first and not isinstance(node, ast.comprehension)):
            return above
        if isinstance(above, ast.While) or (isinstance(above, ast.If) and _is_elif(above, parents)):
            return above
        node = above
    return None


def _is_first(generator: ast.comprehension, parents: dict[ast.AST, ast.AST]) -> bool:
    holder = parents.get(generator)
    return isinstance(holder, COMPREHENSIONS) and holder.generators[0] is generator


def _is_elif(statement: ast.If, parents: dict[ast.AST, ast.AST]) -> bool:
    above = parents.get(statement)
    alone = isinstance(above, ast.If) and above.orelse == [statement]
    return alone and statement.col_offset == above.col_offset  # type: ignore[union-attr]
