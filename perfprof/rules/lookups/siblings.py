"""A helper's sibling: what ``get`` does for one key, ``get_many`` does for many, and the loop asks it once."""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING

from perfprof.rules.lookups.asked_alone import either, test
from perfprof.rules.lookups.batch import Batch
from perfprof.rules.lookups.text import fill, key_name, names_for, plural, taken_in, target_of
from perfprof.rules.reading.names import fresh
from perfprof.rules.rule import Case, Edit
from perfprof.rules.searching.indexing import at, in_style

if TYPE_CHECKING:
    from perfprof.rules.lookups.model import Lookup
    from perfprof.rules.reading.program import Function


_GONE = b"\0"


def through_sibling(case: Case, found: Batch, walked: str) -> list[Edit]:
    """A sibling of the helper that takes many keys, and one call of it before the loop."""
    lookup: Lookup = case.suspect.reading
    helper = lookup.reader
    assert not isinstance(helper.node, ast.Module)
    words = set(re.findall(r"\w+", helper.module.source)) | taken_in(lookup.function)
    name = fresh(f"{helper.node.name}_many", words)
    many = fresh(_answers_name(lookup), taken_in(lookup.function) | case.taken)
    key, target = in_style(ast.unparse(lookup.key), lookup.function), target_of(lookup)
    waits = "await " if lookup.answer is not lookup.call else ""
    kept = f" if {test(case, key)}" if test(case, key) else ""
    call = f"{many} = {waits}{_called(lookup, name, f'[{key} for {target} in {walked}{kept}]')}"
    spot = lookup.function.text(lookup.spot)
    answer = either(f"{many}[{spot}]", test(case, spot), lookup.function.text(lookup.answer))
    edits = [
        at("before", lookup.loop.statement, call),
        at("replace", lookup.answer, answer),
        replace(at("after", helper.node, _sibling(case, found, name)), path=helper.module.relative),
    ]
    if isinstance(lookup.call.func, ast.Name):
        edits += _imports(lookup, name)
    return edits


def _answers_name(lookup: Lookup) -> str:
    """``customer = self.customers.get(…)`` -> customers_by_id."""
    above = lookup.function.parents.get(lookup.answer)
    target = above.targets[0] if isinstance(above, ast.Assign) and len(above.targets) == 1 else None
    assert not isinstance(lookup.reader.node, ast.Module)
    word = target.id if isinstance(target, ast.Name) else lookup.reader.node.name
    return f"{plural(word)}_by_{key_name(lookup)[:-1]}"


def _called(lookup: Lookup, name: str, keys: str) -> str:
    """The helper's call with the sibling's name and all keys."""
    call, text = lookup.call, lookup.function.text
    callee = call.func
    called = f"{text(callee.value)}.{name}" if isinstance(callee, ast.Attribute) else name
    given = [keys if one is lookup.spot else text(one) for one in call.args]
    given += [
        f"{_many(lookup) if word.value is lookup.spot else word.arg}={keys if word.value is lookup.spot else text(word.value)}"
        for word in call.keywords
    ]
    return f"{called}({', '.join(given)})"


def _imports(lookup: Lookup, name: str) -> list[Edit]:
    """A function that was imported by name brings its sibling along."""
    imported = (
        lookup.function.module.top.get(lookup.call.func.id) if isinstance(lookup.call.func, ast.Name) else None
    )
    if not isinstance(imported, ast.ImportFrom) or lookup.reader.module is lookup.function.module:
        return []
    source = "." * imported.level + (imported.module or "")
    return [Edit("import", f"from {source} import {name}")]


def _many(lookup: Lookup) -> str:
    """What the sibling calls its keys."""
    return fresh(plural(lookup.parameter), taken_in(lookup.reader))


def _sibling(case: Case, found: Batch, name: str) -> str:
    """The source of the sibling: fetch all rows, then do with each what the helper does with its one."""
    lookup: Lookup = case.suspect.reading
    helper = lookup.reader
    assert not isinstance(helper.node, ast.Module)
    many, names = _many(lookup), names_for(case)
    names = replace(names, wanted=fresh("wanted", taken_in(helper)), found=fresh("rows", taken_in(helper)))
    results = fresh("found", taken_in(helper) | {names.found, names.wanted})
    place = next(number for number, one in enumerate(helper.body) if _holds(one, lookup.query.fetch))
    first = helper.body.index(lookup.query.apart) if lookup.query.apart in helper.body else place
    docstring = ast.get_docstring(helper.node) is not None
    setup = [_source(helper, one) for one in helper.body[int(docstring) : first]]
    tail = _tail(lookup, found, names.found, results, helper.body[place:])
    body = [
        f'"""What `{helper.node.name}` gives for each of these, by {lookup.parameter}."""',
        *setup,
        f"{names.wanted} = list(dict.fromkeys({many}))",
        f"{names.found} = {{}}",
        fill(case, found, names),
        f"{results} = {{}}",
        f"for {lookup.parameter} in {names.wanted}:",
        textwrap.indent(tail, "    "),
        f"return {results}",
    ]
    return (
        f"{'async ' * isinstance(helper.node, ast.AsyncFunctionDef)}def {name}({_signature(helper, lookup.parameter, many)}){_returns(helper, lookup.parameter)}:\n"
        + textwrap.indent("\n".join(body), "    ")
    )


