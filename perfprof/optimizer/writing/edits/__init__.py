"""Apply a rule's edits to a source text: the new code goes in, and everything else stays byte for byte.

`ast` says where (a rule's `Edit` carries positions that `ast` gave it), libcst makes the change in the smallest
stretch of top-level statements that holds it, and `ast` reads the result again: it must be the old tree with the
edits made in it, and nothing else. Cost follows the change, not the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from perfprof.optimizer.writing.edits import trees
from perfprof.optimizer.writing.edits.stretches import Stretch, stretches
from perfprof.optimizer.writing.edits.text import BOM, EditError, Text, newlines_of, splice, with_newlines
from perfprof.rules.rule import Edit

if TYPE_CHECKING:
    from perfprof.optimizer.writing.edits.surgery import Cut

__all__ = ["EditError", "apply_edits", "overlaps"]

KINDS = ("replace", "before", "after", "statement", "import", "text")


def apply_edits(source: str, edits: Sequence[Edit]) -> str:
    """The source with all edits made, and what they bind in the middle of an expression bound before it where it can be.

    source: the text as it is in the file (line ends, BOM and all). Edits must not overlap each other.
    Raises EditError, with the reason, where the result would be a guess or would not be what was asked for.
    """
    from perfprof.optimizer.writing.edits.plainly import plainly

    _check(source, edits)
    plain = plainly(source, edits)
    if plain != list(edits):
        try:
            return _applied(source, plain)
        except EditError:  # as the rule wrote it, then
            pass
    return _applied(source, edits)


def _applied(source: str, edits: Sequence[Edit]) -> str:
    bom = BOM if source.startswith(BOM) else ""
    text = Text.of(source[len(bom) :])
    spliced = [edit for edit in edits if edit.kind == "text"]
    if spliced:
        if len(spliced) < len(edits):
            raise EditError("edits of text stand alone", edits[0].line)
        return bom + splice(text, spliced)
    places = list(dict.fromkeys(edit for edit in edits if edit.kind != "import"))
    if places:
        text = Text.of(_apply_places(text, places))
    for statement in dict.fromkeys(edit.source for edit in edits if edit.kind == "import"):
        from perfprof.optimizer.writing.edits.imports import add_import

        text = Text.of(add_import(text, statement, min((edit.line for edit in places), default=0)))
    return bom + text.source


def overlaps(one: Sequence[Edit], other: Sequence[Edit]) -> bool:
    """Whether an edit of the one changes or moves what an edit of the other wants to change."""
    return any(_clash(a, b) for a in one for b in other)


def _clash(a: Edit, b: Edit) -> bool:
    if "import" in (a.kind, b.kind):
        return False
    points = [edit for edit in (a, b) if edit.kind in ("before", "after")]
    if len(points) == 2:
        return False
    (start_a, end_a), (start_b, end_b) = _range(a), _range(b)
    if not points:
        return start_a < end_b and start_b < end_a
    statement, area = (a, b) if points[0] is a else (b, a)
    if area.kind == "replace":  # an expression is never larger than the statement that holds it
        return False
    (start, end), (low, high) = _range(statement), _range(area)
    return low <= start and end <= high


def _range(edit: Edit) -> tuple[tuple[int, int], tuple[int, int]]:
    return (edit.line, edit.column), (edit.end_line, edit.end_column)


def _check(source: str, edits: Sequence[Edit]) -> None:
    try:
        source.encode()
    except UnicodeEncodeError:
        raise EditError("the source is not UTF-8") from None
    for index, edit in enumerate(edits):
        if edit.kind not in KINDS:
            raise EditError(f"there is no edit of the kind {edit.kind!r}", edit.line)
        if any(_clash(edit, other) for other in edits[:index] if other != edit):
            raise EditError("two edits want the same place", edit.line)


def _apply_places(text: Text, edits: Sequence[Edit]) -> str:
    tree = trees.parse(text.source)
    touched = {}
    for stretch in stretches(text, tree):
        here = [edit for edit in edits if stretch.first <= edit.line <= stretch.last]
        if here:
            touched[stretch] = here
            for statement in stretch.statements:
                trees.refuse_too_deep(statement)
    wanted = trees.edited(tree, edits)
    pieces: list[str] = []
    done = 0
    for stretch, here in touched.items():
        pieces += [text.between(done + 1, stretch.first - 1), _rewrite(text, stretch, here)]
        done = stretch.last
    result = "".join([*pieces, text.between(done + 1, len(text.lines))])
    if not trees.same(trees.parse(result), wanted):
        raise EditError("the result would not read as intended", edits[0].line)
    return result


def _rewrite(text: Text, stretch: Stretch, edits: Sequence[Edit]) -> str:
    old = text.between(stretch.first, stretch.last)
    kinds = newlines_of(old)
    plain = old if len(kinds) > 1 else with_newlines(old, "\n")
    blank = len(plain) - len(plain.lstrip("\f"))  # a page break before a statement: libcst would drop it
    lead, plain = plain[:blank], plain[blank:]
    shifted = [_shift(edit, stretch.first - 1, blank) for edit in edits]
    new = lead + _operate(plain, edits, shifted, text.indent_from(stretch.first))
    return new if len(kinds) > 1 else with_newlines(new, next(iter(kinds), text.newline))


def _shift(edit: Edit, lines: int, columns: int) -> Edit:
    """The edit in the coordinates of a stretch that begins after so many lines (and columns of its first line)."""
    line, end_line = edit.line - lines, edit.end_line - lines
    return replace(
        edit,
        line=line,
        end_line=end_line,
        column=edit.column - (columns if line == 1 else 0),
        end_column=edit.end_column - (columns if end_line == 1 else 0),
    )


def _operate(plain: str, edits: Sequence[Edit], shifted: Sequence[Edit], indent: str) -> str:
    """Make the edits, with parentheses around those expressions that would be read differently without."""
    from perfprof.optimizer.writing.edits.surgery import Cut, operate

    text = Text.of(plain)
    cuts = [
        Cut(edit.kind, edit.source, text.byte(at.line, at.column), text.byte(at.end_line, at.end_column), edit.line)
        for edit, at in zip(edits, shifted, strict=True)
    ]
    bare = _attempt(plain, cuts, indent)
    if _reads(bare, plain, shifted):
        return bare
    wrapped = [
        replace(
            cut, parenthesised=cut.kind == "replace" and not _reads(_attempt(plain, [cut], indent), plain, [at])
        )
        for cut, at in zip(cuts, shifted, strict=True)
    ]
    return operate(plain, wrapped, indent)


def _attempt(plain: str, cuts: Sequence[Cut], indent: str) -> str:
    """The plain text with these cuts; empty if they cannot be made as they are."""
    from perfprof.optimizer.writing.edits.surgery import operate

    try:
        return operate(plain, cuts, indent)
    except EditError:
        return ""


def _reads(result: str, plain: str, edits: Sequence[Edit]) -> bool:
    """Whether the result is the plain text with these edits made, and nothing else."""
    try:
        return bool(result) and trees.same(trees.parse(result), trees.edited(trees.parse(plain), edits))
    except EditError:
        return False
