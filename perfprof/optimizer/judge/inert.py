"""Changes that the judge need not run: nothing that runs differs, or what differs would have to be built first."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import PurePosixPath

from perfprof.optimizer.judge.reading import syntax
from perfprof.optimizer.judge.trial import digest_of
from perfprof.optimizer.judge.verdict import Decision, Layer, Verdict
from perfprof.optimizer.patches import FileChange, Patch

_PROSE = frozenset({".md", ".rst", ".adoc"})
_BUILT = frozenset(
    {".c", ".cc", ".cpp", ".cxx", ".h", ".hpp", ".pyx", ".pxd", ".pxi", ".rs", ".f", ".f90", ".cu", ".zig"}
)


def unrun(patch: Patch) -> Verdict | None:
    """A verdict that no run can better, or None where there is something to run."""
    if not patch.changes:
        return None
    built = [change.path for change in patch.changes if PurePosixPath(change.path).suffix in _BUILT]
    if built:
        return _verdict(patch, "cannot tell", f"{built[0]} has to be built, which perfprof does not do")
    if all(_inert(change) for change in patch.changes):
        return _verdict(
            patch,
            "rejected",
            "no gain: nothing that runs differs, only comments, documentation, layout or type hints",
        )
    outcome, reason = syntax(patch)
    return _verdict(patch, "rejected", reason) if outcome == "failed" else None


def _verdict(patch: Patch, decision: Decision, reason: str) -> Verdict:
    files = tuple((change.path, digest_of(change.before)) for change in patch.changes)
    outcome = Layer("syntax", "failed" if decision == "rejected" else "cannot tell", reason)
    return Verdict(patch.digest, files, decision, reason, (outcome,))


def _inert(change: FileChange) -> bool:
    """Does the same run before and after?"""
    suffix = PurePosixPath(change.path).suffix
    if suffix in _PROSE:
        return True
    if suffix not in (".py", ".pyi") or change.gone or not change.before:
        return False
    try:
        old, new = (_running(text.removeprefix("\ufeff")) for text in (change.before, change.after))
    except (SyntaxError, ValueError):
        return False
    return old == new


def _running(text: str) -> str:
    """The tree without docstrings and without the hints of parameters and results, which take no time in a call."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            node.body = _without_docstring(node.body)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
    return ast.dump(tree)


def _without_docstring(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    is_text = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    return [*body[1:]] or [ast.Pass()] if is_text else [*body]
