"""The probed run: modules with watches are instrumented as they are imported, the main script as it starts.

``SourceFileLoader.get_code`` is where every import of a source file passes, whichever finder found it; nothing is
read from or written to bytecode caches for instrumented files. A main script does not pass there, so the interpreter
is executed once more with the instrumented code in its place.
"""

from __future__ import annotations

import builtins
import json
import os
import sys
from collections.abc import Iterable
from importlib.machinery import SourceFileLoader
from types import CodeType
from typing import Any

from . import imports, journal, probes

_plan: dict[str, Any] = {}
_files: dict[str, dict[str, list[dict[str, Any]]]] = {}  # real path -> its watches and captures
_names: dict[str, str] = {}  # id -> name of the probe's function
_basenames: set[str] = set()
_missed: dict[str, str] = {}
_original = SourceFileLoader.get_code


def read(path: str) -> None:
    """Read the plan that perfprof left for this run."""
    with open(path, encoding="utf-8") as file:
        _plan.update(json.load(file))
    for kind in ("watches", "captures"):
        for number, item in enumerate(_plan[kind]):
            _names[item["id"]] = f"_perfprof_{kind[0]}{number}"
            _files.setdefault(item["path"], {"watches": [], "captures": []})[kind].append(item)
    _basenames.update(os.path.basename(file) for file in _files)


def arm() -> None:
    """Instrument what will be imported from now on, and start to write what is seen."""
    journal.add(_collect, _forked)
    builtins._perfprof_main = _be_main  # type: ignore[attr-defined]
    for kind in ("watches", "captures"):
        for item in _plan[kind]:
            _make(item)
    SourceFileLoader.get_code = _get_code  # type: ignore[assignment, method-assign]
    imports.after("runpy", _follow_runpy)
    imports.after("_pytest.assertion.rewrite", _follow_pytest)


def _make(item: dict[str, Any]) -> None:
    """The functions that this item's place will call; in place before any instrumented code can run."""
    name = _names[item["id"]]
    if "kind" in item:
        probes.prepare(item, name)
    else:
        from . import captures

        captures.prepare(item, name, _plan)


def _get_code(self: SourceFileLoader, fullname: str) -> CodeType | None:
    """``SourceFileLoader.get_code`` with probes in files that have watches."""
    try:
        path = self.get_filename(fullname)
        code = compiled(self.get_data(path), path) if is_watched(path) else None
    except Exception:
        code = None
    return _original(self, fullname) if code is None else code


def is_watched(path: str) -> bool:
    """Whether the file has watches or captures; a module that is a link has the name of its file."""
    return os.path.basename(path) in _basenames and os.path.realpath(path) in _files


def compiled(source: bytes, path: str) -> CodeType | None:
    """The instrumented code of a watched file; None if it cannot be made."""
    import ast

    tree = ast.parse(source, filename=path)
    if not instrumented(tree, path):
        return None
    code: CodeType = compile(tree, path, "exec", dont_inherit=True)
    return code


def instrumented(tree: Any, path: str) -> bool:
    """Put the probes of this file into its tree; if that fails, the tree is not to be used."""
    from .instrument import Instrumenter

    wanted = _files[os.path.realpath(path)]
    work = Instrumenter(wanted["watches"], wanted["captures"], _names)
    try:
        work.instrument(tree)
    except Exception as error:
        _placed([], dict.fromkeys(work.missed, f"probes could not be placed: {error}"))
        return False
    _placed(sorted(work.placed), work.missed)
    return True


def _placed(placed: list[str], missed: dict[str, str]) -> None:
    probes.placed(placed)
    _missed.update(missed)


def _opens(node: Any, at: int) -> bool:
    """A docstring or a __future__ import, behind which the first statement of ours may stand."""
    import ast

    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        return True
    return at == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _collect() -> Iterable[str]:
    captures = sys.modules.get(f"{__package__}.captures")
    kept = captures.collect() if captures is not None else ()
    lines = [
        *probes.collect(),
        *kept,
        *(journal.encode(["missed", key, reason]) for key, reason in _missed.items()),
    ]
    _missed.clear()
    return lines


def _forked() -> None:
    probes.forked()
    captures = sys.modules.get(f"{__package__}.captures")
    if captures is not None:
        captures.forked()


