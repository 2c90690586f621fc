"""One imported module, two texts of it: ``use("new")`` puts the new code into the living functions, ``use("old")`` takes it back.

Exchanging ``__code__`` keeps every reference alive that the program has to a function: decorators, registries,
bound methods, ``from module import name`` elsewhere. Where that is impossible (another closure, other decorators,
a new function), the name in the module or in the class is bound to another object instead.
"""

from __future__ import annotations
import __future__

import ast
import gc
import types
from collections.abc import Callable, Iterator
from typing import Any

from .differences import Key, codes, difference, functions

_ABSENT = object()
_Living = dict[tuple[str, int], list[types.FunctionType]]
Toggle = Callable[[bool], None]


class Sides:
    """The two sides of one module. problems: what cannot be played out; then nothing may be concluded."""

    def __init__(self, module: types.ModuleType, file: str, old: str, new: str) -> None:
        old, new = old.removeprefix("\ufeff"), new.removeprefix("\ufeff")
        self.problems: list[str] = []
        self._names = module.__dict__
        self._new_tree = ast.parse(new)
        self._old_codes, self._new_codes = _compiled(old, file), _compiled(new, file)
        self._flags = compile(new, file, "exec", dont_inherit=True).co_flags & __future__.annotations.compiler_flag
        self._alive = _living(file)
        self._toggles: list[Toggle] = []
        self.raw: dict[str, types.FunctionType] = {}
        self.bound: dict[str, Any] = {}
        found = difference(ast.parse(old), self._new_tree)
        self.problems += found.problems
        self._defs = {"old": functions(ast.parse(old)), "new": functions(self._new_tree)}
        for owner, statement in found.statements:
            self._guarded(f"line {statement.lineno}", self._statement, owner, statement)
        self.use("new")  # what follows may need the new names
        for key in found.added:
            self._guarded(key[0], self._add, key)
        for key in found.changed:
            self._guarded(key[0], self._change, key)
        self.use("old")

    def use(self, side: str) -> None:
        """Make "old" or "new" the code that runs."""
        for toggle in self._toggles:
            toggle(side == "new")

    def callable(self, name: str, side: str) -> Callable[..., Any] | None:
        """What to call for a captured call of this function; without its decorators unless they changed."""
        if name in self.bound and side == "new":
            return self.bound[name]  # type: ignore[no-any-return]
        if name not in self.raw:
            function = self._find((name, 0))
            if function is None:
                return None
            self.raw[name] = function
        return self.raw[name]

    def _guarded(self, what: str, change: Callable[..., None], *arguments: Any) -> None:
        try:
            change(*arguments)
        except Exception as error:
            self.problems.append(f"{what} cannot be exchanged in place ({type(error).__name__}: {error})")

    def _find(self, key: Key) -> types.FunctionType | None:
        code = self._old_codes.get(key)
        found = self._alive.get((code.co_name, code.co_firstlineno), []) if code is not None else []
        return found[0] if found else None

    def _statement(self, owner: str, statement: ast.stmt) -> None:
        holder = self._holder(owner)
        scope = dict(vars(holder)) if owner else {}
        before = dict(self._names)
        module = ast.Module([statement], [])
        code = compile(module, "<patch>", "exec", self._flags, dont_inherit=True)
        exec(code, self._names, scope if owner else None)  # noqa: S102 (the patch's own source)
        after = dict(self._names)
        self._names.clear()
        self._names.update(before)
        made = scope if owner else after
        earlier = dict(vars(holder)) if owner else before
        for name, value in made.items():
            if earlier.get(name, _ABSENT) is not value:
                self._bind(holder, name, value)

    def _change(self, key: Key) -> None:
        old, new = self._defs["old"][key], self._defs["new"][key]
        function = self._find(key)
        if function is None:
            raise LookupError("it was not found in the imported module")
        code = self._new_codes[key]
        self.raw[key[0]] = function
        defaults, keyword_defaults = self._defaults(key, function, old, new)
        for target, inner in _inner(function.__code__, code, self._alive):
            self._toggles.append(_exchange(target, inner, target.__defaults__, target.__kwdefaults__))
        if code.co_freevars != function.__code__.co_freevars or _decorators(old) != _decorators(new):
            self._rebind(key, function, defaults, keyword_defaults)
            return
        for target in self._alive[(function.__code__.co_name, function.__code__.co_firstlineno)]:
            self._toggles.append(_exchange(target, code, defaults, keyword_defaults))

    def _rebind(self, key: Key, function: types.FunctionType, defaults: Any, keyword_defaults: Any) -> None:
        if key[1]:
            raise LookupError("its name is defined more than once")
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=False))
        fresh = self._make(key, cells)
        fresh.__defaults__, fresh.__kwdefaults__ = defaults, keyword_defaults
        self._publish(key, fresh)

    def _add(self, key: Key) -> None:
        fresh = self._make(key, {})
        node = self._defs["new"][key]
        scope = self._scope(key)
        fresh.__defaults__ = tuple(self._value(default, scope) for default in node.args.defaults) or None
        pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        fresh.__kwdefaults__ = {arg.arg: self._value(value, scope) for arg, value in pairs if value} or None
        self._publish(key, fresh)

    def _make(self, key: Key, cells: dict[str, types.CellType]) -> types.FunctionType:
        owner, _, name = key[0].rpartition(".")
        code = self._new_codes[key]
        if owner:
            cells = {"__class__": types.CellType(self._holder(owner)), **cells}
        closure = tuple(cells[free] for free in code.co_freevars)
        fresh = types.FunctionType(code, self._names, name, None, closure)
        fresh.__qualname__ = key[0]
        fresh.__module__ = self._names.get("__name__", "")
        return fresh

    def _publish(self, key: Key, function: types.FunctionType) -> None:
        owner, _, name = key[0].rpartition(".")
        scope = self._scope(key)
        result: Any = function
        for decorator in reversed(self._defs["new"][key].decorator_list):
            result = self._value(decorator, scope)(result)
        holder = self._holder(owner)
        self._bind(holder, name, result)
        self._toggles[-1](True)
        self.bound[key[0]] = getattr(result, "__func__", getattr(result, "fget", None) or result)

    def _scope(self, key: Key) -> dict[str, Any]:
        owner = key[0].rpartition(".")[0]
        return dict(vars(self._holder(owner))) if owner else {}

    def _value(self, node: ast.expr, scope: dict[str, Any]) -> Any:
        code = compile(ast.Expression(node), "<patch>", "eval", dont_inherit=True)
        return eval(code, self._names, scope)  # noqa: S307 (the patch's own source)

    def _defaults(self, key: Key, function: types.FunctionType, old: Any, new: Any) -> tuple[Any, Any]:
        if ast.dump(old.args) == ast.dump(new.args):
            return function.__defaults__, function.__kwdefaults__
        scope = self._scope(key)
        pairs = zip(new.args.kwonlyargs, new.args.kw_defaults, strict=True)
        keywords = {arg.arg: self._value(value, scope) for arg, value in pairs if value}
        return tuple(self._value(default, scope) for default in new.args.defaults) or None, keywords or None

    def _holder(self, owner: str) -> Any:
        """The class by its qualified name; a stand-in for the module if there is none."""
        holder: Any = None
        for name in owner.split(".") if owner else ():
            holder = vars(holder)[name] if holder is not None else self._names[name]
        return holder

    def _bind(self, holder: Any, name: str, value: Any) -> None:
        names = self._names
        earlier = (vars(holder) if holder is not None else names).get(name, _ABSENT)

        def toggle(new: bool) -> None:
            wanted = value if new else earlier
            if holder is None:
                names.pop(name, None) if wanted is _ABSENT else names.__setitem__(name, wanted)
            elif wanted is not _ABSENT:
                setattr(holder, name, wanted)
            elif name in vars(holder):
                delattr(holder, name)

        self._toggles.append(toggle)


