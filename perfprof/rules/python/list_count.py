"""Count a list once instead of walking it for each count.

`xs.count(x)` walks the whole list. In a loop (`[x for x in xs if xs.count(x) > 1]`) that is as many walks as
turns; a dict of counts, made once, answers in one step. NaN, `1 == 1.0 == True` and duplicates count the same in
both: dicts ask for identity first and then for equality, as lists do.

The dict is filled only if all elements are exactly of types for which `==` and `hash` agree; anything else is
counted in the list as before.

```python before
def repeated(words):
    return [word for word in words if words.count(word) > 1]
```

```python after
from collections import Counter

def repeated(words):
    words_counts = (
        Counter(words) if type(words) is list and set(map(type, words)) <= {str} else {}
    )
    return [
        word
        for word in words
        if (words_counts[word] if words_counts else words.count(word)) > 1
    ]
```

```python workload
repeated([str(i * 7 % (2 * n + 1)) for i in range(3 * n)])
```

```python before
def shares(rows, votes):
    for row in rows:
        row["share"] = votes.count(row["party"]) / len(votes)
    return rows
```

```python after
from collections import Counter

def shares(rows, votes):
    votes_counts = (
        Counter(votes)
        if type(votes) is list
        and type(rows) is list
        and len(rows) > 8
        and set(map(type, votes)) <= {int}
        else {}
    )
    for row in rows:
        row["share"] = (
            votes.count(row["party"])
            if not votes_counts
            else (
                votes_counts[party]
                if type(party := row["party"]) is int
                else votes_counts.clear() or votes.count(party)
            )
        ) / len(votes)
    return rows
```

```python workload
shares([{"party": i} for i in range(n)], [i * 5 % 7 for i in range(4 * n + 1)])
```

The loop takes out of the list what it has counted:

```python unchanged collection-unchanged
def repeated(words):
    found = []
    while words:
        if words.count(words[0]) > 1:
            found.append(words[0])
        words.remove(words[0])
    return found
```

Elements that cannot be hashed:

```python unchanged elements-hash-as-equal
def repeated(words):
    words = [[word] for word in words]
    return [word for word in words if words.count(word) > 1]
```

A text counts parts:

```python unchanged is-a-list
def repeated(words):
    line = str(words)
    return [word for word in words if line.count(word) > 1]
```

A generator changes the list between the turns:

```python unchanged loops-run-no-code
def repeated(words, others):
    return [other for other in others if words.count(other) > 1]
```

```python workload
def late(words):
    for i in range(2 * n):
        words.append(str(i))
        yield str(i)

words = [str(i) for i in range(n)]
repeated(words, late(words))
```

The list has no value before the loop:

```python unchanged index-has-a-place
def repeated(words):
    found = []
    if words:
        known = words
    for word in words:
        if known.count(word) > 1:
            found.append(word)
    return found
```

`set` means something else in this file:

```python unchanged builtins-are-builtin
def set(words):
    return sorted(words)


def repeated(words):
    return set([word for word in words if words.count(word) > 1])
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules import obligations as safe
from perfprof.rules.imported import can_have, with_imports
from perfprof.rules.reading.names import fresh
from perfprof.rules.rule import Case, Rewrite, Rule, Suspect
from perfprof.rules.scale import of_membership
from perfprof.rules.searching import list_answers, list_methods
from perfprof.rules.searching.indexing import at
from perfprof.rules.searching.list_answers import Kept
from perfprof.rules.searching.membership import Membership, suspect
from perfprof.rules.worth import worth_counts

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Calls of `count` on the same list that a loop repeats."""
    for found in list_methods.asked(function, program, "count"):
        message = f"walks all of `{function.text(found.scan.subject)}` in each turn to count"
        yield suspect("list-count", found, message)


def build_counts(case: Case) -> Rewrite:
    """A dict of counts before the loop, which answers for elements of the guarded types."""
    found: Membership = case.suspect.reading
    function = found.function
    listed = function.text(found.scan.subject)
    name, taken = list_answers.names(case, "counts")
    tests = list_answers.condition(case)
    if can_have("library_collections_Counter", function):
        before, value = f"{name} = library_collections_Counter({listed}) if {tests} else {{}}", f"{name}[{{key}}]"
    else:
        item = fresh("item", taken)
        fill = f"for {item} in {listed}:\n        {name}[{item}] = {name}.get({item}, 0) + 1"
        before, value = f"{name} = {{}}\nif {tests}:\n    {fill}", f"{name}.get({{key}}, 0)"
    kept = Kept(name, value, whole=name, tests=(name,), unless=f"not {name}")
    rewrite = Rewrite(
        edits=(at("before", found.hoist.statement, before), *list_answers.answers(case, kept, taken)),
        why=f"{listed} is counted once, and each turn looks its count up",
        memory=f"one dict entry for each different element of {listed} while the function runs",
    )
    return with_imports(rewrite, function)


RULE = Rule(
    title="list.count -> dict of counts",
    in_function=looks_for,
    scale=of_membership,
    worth=worth_counts,
    safe_if=safe.ASKING,
    rewrite=build_counts,
    promises=1.2,
)
