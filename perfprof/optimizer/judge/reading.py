"""The layers that run nothing: the certificate, and what the new text says."""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath

from perfprof.optimizer.judge.trial import Outcome
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.rules.rule import Level


def certificate(patch: Patch) -> Outcome:
    """A patch with an open obligation is never run."""
    if patch.level is not Level.OPEN:
        return "passed", patch.level.word
    weak = next((proof for proof in patch.proofs if proof.level is Level.OPEN), None)
    return "failed", f"open: {weak.why}" if weak is not None else "open: nothing was proved"


def syntax(patch: Patch) -> Outcome:
    """Every file parses and compiles, and what others may use is still there with the same parameters."""
    for change in patch.changes:
        if not change.path.endswith((".py", ".pyi")):
            continue
        try:
            new = ast.parse(change.after.encode("utf-8", "surrogateescape"))
            compile(change.after.encode("utf-8", "surrogateescape"), change.path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            return (
                "failed",
                f"{change.path}:{getattr(error, 'lineno', None) or 1}: the new code does not compile: {error}",
            )
        problem = _public(change, new)
        if problem:
            return "failed", problem
    return "passed", "compiles; public names and parameters unchanged"


def _public(change: FileChange, new: ast.Module) -> str:
    if any(re.match(r"_(?!_)", part) for part in PurePosixPath(change.path).parts):
        return ""  # a private module: whether its users are content is told by the runs
    try:
        before = _signatures(ast.parse(change.before.encode("utf-8", "surrogateescape")))
    except SyntaxError:
        return ""  # the old file is no better
    after = _signatures(new)
    for name, signature in before.items():
        if name not in after:
            return f"{change.path}: {name} is gone"
        if signature and after[name] and signature != after[name]:
            return f"{change.path}: the parameters of {name} change"
    return ""


def _signatures(tree: ast.Module) -> dict[str, str]:
    """Public names of the module and of its classes; functions with their parameters, annotations aside."""
    found: dict[str, str] = {}
    _collect(tree.body, "", found)
    return found


def _collect(body: list[ast.stmt], prefix: str, found: dict[str, str]) -> None:
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            _name(found, prefix + node.name, _parameters(node))
        elif isinstance(node, ast.ClassDef):
            _name(found, prefix + node.name, "")
            _collect(node.body, f"{prefix}{node.name}.", found)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            for name in _assigned(node):
                _name(found, prefix + name, "")


def _assigned(node: ast.stmt) -> list[str]:
    """The names that an assignment binds."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", node)]
    names = (part for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))
    return [name.id for name in names if isinstance(name.ctx, ast.Store)]


def _name(found: dict[str, str], name: str, signature: str) -> None:
    last = name.rpartition(".")[2]
    if not last.startswith("_") or (last.startswith("__") and last.endswith("__")):
        found[name] = signature


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    rest = [part for part in (arguments.vararg, arguments.kwarg) if part]
    names = [argument.arg for argument in (*plain, *rest)]
    defaults = len(arguments.defaults), sum(value is not None for value in arguments.kw_defaults)
    return f"{type(node).__name__}{names}{len(arguments.posonlyargs)}{defaults}"