def run_main_instrumented() -> None:
    """If the main script is watched, start the interpreter again with its instrumented code; else return.

    Called before anything is armed. The code is run from a file of ours as a ``.pyc``, which the interpreter does in
    ``__main__`` without frames of ours; its first statement (`_be_main`) sets right what tells the script's name.
    """
    found = _main_script()
    if found is None or os.name != "posix":
        return
    at, script = found
    try:
        code = _main_code(script)
        if code is None:
            return
        from importlib import _bootstrap_external

        target = os.path.join(os.environ["PERFPROF_FOLDER"], f"main-{os.getpid()}.pyc")
        with open(target, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(_bootstrap_external._code_to_timestamp_pyc(code))  # type: ignore[attr-defined]
    except (SyntaxError, ValueError, OSError, RecursionError):
        return  # the interpreter runs the script and says what is wrong with it
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:at], target, *sys.orig_argv[at + 1 :]])  # noqa: S606


def _main_code(script: str) -> CodeType | None:
    import ast

    path = os.path.join(os.getcwd(), script)
    with open(path, "rb") as file:
        tree = ast.parse(file.read(), filename=path)
    if not instrumented(tree, path):
        return None
    told = (script, path, sys.orig_argv, sorted(probes.all_placed()), _missed)
    call = ast.parse(f"_perfprof_main(globals(), {told!r})").body
    at = next((at for at, node in enumerate(tree.body) if not _opens(node, at)), len(tree.body))
    tree.body[at:at] = call
    code: CodeType = compile(tree, path, "exec", dont_inherit=True)
    return code


def _main_script() -> tuple[int, str] | None:
    """Where the script stands in ``sys.orig_argv``, and its name, if it is a watched file."""
    at = len(sys.orig_argv) - len(sys.argv)
    if at < 1 or not sys.argv or sys.orig_argv[at:] != sys.argv or not os.path.isfile(sys.argv[0]):
        return None
    return (at, sys.argv[0]) if os.path.realpath(sys.argv[0]) in _files else None


def _be_main(namespace: dict[str, Any], told: tuple[str, str, list[str], list[str], dict[str, str]]) -> None:
    """The first statement of an instrumented main script: what names our file shall name the script."""
    script, path, argv, placed, missed = told
    if sys.path and sys.path[0] == os.path.dirname(sys.argv[0]):
        sys.path[0] = os.path.dirname(os.path.realpath(path))
    sys.argv[0] = script
    sys.orig_argv[:] = argv
    namespace["__file__"] = path
    namespace["__loader__"] = SourceFileLoader("__main__", path)
    del builtins._perfprof_main  # type: ignore[attr-defined]
    _placed(placed, missed)


def _follow_runpy() -> None:
    """``runpy.run_path`` compiles itself; multiprocessing's spawn runs main scripts by it."""
    runpy: Any = sys.modules["runpy"]
    original = runpy._get_code_from_file

    def get_code_from_file(*arguments: str) -> Any:
        path = arguments[-1]
        code = None
        if is_watched(path):
            try:
                with open(path, "rb") as file:
                    code = compiled(file.read(), path)
            except Exception:
                code = None
        if code is None:
            return original(*arguments)
        return code if len(arguments) == 1 else (code, path)  # two arguments and a pair until 3.11

    runpy._get_code_from_file = get_code_from_file


def _follow_pytest() -> None:
    """Test modules are compiled and cached by pytest's assertion rewriting."""
    rewrite: Any = sys.modules["_pytest.assertion.rewrite"]
    rewrite_asserts, read_pyc, write_pyc = rewrite.rewrite_asserts, rewrite._read_pyc, rewrite._write_pyc

    def rewrite_with_probes(tree: Any, source: bytes, module_path: str | None = None, config: Any = None) -> None:
        if module_path is not None and is_watched(module_path):
            instrumented(tree, module_path)
        rewrite_asserts(tree, source, module_path, config)

    def read_unwatched(source: Any, pyc: Any, *rest: Any) -> Any:
        return None if is_watched(os.fspath(source)) else read_pyc(source, pyc, *rest)

    def write_unwatched(state: Any, code: CodeType, *rest: Any) -> Any:
        return None if is_watched(code.co_filename) else write_pyc(state, code, *rest)

    rewrite.rewrite_asserts = rewrite_with_probes
    rewrite._read_pyc, rewrite._write_pyc = read_unwatched, write_unwatched
