"""libcst surgery on a stretch of whole statements: comments, blank lines and layout stay with what they belong to.

Import this module only when there is something to rewrite: libcst costs a sixth of a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, CodeSpan, MetadataWrapper

from perfprof.optimizer.writing.edits.text import EditError, with_newlines

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
Spans = Mapping[cst.CSTNode, CodeSpan]

# Comments for tools, not for readers: they speak of the line they stand on and go with it.
_PRAGMA = re.compile(
    r"#\s*(type:|noqa|pragma|pylint:|mypy:|pyright:|ruff:|fmt:|isort:|yapf:|nosec|nosemgrep|pyre-)"
)


@dataclass(frozen=True, slots=True)
class Cut:
    """One change: ``start`` and ``end`` are offsets in UTF-8 bytes; ``line`` is for messages only."""

    kind: str
    code: str
    start: int
    end: int
    line: int
    parenthesised: bool = False


@dataclass
class _Plan:
    """What becomes of which node."""

    expressions: dict[cst.CSTNode, cst.BaseExpression] = field(default_factory=dict)
    before: dict[cst.CSTNode, list[Statement]] = field(default_factory=dict)
    after: dict[cst.CSTNode, list[Statement]] = field(default_factory=dict)
    instead: dict[cst.CSTNode, list[Statement]] = field(default_factory=dict)


def operate(stretch: str, cuts: Sequence[Cut], indent: str) -> str:
    """Make the cuts in a stretch of whole statements that begins at the left margin.

    ``indent`` serves new nested code where the stretch itself shows none. Raises EditError.
    """
    try:
        module = _comments_to_statement(cst.parse_module(stretch))
        if module.code != stretch:
            raise EditError("libcst does not give this code back as it is", cuts[0].line)
        if not any(line[:1] in " \t" for line in stretch.splitlines()):
            module = module.with_changes(default_indent=indent)
        spans = MetadataWrapper(module, unsafe_skip_copy=True).resolve(ByteSpanPositionProvider)
        plan = _plan(module, spans, cuts)
        return module.visit(_Surgeon(plan, frozenset(_in_blocks(spans)))).code
    except cst.ParserSyntaxError as error:
        raise EditError(f"libcst cannot read this: {error.message.splitlines()[0]}", cuts[0].line) from None
    except cst.CSTValidationError as error:
        raise EditError(f"libcst refuses the result: {error}", cuts[0].line) from None
    except RecursionError:
        raise EditError("the code is nested too deeply to be rewritten", cuts[0].line) from None


def _comments_to_statement(module: cst.Module) -> cst.Module:
    """libcst takes the comments above the first statement for the module's; here they are the statement's."""
    if not module.header or not module.body:
        return module
    first, *rest = module.body
    first = first.with_changes(leading_lines=[*module.header, *first.leading_lines])
    return module.with_changes(header=[], body=[first, *rest])


def _in_blocks(spans: Spans) -> Iterator[cst.CSTNode]:
    for node in spans:
        if isinstance(node, (cst.Module, cst.IndentedBlock)):
            yield from node.body


def _plan(module: cst.Module, spans: Spans, cuts: Sequence[Cut]) -> _Plan:
    plan = _Plan()
    starts = {spans[node].start: node for node in _in_blocks(spans)}
    for cut in cuts:
        if cut.kind == "replace":
            old = _expression_at(spans, cut)
            plan.expressions[old] = _in_the_parentheses_of(old, _new_expression(module, cut))
            continue
        statement = starts.get(cut.start)
        if statement is None or not _stands_alone(statement):
            raise EditError("the statement has no lines of its own (one-line suite, semicolon or elif)", cut.line)
        kind = {"before": plan.before, "after": plan.after, "statement": plan.instead}[cut.kind]
        new = _new_statements(module, cut)
        if cut.kind == "after" and new and isinstance(new[0], (cst.FunctionDef, cst.ClassDef)):
            apart = [cst.EmptyLine(indent=False)] * (2 if statement in module.body else 1)
            new[0] = new[0].with_changes(leading_lines=[*apart, *new[0].leading_lines])
        kind.setdefault(statement, []).extend(new)
    return plan


def _stands_alone(statement: cst.CSTNode) -> bool:
    """Whether nothing else stands on the lines of a statement."""
    if isinstance(statement, cst.SimpleStatementLine):
        small = statement.body[0]
        return len(statement.body) == 1 and not isinstance(small.semicolon, cst.Semicolon)
    return True


def _expression_at(spans: Spans, cut: Cut) -> cst.BaseExpression:
    within: list[tuple[int, cst.BaseExpression]] = []
    for node, span in spans.items():
        if not isinstance(node, cst.BaseExpression):
            continue
        end = span.start + span.length
        if (span.start, end) == (cut.start, cut.end):
            return node
        # ast counts the parentheses of tuples and generators as theirs, libcst does not
        if isinstance(node, (cst.Tuple, cst.GeneratorExp)) and cut.start < span.start and end < cut.end:
            within.append((span.length, node))
    if not within:
        raise EditError("libcst sees no expression of its own at this place", cut.line)
    return max(within, key=lambda found: found[0])[1]


def _in_the_parentheses_of(old: Any, new: Any) -> cst.BaseExpression:
    """The new expression inside the redundant parentheses of the old one, which are layout and stay."""
    own = 1 if isinstance(old, (cst.Tuple, cst.GeneratorExp)) else 0
    left, right = list(old.lpar), list(old.rpar)
    left, right = left[: max(len(left) - own, 0)], right[own:]
    changed: cst.BaseExpression = new.with_changes(lpar=[*left, *new.lpar], rpar=[*new.rpar, *right])
    return changed


def _new_expression(module: cst.Module, cut: Cut) -> cst.BaseExpression:
    code = with_newlines(cut.code.strip(), module.default_newline)
    if cut.parenthesised:
        code = f"({code})"
    try:
        return cst.parse_expression(code, module.config_for_parsing)
    except cst.ParserSyntaxError:
        return cst.parse_expression(f"({code})", module.config_for_parsing)


def _new_statements(module: cst.Module, cut: Cut) -> list[Statement]:
    if not cut.code.strip():
        return []  # the statement goes
    code = with_newlines(cut.code.strip("\r\n") + "\n", module.default_newline)
    fresh = _comments_to_statement(cst.parse_module(code, module.config_for_parsing))
    *most, last = fresh.body
    if not fresh.footer:
        return [*most, last]
    raise EditError("new code must not end with a comment", cut.line)


def _comments(node: cst.CSTNode) -> list[str]:
    found = [node.value] if isinstance(node, cst.Comment) else []
    return [*found, *(comment for child in node.children for comment in _comments(child))]


class _Surgeon(cst.CSTTransformer):
    """Puts the plan into the tree, and keeps the comments of what goes."""

    def __init__(self, plan: _Plan, statements: frozenset[cst.CSTNode]) -> None:
        super().__init__()
        self.plan = plan
        self.statements = statements
        self.homeless: list[list[str]] = [[]]  # comments that lost their place, by the statements around
        self.quotes: list[str] = []  # of the f-strings around

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Note which statement, and which f-strings, we are in."""
        if node in self.statements:
            self.homeless.append([])
        if isinstance(node, cst.FormattedString):
            self.quotes.append(node.quote)
        return True

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> Any:
        """Replace an expression, or put statements around one."""
        if isinstance(original_node, cst.FormattedString):
            self.quotes.pop()
        new = self.plan.expressions.get(original_node)
        if new is not None:
            self._rescue(original_node, [new])
            self._fit_f_string(new)
            return new
        if original_node not in self.statements:
            return updated_node
        return self._leave_statement(original_node, updated_node)

    def _fit_f_string(self, new: cst.BaseExpression) -> None:
        """Python takes anything inside an f-string from 3.12 on; the project may run on an older one."""
        code = cst.Module([]).code_for_node(new)
        if self.quotes and any(sign in code for sign in ("\\", "\n", "#", *(quote[0] for quote in self.quotes))):
            raise EditError("the new code cannot stand in an f-string before Python 3.12")

    def _leave_statement(self, old: cst.CSTNode, updated: Any) -> Any:
        plan = self.plan
        here: list[Any] = [updated]
        if plan.instead.get(old) == []:
            if self.homeless.pop() or _comments(old):
                raise EditError("a statement with comments is not taken away")
            return cst.FlattenSentinel([*plan.before.get(old, ()), *plan.after.get(old, ())])
        if old in plan.instead:
            here = self._instead(old, plan.instead[old])
        above = [cst.EmptyLine(comment=cst.Comment(text)) for text in self.homeless.pop()]
        detached, attached = _split(here[0].leading_lines)
        before: list[Any] = list(plan.before.get(old, ()))
        here[0] = here[0].with_changes(leading_lines=[*([] if before else detached), *attached, *above])
        if before:
            before[0] = before[0].with_changes(leading_lines=[*detached, *before[0].leading_lines])
        return cst.FlattenSentinel([*before, *here, *plan.after.get(old, ())])

    def _instead(self, old: Any, new: Sequence[Any]) -> list[Any]:
        """The new statements with the comments above and behind the old one."""
        *most, last = new
        bare = old.with_changes(leading_lines=[])
        simple = isinstance(old, cst.SimpleStatementLine) and isinstance(last, cst.SimpleStatementLine)
        if simple and last.trailing_whitespace.comment is None:
            new = [*most, last.with_changes(trailing_whitespace=old.trailing_whitespace)]
        self._rescue(bare, new)
        first = new[0]
        return [first.with_changes(leading_lines=[*old.leading_lines, *first.leading_lines]), *new[1:]]

    def _rescue(self, old: cst.CSTNode, new: Sequence[cst.CSTNode]) -> None:
        kept = {comment for node in new for comment in _comments(node)}
        lost = [text for text in _comments(old) if text not in kept and not _PRAGMA.match(text)]
        self.homeless[-1].extend(lost)


def _split(lines: Sequence[cst.EmptyLine]) -> tuple[list[cst.EmptyLine], list[cst.EmptyLine]]:
    """Blank lines and older comments, and the comment lines that stand directly on a statement."""
    at = len(lines)
    while at and lines[at - 1].comment is not None:
        at -= 1
    return list(lines[:at]), list(lines[at:])
