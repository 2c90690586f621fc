"""Real calls that a probed run keeps: which, of what kinds, and that the functions keep their face."""

from __future__ import annotations

import pickle
from collections import Counter
from pathlib import Path

from probed import observed, write

from perfprof.profilers.calls import read_calls, uncaptured
from perfprof.profilers.observations import Capture


def capture(path: Path, function: str) -> Capture:
    name = function.rpartition(".")[2]
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if f"def {name}(" in text)
    return Capture(str(path), function, line)


CALLS = """
import enum, threading
from dataclasses import dataclass

@dataclass
class Row:
    key: int
    tags: list

def unique(rows, wanted=None):
    '''Keep the first of each.'''
    seen = []
    for row in rows:
        if row not in seen:
            seen.append(row)
    rows.append("touched")
    if wanted is not None:
        raise KeyError(wanted)
    return seen

class Shop:
    def __init__(self): self.names = ["a"]
    def find(self, name): return self.names.index(name)
    @staticmethod
    def twice(x): return x * 2
    @classmethod
    def make(cls, n): return [cls for _ in range(n)]
    @property
    def size(self): return len(self.names)

def depth(n): return 0 if n == 0 else 1 + depth(n - 1)
def locked(lock): return lock
def gives_lock(n): return threading.Lock()
def generate(n): yield n
async def later(n): return n
def with_lambda(f, n): return f(n)
def never(): pass
"""

DRIVER = """
import calls, threading

for size in [0, 1, 3, 40, 500, 3, 3, 3, 3, 3, 3, 900, 0, 1]:
    calls.unique([i % 5 for i in range(size)])
for size in (0, 2):
    try:
        calls.unique([calls.Row(1, ["x"])] * size, "gone")
    except KeyError:
        pass
shop = calls.Shop()
shop.find("a")
calls.Shop.twice(4), calls.Shop.make(2), shop.size
calls.depth(50)
calls.locked(threading.Lock()), calls.gives_lock(1)
list(calls.generate(2))
calls.with_lambda(lambda v: v + 1, 4)
for n in range(20_000):
    calls.Shop.twice("x" * (n == 19_000))
"""

NAMES = [
    "unique",
    "Shop.find",
    "Shop.twice",
    "Shop.make",
    "Shop.size",
    "depth",
    "locked",
    "gives_lock",
    "generate",
    "later",
    "with_lambda",
    "never",
]


def test_real_calls_are_kept_by_stratum(tmp_path, monkeypatch):
    write(tmp_path, calls=CALLS, app=DRIVER)
    path = tmp_path / "calls.py"
    found = observed(tmp_path, "app.py", captures=[capture(path, name) for name in NAMES])
    assert found.calls is not None
    assert found.calls.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in found.calls.iterdir()} == {0o600}

    monkeypatch.syspath_prepend(str(tmp_path))
    calls = read_calls(found.calls)
    names = Counter(call.function.partition("::")[2] for call in calls)
    assert {"unique", "Shop.find", "Shop.twice", "Shop.make", "Shop.size", "with_lambda"} <= set(names)
    assert names["depth"] == 1
    assert max(names.values()) <= 24

    unique = [call for call in calls if call.function == f"{path}::unique"]
    strata = Counter(call.stratum for call in unique)
    assert {stratum for stratum in strata if "KeyError" in stratum} == {
        "builtins.list[0],builtins.str[2-7] -> builtins.KeyError",
        "builtins.list[2-7],builtins.str[2-7] -> builtins.KeyError",
    }
    assert len(strata) == 7
    largest = max(unique, key=lambda call: call.size)
    args, kwargs = pickle.loads(largest.blob)
    kind, value, after, _ = pickle.loads(largest.outcome)
    assert (len(args[0]), kwargs, kind, value) == (900, {}, "returned", [0, 1, 2, 3, 4])
    assert after[0][-1] == "touched"
    assert "touched" not in args[0]
    assert largest.seconds > 0
    assert largest.cpu_seconds >= 0
    raised = next(call for call in unique if call.stratum.startswith("builtins.list[2-7],") and call.raised)
    (rows, _), _ = pickle.loads(raised.blob)
    assert rows[0] is rows[1]
    assert pickle.loads(raised.outcome)[1].args == ("gone",)

    twice = {call.stratum for call in calls if call.function.endswith("twice")}
    assert {"builtins.int[2-7] -> returned", "builtins.str[0] -> returned"} <= twice
    weights = [call.weight for call in calls if call.function.endswith("twice")]
    assert 19_000 < sum(weights) <= 20_001

    reasons = {key.partition("::")[2]: reason for key, reason in uncaptured(found.calls).items()}
    assert set(reasons) == {"locked", "gives_lock", "generate", "later", "never"}
    assert "arguments cannot be pickled" in reasons["locked"]
    assert "lock" in reasons["locked"]
    assert "result cannot be pickled" in reasons["gives_lock"]
    assert "generator" in reasons["generate"]
    assert "async" in reasons["later"]
    assert "not called" in reasons["never"]


def test_captured_functions_keep_their_face(tmp_path):
    write(
        tmp_path,
        calls=CALLS,
        app="""
        import calls, inspect, pickle
        assert inspect.signature(calls.unique).parameters.keys() == {"rows", "wanted"}
        assert calls.unique.__doc__ == "Keep the first of each." and calls.unique.__name__ == "unique"
        assert inspect.getsource(calls.unique).startswith("def unique")
        assert pickle.loads(pickle.dumps(calls.unique)) is calls.unique
        assert isinstance(calls.Shop.__dict__["twice"], staticmethod)
        calls.unique([])
        """,
    )
    path = tmp_path / "calls.py"
    found = observed(tmp_path, "app.py", captures=[capture(path, name) for name in ("unique", "Shop.twice")])
    assert len(read_calls(found.calls)) == 1


def test_calls_of_a_main_script_name_it(tmp_path):
    write(tmp_path, app=CALLS + "\nunique([Row(1, [])])\n")
    found = observed(tmp_path, "app.py", captures=[capture(tmp_path / "app.py", "unique")])
    (call,) = read_calls(found.calls)
    assert call.main == str(tmp_path / "app.py")
    assert b"__main__" in call.blob


def test_half_a_call_is_not_read(tmp_path):
    write(tmp_path, calls=CALLS, app="import calls\ncalls.depth(3)\n")
    found = observed(tmp_path, "app.py", captures=[capture(tmp_path / "calls.py", "depth")])
    (file,) = found.calls.glob("*.call")
    file.write_bytes(file.read_bytes()[:-3])
    assert read_calls(found.calls) == ()
