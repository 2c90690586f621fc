"""Programs for record_truth.py: their hot loops are known by construction, and they clock them themselves.

A part is the function whose loop ends in a comment with the part's name.
"""

from __future__ import annotations

HEAD = "import sys, time, json\nclock = time.process_time\nspent = {}\n"
TAIL = "print(json.dumps(spent))\n"

PROGRAMS = {
    "two loops of one function": """
def work():
    a = clock()
    total = 0
    for i in range(9_200_000):  # first
        total += i & 3
    b = clock()
    for j in range(10_800_000):  # second
        total += j & 3
    spent.update(first=b - a, second=clock() - b)
work()
""",
    "call-free nested loop, then a call": """
def join(xs, ys):
    found = 0
    for x in xs:
        for y in ys:  # nested
            if x == y:
                found += 1
    return found
def last():
    total = 0
    for i in range(3_000_000):  # after
        total += i
    return total
a = clock(); join(range(2_600), range(2_600)); b = clock(); last(); spent.update(nested=b - a, after=clock() - b)
""",
    "loop that calls helpers": """
def helper(i):
    return i * 2 + 1
def calls():
    total = 0
    for i in range(3_000_000):  # calls
        total += helper(i)
def plain():
    total = 0
    for i in range(6_000_000):  # plain
        total += i
a = clock(); calls(); b = clock(); plain(); spent.update(calls=b - a, plain=clock() - b)
""",
    "C calls in a loop": """
rows = list(range(20_000))
def member():
    for i in range(1_200):  # member
        -1 in rows
def sorting():
    for i in range(600):  # sorting
        sorted(rows, key=lambda row: -row) if i % 100 == 0 else rows[::-1].sort()
a = clock(); member(); b = clock(); sorting(); spent.update(member=b - a, sorting=clock() - b)
""",
    "long C calls": """
def native():
    for i in range(2):  # native
        sum(range(18_000_000))
def python():
    total = 0
    for i in range(12_000_000):  # python
        total += i
a = clock(); native(); b = clock(); python(); spent.update(native=b - a, python=clock() - b)
""",
    "comprehensions": """
def squares():
    for i in range(40):
        [  # squares
            j * j for j in range(60_000)
        ]
def words():
    for i in range(40):
        {  # words
            str(j): j for j in range(25_000)
        }
a = clock(); squares(); b = clock(); words(); spent.update(squares=b - a, words=clock() - b)
""",
    "comprehensions whose results are kept": """
def lists(kept):
    for i in range(20):
        kept.append(0)
        kept[-1] = [  # lists
            j * j for j in range(60_000)
        ]
def dicts(kept):
    for i in range(20):
        kept.append(0)
        kept[-1] = {  # dicts
            str(j): j for j in range(25_000)
        }
import gc
gc.disable()
x, y = [], []
a = clock(); lists(x); b = clock(); dicts(y); spent.update(lists=b - a, dicts=clock() - b)
""",
    "nested and filtered comprehensions": """
def grid(n):
    for i in range(10):
        table = [  # grid
            [x * y for x in range(n)] for y in range(n)
        ]
def flat(n):
    for i in range(20):
        pairs = {  # flat
            x ^ y
            for x in range(n)
            for y in range(n) if y & 1
        }
a = clock(); grid(260); b = clock(); flat(260); spent.update(grid=b - a, flat=clock() - b)
""",
    "generator expressions": """
def totals():
    for i in range(40):
        sum(  # totals
            j * j for j in range(60_000)
        )
def absent():
    for i in range(40):
        any(  # absent
            j == -1 for j in range(60_000)
        )
a = clock(); totals(); b = clock(); absent(); spent.update(totals=b - a, absent=clock() - b)
""",
    "async comprehensions and loops": """
import asyncio
async def numbers(n):
    for j in range(n):
        yield j
async def gathers():
    for i in range(30):
        found = [  # gathers
            j async for j in numbers(60_000)
        ]
async def loops():
    for i in range(30):
        total = 0
        async for j in numbers(60_000):  # loops
            total += j
async def both():
    a = clock(); await gathers(); b = clock(); await loops(); spent.update(gathers=b - a, loops=clock() - b)
asyncio.run(both())
""",
    "while loops": """
def counts():
    total = i = 0
    while i < 5_000_000:  # counts
        i += 1
        total += i
def breaks():
    for n in range(4):
        i = 0
        while True:  # breaks
            i += 1
            if i > range(900_000).stop:
                break
a = clock(); counts(); b = clock(); breaks(); spent.update(counts=b - a, breaks=clock() - b)
""",
    "loops in try, with and match": """
import contextlib
def tries(rows):
    bad = 0
    for n in range(2):
        try:
            for row in rows:  # tries
                try:
                    row + 1
                except TypeError:
                    bad += 1
                    continue
        finally:
            bad += 0
def withs(rows):
    lock = contextlib.nullcontext()
    with lock:
        for n in range(2):
            match n:
                case 0 | 1:
                    for row in rows:  # withs
                        if row == -1:
                            bad = 1
rows = range(3_000_000)
a = clock(); tries(rows); b = clock(); withs(rows); spent.update(tries=b - a, withs=clock() - b)
""",
    "loops in closures": """
def outer(rows):
    def inner():
        total = 0
        for row in rows:  # inner
            total += row
        return total
    def other():
        for n in range(3):
            for row in rows:  # other
                n ^= row
    return inner, other
inner, other = outer(range(3_000_000))
a = clock(); inner(); b = clock(); other(); spent.update(inner=b - a, other=clock() - b)
""",
    "keys of sorts": """
def sorts(rows):
    for i in range(6):  # sorts
        rows.sort(key=lambda row: (row % 1000, -row))
def plain():
    total = 0
    for i in range(9_000_000):  # plain
        total += i
rows = list(range(160_000))
a = clock(); sorts(rows); b = clock(); plain(); spent.update(sorts=b - a, plain=clock() - b)
""",
    "recursion": """
def walk(depth):
    for i in (0, 1):
        if depth:
            walk(depth - 1)
    for j in range(400):  # walk
        depth ^= j
def flat():
    total = 0
    for i in range(7_000_000):  # flat
        total ^= i
a = clock(); walk(12); b = clock(); flat(); spent.update(walk=b - a, flat=clock() - b)
""",
}