def _compiled(text: str, file: str) -> dict[Key, types.CodeType]:
    return codes(compile(text, file, "exec", dont_inherit=True))


def _living(file: str) -> _Living:
    """All functions in memory that were made from this file."""
    found: _Living = {}
    for item in gc.get_objects():
        if type(item) is types.FunctionType and item.__code__.co_filename == file:
            found.setdefault((item.__code__.co_name, item.__code__.co_firstlineno), []).append(item)
    return found


def _inner(
    old: types.CodeType, new: types.CodeType, alive: _Living
) -> Iterator[tuple[types.FunctionType, types.CodeType]]:
    """Functions in memory that ``old`` made while it ran, such as a decorator's wrapper, with their new code."""
    after = _nested(new)
    for key, code in _nested(old).items():
        for function in alive.get((code.co_name, code.co_firstlineno), []):
            if key not in after or after[key].co_freevars != code.co_freevars:
                raise LookupError(f"{code.co_name} is alive and has another closure")
            yield function, after[key]


def _nested(code: types.CodeType, prefix: str = "") -> dict[str, types.CodeType]:
    found: dict[str, types.CodeType] = {}
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            name = prefix + inner.co_name
            while name in found:
                name += "'"
            found[name] = inner
            found.update(_nested(inner, name + "."))
    return found


def _decorators(node: Any) -> list[str]:
    return [ast.dump(decorator) for decorator in node.decorator_list]


def _exchange(function: types.FunctionType, code: types.CodeType, defaults: Any, keyword_defaults: Any) -> Toggle:
    before = (function.__code__, function.__defaults__, function.__kwdefaults__)

    def toggle(new: bool) -> None:
        wanted = (code, defaults, keyword_defaults) if new else before
        function.__code__, function.__defaults__, function.__kwdefaults__ = wanted

    return toggle
