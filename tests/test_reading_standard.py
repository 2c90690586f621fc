"""What is of the standard library: a name that an import brings, and that nothing else gives another meaning."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from perfprof.rules.reading.callees import standard
from perfprof.rules.reading.program import Program


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("import re\ndef f(x): re.sub(x)", "re.sub"),
        ("import re\nimport re\ndef f(x): re.sub(x)", "re.sub"),
        ("import re\nif 1:\n    import re\ndef f(x): re.sub(x)", "re.sub"),
        ("import os\nimport os.path\ndef f(x): os.path.join(x)", "os.join"),
        ("from re import sub\ndef f(x): sub(x)", "re.sub"),
        ("def f(x):\n    import re\n    re.sub(x)", "re.sub"),
        ("def f(x):\n    import re\n    def g(): re.sub(x)", "re.sub"),
        ("import re\nfrom own import re\ndef f(x): re.sub(x)", None),
        ("from own import re\nimport re\ndef f(x): re.sub(x)", None),
        ("from re import sub\ndef sub(x): pass\ndef f(x): sub(x)", None),
        ("def sub(x): pass\nfrom re import sub\ndef f(x): sub(x)", None),
        ("import re\nfor re in (): pass\ndef f(x): re.sub(x)", None),
        ("import re\ndef g():\n    global re\n    re = None\ndef f(x): re.sub(x)", None),
        ("import re\ndef f(x, re): re.sub(x)", None),
        ("import re\ndef f(x, re):\n    def g(): re.sub(x)", None),
        ("import re\ndef f(x): [re.sub(x) for re in x]", None),
        ("import re\ndef f(x):\n    import re\n    re = x\n    re.sub(x)", None),
    ],
)
def test_a_name_of_the_standard_library(source: str, wanted: str | None, tmp_path: Path) -> None:
    path = tmp_path / "example.py"
    path.write_text(source, "utf-8")
    module = Program(tmp_path, lambda one: one.read_text("utf-8")).module(path)
    assert module is not None
    found = {standard(one.func, function) for function in module.functions for one in function.every(ast.Call)}
    assert found == {wanted}