def _holds(statement: ast.stmt, node: ast.AST) -> bool:
    return any(one is node for one in ast.walk(statement))


def _source(function: Function, statement: ast.stmt) -> str:
    """A statement's own lines, at the left margin."""
    lines = function.module.raw_lines[statement.lineno - 1 : statement.end_lineno]
    return textwrap.dedent("\n".join(line.decode() for line in lines))


def _tail(lookup: Lookup, found: Batch, rows: str, results: str, statements: list[ast.stmt]) -> str:
    """What the helper does after the query, as the body of a loop over the keys."""
    helper, key, fetch = lookup.reader, lookup.parameter, lookup.query.fetch
    lines = list(helper.module.raw_lines)
    returns = [one for top in statements for one in ast.walk(top) if isinstance(one, ast.Return)]
    for node in sorted(returns, key=_line):
        grown = _stored(lines, node, f"{results}[{key}]", last=node is statements[-1])
        if node.lineno == fetch.lineno:
            fetch = _moved(fetch, grown)
    missing = {"all": ", []", "each": ", ()"}.get(lookup.query.how, "")
    always = found.always and not missing
    _splice(lines, fetch, f"{rows}[{key}]" if always else f"{rows}.get({key}{missing})")
    chosen = lines[statements[0].lineno - 1 : statements[-1].end_lineno]
    return textwrap.dedent("\n".join(line.decode() for line in chosen if line != _GONE))


def _stored(lines: list[bytes], node: ast.Return, target: str, *, last: bool) -> int:
    """``return x`` becomes ``target = x`` and, unless it is the last one, ``continue``; by how many columns x moves."""
    line = lines[node.lineno - 1]
    head, word = line[: node.col_offset], b"return " if node.value is not None else b"return"
    new = f"{target} = ".encode() if node.value is not None else f"{target} = None".encode()
    lines[node.lineno - 1] = head + new + line[node.col_offset + len(word) :]
    if not last:
        lines[(node.end_lineno or node.lineno) - 1] += b"\n" + head + b"continue"
    return len(new) - len(word)


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0))


def _moved(node: ast.expr, columns: int) -> ast.expr:
    end = node.end_col_offset or 0
    moved = ast.Constant(None)
    moved.lineno, moved.end_lineno = node.lineno, node.end_lineno
    moved.col_offset = node.col_offset + columns
    moved.end_col_offset = end + columns if node.end_lineno == node.lineno else end
    return moved


def _splice(lines: list[bytes], node: ast.expr, new: str) -> None:
    """Put ``new`` in the place of an expression; lines that it no longer needs are marked."""
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    joined = lines[first][: node.col_offset] + new.encode() + lines[last][node.end_col_offset or 0 :]
    lines[first : last + 1] = [joined] + [_GONE] * (last - first)


def _signature(helper: Function, parameter: str, many: str) -> str:
    """The helper's parameters with many keys in the place of one."""
    assert isinstance(helper.node, (ast.FunctionDef, ast.AsyncFunctionDef))
    copied = ast.parse(f"def f({ast.unparse(helper.node.args)}): pass").body[0]
    assert isinstance(copied, ast.FunctionDef)
    for one in [*copied.args.posonlyargs, *copied.args.args, *copied.args.kwonlyargs]:
        if one.arg == parameter:
            one.arg = many
            one.annotation = (
                ast.Name(f"list[{ast.unparse(one.annotation)}]") if one.annotation is not None else None
            )
    return ast.unparse(copied.args)


def _returns(helper: Function, parameter: str) -> str:
    assert isinstance(helper.node, (ast.FunctionDef, ast.AsyncFunctionDef))
    given = [*helper.node.args.posonlyargs, *helper.node.args.args, *helper.node.args.kwonlyargs]
    key = next((one.annotation for one in given if one.arg == parameter), None)
    if helper.node.returns is None or key is None:
        return ""
    return f" -> dict[{ast.unparse(key)}, {ast.unparse(helper.node.returns)}]"
