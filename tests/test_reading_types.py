"""Exact types: what the code shows of a value, through names, operators, methods and the project's own functions."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from perfprof.rules.reading.program import Program
from perfprof.rules.reading.types import builtin_type

OTHER = """
def names(rows):
    return [row.name for row in rows]
def text(rows):
    return ",".join(rows)
"""


def told(root: Path, source: str, **others: str) -> str | None:
    """The type of what a source hands to ``probe``."""
    for name, text in {"other": OTHER, "example": source, **others}.items():
        (root / f"{name}.py").write_text(text, "utf-8")
    program = Program(root, lambda path: path.read_text("utf-8"))
    module = program.module(root / "example.py")
    assert module is not None
    found = [
        builtin_type(call.args[0], function)
        for function in module.functions
        for call in function.every(ast.Call)
        if getattr(call.func, "id", "") == "probe"
    ]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("-1", "int"),
        ("1 + len(x)", "int"),
        ("len(x) / 2", "float"),
        ("2 ** len(x)", None),
        ("'a' + x", None),
        ("'a' + hex(x)", "str"),
        ("'-' * len(x)", "str"),
        ("[1] * 3 + list(x)", "list"),
        ("[1] + x", None),
        ("{1} | set(x)", "set"),
        ("str(x)", None),
        ("str(len(x))", "str"),
        ("int(x)", "int"),
        ("bytes(x)", None),
        ("ascii(x)", None),
        ("','.join(x)", "str"),
        ("x.join(x)", None),
        ("x.split()", None),
        ("'a b'.split(x)", "list"),
        ("','.join(x).upper().split('-')[1:]", "list"),
        ("','.join(x)[0]", "str"),
        ("','.join(x).encode('utf-8')", "bytes"),
        ("','.join(x).encode(x)", None),
        ("f'{x}'", None),
        ("f'{len(x)}'", "str"),
        ("f'{x}{x}'", "str"),
        ("'%s' % x", None),
        ("'%s%s' % (x, x)", None),
        ("'<%s>' % x", None),
        ("'<%s>' % (x,)", "str"),
        ("'%s' % len(x)", "str"),
        ("'%(a b)s' % {'a b': x}", None),
        ("'%ls' % (x,)", None),
        ("'%(a b)s-%s' % {'a b': x}", "str"),
        ("'{}{}'.format(x, x)", None),
        ("'{:{}}'.format(x, x)", None),
        ("'{}, '.format(x)", "str"),
        ("x is None", "bool"),
        ("x in x", "bool"),
        ("x == 1", None),
        ("len(x) == 1 < 2", "bool"),
        ("[x] < [x]", None),
        ("not x", "bool"),
        ("'a' if x else 'b'", "str"),
        ("'a' if x else None", None),
        ("x and 'b'", None),
        ("(y := 'b')", "str"),
        ("args", "tuple"),
        ("words", "dict"),
        ("args + (1,)", "tuple"),
        ("[word for word in args]", "list"),
        ("[probe_ for args in x for probe_ in args]", "list"),
    ],
)
def test_expressions(expression: str, wanted: str | None, tmp_path: Path) -> None:
    assert told(tmp_path, f"def f(x, *args, **words):\n    probe({expression})\n") == wanted


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("y = 'a'\n    y = hex(x)\n    probe(y)", "str"),
        ("y = 'a'\n    y = x\n    probe(y)", None),
        ("y = 0\n    y += 1\n    probe(y)", "int"),
        ("y = 0\n    y += 1.5\n    probe(y)", None),
        ("y = 0\n    y += x\n    probe(y)", None),
        ("y = ''\n    y = y + hex(x)\n    probe(y)", "str"),
        ("y = ''\n    for one in x: y = y + one\n    probe(y)", None),
        ("y = []\n    y += (1, 2)\n    probe(y)", "list"),
        ("y = []\n    y += x\n    probe(y)", None),
        ("y = []\n    del y\n    probe(y)", None),
        ("y = y\n    probe(y)", None),
        ("y = z\n    z = y\n    probe(y)", None),
        ("args = x\n    probe(args)", None),
        ("args = args[1:]\n    probe(args)", "tuple"),
        ("y = []\n    def g():\n        nonlocal y\n        y = x\n    probe(y)", None),
        ("for y in range(x): probe(y)", "int"),
        ("for y, z in enumerate(x): probe(y)", "int"),
        ("for y, z in enumerate(x): probe(z)", None),
        ("for y in ','.join(x): probe(y)", "str"),
        ("for y in ','.join(x).split('-'): probe(y)", "str"),
        ("for y in x.split('-'): probe(y)", None),
        ("for y in ','.join(x).partition(x): probe(y)", None),
        ("y = ''\n    [probe(y) for y in x]", None),
        ("[probe(y) for y in range(x)]", "int"),
        ("[probe(y) for y in range(x) if y for z in x]", "int"),
        ("[probe(y) for y in range(x) for y in x]", None),
        ("[probe(y) for z in range(x) for y in z]", None),
        ("[z for y in range(x) for z in [probe(y)]]", "int"),
        ("y = x\n    [z for y in [probe(y)]]", None),
        ("range = x\n    [probe(y) for y in range(9)]", None),
        ("[probe(y) async for y in range(x)]", None),
        ("[probe(y) for y, z in enumerate(x)]", "int"),
        ("[probe(z) for y, z in enumerate(x)]", None),
        ("[probe(y) for [y, z] in enumerate(x)]", None),
        ("for y in ['a', hex(x)]: probe(y)", "str"),
        ("for y in ('a', None): probe(y)", None),
        ("for y in ['a', *x]: probe(y)", None),
        ("for y in {'a': 1}: probe(y)", None),
        ("for y in [hex(z) for z in x]: probe(y)", "str"),
        ("z = ['a', 'b']\n    for y in z: probe(y)", "str"),
        ("z = ['a', 'b']\n    [probe(y) for y in z if 'a' in z]", "str"),
        ("z = ['a', 'b']\n    z.append(x)\n    for y in z: probe(y)", None),
        ("z = ['a', 'b']\n    z[0] = x\n    for y in z: probe(y)", None),
        ("z = ['a', 'b']\n    z += x\n    for y in z: probe(y)", None),
        ("z = ['a', 'b']\n    x.kept = z\n    for y in z: probe(y)", None),
        ("z = ['a', 'b']\n    if z is x: z = [x]\n    for y in z: probe(y)", None),
        ("z = ['a', 'b']\n    z, x = x, z\n    for y in z: probe(y)", None),
        ("z = ['a', 'b']\n    def g(): z.append(1)\n    for y in z: probe(y)", None),
        ("z = ['a', 'b']\n    for x[0] in z: pass\n    for y in z: probe(y)", "str"),
        ("y = ''\n    for z in ['-', 'x']:\n        if x: y = z\n    probe(y.join(x))", "str"),
        ("y = ''\n    for z in ['-', None]:\n        if x: y = z\n    probe(y.join(x))", None),
    ],
)
def test_names(body: str, wanted: str | None, tmp_path: Path) -> None:
    assert told(tmp_path, f"def f(x, *args):\n    {body}\n") == wanted


@pytest.mark.parametrize(
    ("functions", "call", "wanted"),
    [
        ("def g(x): return [one for one in x]", "g(x)", "list"),
        ("def g(x):\n    if x: return 'a'\n    return ','.join(x)", "g(x)", "str"),
        ("def g(x):\n    if x: return 'a'", "g(x)", None),
        ("def g(x):\n    if x: return 'a'\n    raise ValueError", "g(x)", "str"),
        ("def g(x): print(x)", "g(x)", "NoneType"),
        ("def g(x): yield []\n", "g(x)", None),
        ("async def g(x): return []", "g(x)", None),
        ("@cached\ndef g(x): return []", "g(x)", None),
        ("def g(x): return []\ng = wrap(g)", "g(x)", None),
        ("def g(x): return []\nfor g in (): pass", "g(x)", None),
        ("def g(x): return []\ndef h():\n    global g\n    g = None", "g(x)", None),
        ("def g(x): return []\nglobals()['g'] = None", "g(x)", None),
        ("def g(x): return []\nvars()['g'] = None", "g(x)", None),
        ("def g(x): return []\ndef h(x): return vars(x)", "g(x)", "list"),
        ("import sys\ndef g(x): return []\nsys.modules[__name__].g = None", "g(x)", None),
        ("N = 'a'\nglobals().update(N=1)", "N", None),
        ("N = 'a'\ndef g(): exec('global N; N = 1')", "N", None),
        ("T = {'a': '.-'}\nlocals()['T'] = {'a': 1}", "T[x]", None),
        ("def g(x): return []\nfrom unknown import *", "g(x)", None),
        ("def g(x): return []\nfrom other import *", "g(x)", "list"),
        ("def g(x): return []", "[g(y) for g in x]", "list"),
        ("def g(x): return []", "[g for g in x][0]", None),
        ("def g(x):\n    rows = []\n    rows.append(x)\n    return rows", "g(x)", "list"),
        ("def g(x):\n    rows = []\n    x.append(rows)\n    return rows", "g(x)", None),
        ("KEPT = []\ndef g(x): return KEPT", "g(x)", None),
        ("def g(x, rows=[]): return rows", "g(x)", None),
        ("def g(x): return g(x) if x else []", "g(x)", None),
        ("def g(x): return h(x)\ndef h(x): return sorted(x)", "g(x)", "list"),
        ("def g(*x): return x", "g(x)", "tuple"),
        ("def g(**x): return x", "g(x)", "dict"),
        ("from other import names", "names(x)", "list"),
        ("from other import names as told", "told(x)", "list"),
        ("from other import names\nnames = None", "names(x)", None),
        ("import other", "other.text(x)", "str"),
        ("import unknown", "unknown.text(x)", None),
        ("class K:\n    @staticmethod\n    def g(x): return []", "K.g(x)", "list"),
        ("class K:\n    @classmethod\n    def g(cls, x): return []", "K.g(x)", None),
        ("class K(metaclass=M):\n    @staticmethod\n    def g(x): return []", "K.g(x)", None),
        ("@wrap\nclass K:\n    @staticmethod\n    def g(x): return []", "K.g(x)", None),
        ("class K:\n    @staticmethod\n    def g(x): return []\n    g = wrap(g)", "K.g(x)", None),
        ("class K:\n    @staticmethod\n    def g(x): return []\nK.g = wrap(K.g)", "K.g(x)", None),
        ("T = {'a': '.-', 'b': '-...'}", "T[x]", "str"),
        ("T = {'a': '.-', 'b': None}", "T[x]", None),
        ("T = {'a': '.-', 'b': '-...'}\nT[1] = 2", "T[x]", None),
        ("T = {'a': '.-', 'b': '-...'}\nfill(T)", "T[x]", None),
        ("T = 'abc'", "T", "str"),
        ("T = []", "T", None),
        ("T = 'abc'\nfor T in (): pass", "T", None),
    ],
)
def test_functions_and_constants(functions: str, call: str, wanted: str | None, tmp_path: Path) -> None:
    assert told(tmp_path, f"{functions}\ndef f(x):\n    probe({call})\n") == wanted


@pytest.mark.parametrize(
    ("method", "others", "wanted"),
    [
        ("_rows", "", "list"),
        ("__rows", "", "list"),
        ("rows", "", None),
        ("_rows", "class Sub(K):\n    def _rows(self): return ()", None),
        ("_rows", "class Sub(K):\n    _rows = None", None),
        ("_rows", "class Sub(K, Foreign): pass", None),
        ("_rows", "def change(k): k._rows = None", None),
        ("_rows", "class Other:\n    f = K.f", None),
        ("_rows", "K.g(other)", "list"),
    ],
)
def test_methods_of_self(method: str, others: str, wanted: str | None, tmp_path: Path) -> None:
    source = f"class K:\n    def {method}(self): return []\n    def f(self):\n        probe(self.{method}())\n"
    assert told(tmp_path, source, more=f"from example import K\n{others}\n") == wanted


@pytest.mark.parametrize(
    "method",
    [
        "@staticmethod\n    def f(self):\n        probe(self._rows())",
        "def f(given, self):\n        probe(self._rows())",
        "def f(self):\n        self = given\n        probe(self._rows())",
        "def f(self):\n        self.__dict__.update(_rows=None)\n        probe(self._rows())",
    ],
)
def test_a_self_that_may_be_anything(method: str, tmp_path: Path) -> None:
    assert told(tmp_path, f"class K:\n    def _rows(self): return []\n    {method}\n") is None


@pytest.mark.parametrize(
    "tests",
    ["mock.patch('example.g')", "monkeypatch.setattr(example, 'g', None)", "example.g = None"],
)
def test_what_tests_replace_is_not_sure(tests: str, tmp_path: Path) -> None:
    source = "def g(x): return []\ndef f(x):\n    probe(g(x))\n"
    assert told(tmp_path, source, test_example=f"import example\n{tests}\n") is None


def test_a_table_that_another_file_speaks_of_may_change(tmp_path: Path) -> None:
    source = "TABLE = {'a': '.-'}\ndef f(x):\n    probe(TABLE[x])\n"
    assert told(tmp_path, source) == "str"
    assert told(tmp_path, source, more="from example import TABLE\nTABLE['b'] = None\n") is None
