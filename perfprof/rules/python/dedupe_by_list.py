"""Remove duplicates with a dict instead of a search through all elements before.

`[x for i, x in enumerate(xs) if x not in xs[:i]]` copies and walks the beginning of the list for each element.
`dict.fromkeys` keeps the first of equal elements, in order, in one pass. NaN and `1 == 1.0 == True` are the same to
both: lists and dicts ask for identity first and then for equality.

```python before
def distinct(words):
    return [word for i, word in enumerate(words) if word not in words[:i]]
```

```python after
def distinct(words):
    return (
        list(dict.fromkeys(words))
        if type(words) is list and set(map(type, words)) <= {str}
        else [word for i, word in enumerate(words) if word not in words[:i]]
    )
```

```python workload
distinct([str(i * 7 % (2 * n + 1)) for i in range(3 * n)])
```

A text has parts, and a slice of it holds them:

```python unchanged is-a-list
def distinct(words):
    line = "".join(words)
    return [letter for i, letter in enumerate(line) if letter not in line[:i]]
```

Elements that cannot be hashed:

```python unchanged elements-hash-as-equal
def distinct(words):
    words = [[word] for word in words]
    return [word for i, word in enumerate(words) if word not in words[:i]]
```

`dict` means something else in this file:

```python unchanged builtins-are-builtin
def dict(words):
    return words


def distinct(words):
    return dict([word for i, word in enumerate(words) if word not in words[:i]])
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules import obligations as safe
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.rule import Case, Rewrite, Rule, Suspect
from perfprof.rules.scale import of_membership
from perfprof.rules.searching import list_answers
from perfprof.rules.searching.indexing import at
from perfprof.rules.searching.membership import Membership, suspect
from perfprof.rules.worth import worth_counts

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program
    from perfprof.rules.reading.scans import Scan


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """List comprehensions that keep what is not in the part of the list before it."""
    for scan in function.scans:
        listed = _deduplicated(scan, function) if scan.kind == "membership" and scan.around else None
        if (
            listed is None
            or _falls_back(scan, function)
            or (program.alone and builtin_type(listed, function) not in {"list", "tuple"})
        ):
            continue
        found = Membership(function, scan, scan.around[-1], (listed,), ())
        yield suspect("dedupe-by-list", found, f"searches the beginning of `{listed.id}` for each element")


def _deduplicated(scan: Scan, function: Function) -> ast.Name | None:
    """``xs`` of ``[x for i, x in enumerate(xs) if x not in xs[:i]]``."""
    holder, part = scan.around[-1].holder, scan.around[-1].node
    if (
        not isinstance(holder, ast.ListComp)
        or len(holder.generators) != 1
        or not isinstance(part, ast.comprehension)
    ):
        return None
    if part.is_async or len(part.ifs) != 1 or part.ifs[0] is not scan.node or not is_builtin("enumerate", function):
        return None
    sliced = scan.subject
    if not isinstance(sliced, ast.Subscript) or not isinstance(sliced.value, ast.Name):
        return None
    name = sliced.value.id
    x = holder.elt.id if isinstance(holder.elt, ast.Name) else ""
    index = part.target.elts[0] if isinstance(part.target, ast.Tuple) and part.target.elts else None
    i = index.id if isinstance(index, ast.Name) else ""
    written = f"[{x} for i, {x} in enumerate({name}) if {x} not in {name}[:i]]".replace("i,", f"{i},", 1)
    written = written.replace("[:i]", f"[:{i}]")
    return sliced.value if len({x, i, name, ""}) == 4 and ast.unparse(holder) == _normal(written) else None


def _falls_back(scan: Scan, function: Function) -> bool:
    """Whether it is what a rewrite left for other types."""
    holder = scan.around[-1].holder
    above = function.parents.get(holder) if holder is not None else None
    return isinstance(above, ast.IfExp) and above.orelse is holder and "fromkeys" in ast.unparse(above.body)


def _normal(source: str) -> str:
    return ast.unparse(ast.parse(source, mode="eval"))


def first_of_each(case: Case) -> Rewrite:
    """The keys of a dict made of the list, if a test shows that they may be; else the comprehension."""
    found: Membership = case.suspect.reading
    holder, listed = found.scan.around[-1].holder, found.function.text(found.bases[0])
    assert holder is not None
    types = list_answers.key_types(case)
    kinds = case.watched("base0")
    tests = [guards.is_collection(listed, kinds.types if kinds is not None else ()) or f"type({listed}) is list"]
    tests.append(guards.all_keys(listed, types))
    new = f"(list(dict.fromkeys({listed})) if {guards.joined(tests)} else {found.function.text(holder)})"
    return Rewrite(
        edits=(at("replace", holder, new),),
        why=f"one pass over {listed} instead of one for each element",
        memory=f"one dict entry for each different element of {listed} while it is made",
    )


RULE = Rule(
    title="search for duplicates -> dict.fromkeys",
    in_function=looks_for,
    scale=of_membership,
    worth=worth_counts,
    safe_if=(safe.is_a_list, safe.elements_hash_as_equal, safe.builtins_are_builtin),
    rewrite=first_of_each,
    promises=1.2,
)
