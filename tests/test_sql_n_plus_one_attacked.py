"""Relations of many kinds, and keys and statements of many kinds: the right option, or none; the same answers."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from mappers import Mapped, functions, places, proven
from test_sql_n_plus_one import Bench, outcome
from test_sql_n_plus_one import proven as batched
from test_sql_n_plus_one_hostile import DJANGO_MODELS
from test_sql_n_plus_one_spellings import ORDERS, SETUP

from perfprof.rules.eager.prefetches import prefetched
from perfprof.rules.reading.program import Program

MODELS = (
    DJANGO_MODELS.replace(
        'for name in ("default", "far"):\n',
        """class Bundle(Base):
    name = models.CharField(max_length=9)
    orders = models.ManyToManyField(Order)
    extra = models.ManyToManyField(Order, related_name="+")
    likes = models.ManyToManyField("self", symmetrical=False)


class Detail(Base):
    order = models.OneToOneField(Order, models.CASCADE)


for name in ("default", "far"):
""",
    ).replace("Special, Item, Tag):", "Special, Item, Bundle, Detail, Tag):")
    + """
for i in range(1, 9):
    bundle = Bundle.objects.create(id=i, name=f"b{i}")
    bundle.orders.set(range(1, i + 1))
    bundle.extra.set([i])
    bundle.likes.set(range(1, i))
Detail.objects.bulk_create(Detail(order_id=i) for i in range(1, 12))
"""
)
HEAD = "from models import Bundle, Customer, Detail, Item, Order\n"
ALONG = {
    "of_many_reversed": 'return [[b.name for b in o.bundle_set.all()] for o in Order.objects.order_by("id")]',
    "of_many": 'return [sorted(o.id for o in b.orders.all()) for b in Bundle.objects.order_by("id")]',
    "of_many_unnamed": 'return [[o.id for o in b.extra.all()] for b in Bundle.objects.order_by("id")]',
    "liked_by": 'return [sorted(b.id for b in one.bundle_set.all()) for one in Bundle.objects.order_by("id")]',
    "one_to_one_reversed": 'return [o.detail.id if hasattr(o, "detail") else None for o in Order.objects.order_by("id")]',
    "one_to_one": 'return [d.order.customer_id for d in Detail.objects.order_by("id")]',
}
ALONE = {
    "prefetched_then_filtered": """
    orders = Order.objects.order_by("id").prefetch_related("items")
    return [(len(o.items.all()), [i.id for i in o.items.order_by("-size")]) for o in orders]""",
    "using_another": 'return [f.name for f in Customer.objects.using("default").order_by("id")]',
    "by_key": "return [Bundle.objects.get(pk=number).name for number in range(1, 9)]",
}


def test_each_relation_gets_its_own_name_or_stays(tmp_path: Path) -> None:
    pytest.importorskip("django")
    site = Mapped(tmp_path)
    example = functions(HEAD, {**ALONG, **ALONE}, "")
    calls = "".join(f"print('{name}', example.{name}())\n" for name in (*ALONG, *ALONE))
    site.write(
        {"models.py": MODELS, "example.py": example, "workload.py": f"import models\nimport example\n{calls}"}
    )
    cases, many = site.cases("n-plus-one-django")
    chosen = [one for one in proven(cases) if one.suspect.finding.path == "example.py"]
    assert {name for name, _ in places(chosen)} == set(ALONG), places(chosen)
    before = _printed(site)
    site.rewrite(*chosen)
    assert _printed(site) == before
    (tmp_path / "far.sqlite").unlink()
    _, few = site.cases("n-plus-one-django")
    assert few + 40 < many


def _printed(site: Mapped) -> str:
    (site.folder / "far.sqlite").unlink()
    return site.printed()


KEYS = {
    "integers given as text": ("items", "str(order[0])", "order_id"),
    "text without case": ("items", "order[2].upper()", "sku"),
    "text with blanks": ("items", "order[2] + ' '", "sku"),
    "nothing among them": ("customers", "order[1]", "id"),
}


@pytest.mark.parametrize("name", KEYS)
def test_keys_of_many_kinds_mean_the_same(name: str, tmp_path: Path) -> None:
    table, key, column = KEYS[name]
    value = "pieces" if table == "items" else "name"
    source = f"""
def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        key = {key}
        rows = conn.execute("SELECT {value} FROM {table} WHERE {column} = ? ORDER BY {value}", (key,)).fetchall()
        most = conn.execute("SELECT max({value}) FROM {table} WHERE {column} = ?", (key,)).fetchone()
        out.append((rows, most))
    return out
""".lstrip()
    bench, workload = Bench(tmp_path), SETUP + "main(conn)\n"
    files = {"example.py": source}
    for case in [one for one in bench.cases(files, workload) if batched(one)][:1]:
        files = bench.rewritten(files, [case])
    for size in (0, 7, 80):
        assert outcome(files["example.py"], workload, size)[0] == outcome(source, workload, size)[0]


def test_more_keys_than_a_statement_takes(tmp_path: Path) -> None:
    source = f"""
def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        out.append(conn.execute("SELECT count(*) FROM items WHERE order_id = ?", (order[0],)).fetchone()[0])
    return out
""".lstrip()
    workload = SETUP + "conn.execute('CREATE INDEX by_order ON items (order_id)')\nmain(conn)\n"
    bench = Bench(tmp_path)
    new = bench.rewritten(
        {"example.py": source}, [one for one in bench.cases({"example.py": source}, workload) if batched(one)]
    )
    answer, few = outcome(new["example.py"], workload, 40_000)
    assert answer == outcome(source, workload, 40_000)[0]
    assert few == 81


PREFETCHES = {
    'Order.objects.prefetch_related("items")': True,
    'Special.objects.filter(id=1).prefetch_related("items")': True,
    "Order.objects.prefetch_related('customer__items__tags')": True,
    'Basket.objects.order_by("id").prefetch_related("user__items")': True,
    'orders.prefetch_related("items")': True,
    "Basket.objects.prefetch_related(*NAMES)": True,
    'prefetch_related_objects([order], Prefetch("items"))': True,
    'Basket.objects.prefetch_related("items")': False,
    'Order.objects.prefetch_related("tags")': False,
    '{"items": "prefetch nothing"}': False,
}


@pytest.mark.parametrize("elsewhere", PREFETCHES)
def test_what_a_prefetch_may_answer_takes_no_option(elsewhere: str, tmp_path: Path) -> None:
    (tmp_path / "views.py").write_text(f"def listed():\n    return {elsewhere}\n")
    (tmp_path / "models.py").write_text("""
class Kept(models.Model):
    pass

class Basket(Kept):
    pass

class Order(Kept):
    def sizes(self):
        return [item.size for item in self.items.all()]

    def tags(self):
        return self.items.filter(size=3)

class Special(Order):
    pass
""")
    program = Program(tmp_path, lambda path: path.read_text())
    module = program.module(tmp_path / "models.py")
    assert module is not None
    sizes, tags = (
        next(one for one in module.functions if one.qualname == f"Order.{name}") for name in ("sizes", "tags")
    )
    own, others = ast.parse("self.items.all()", mode="eval").body, ast.parse("order.items.all()", mode="eval").body
    assert prefetched(own, sizes, program) is PREFETCHES[elsewhere]
    assert prefetched(others, None, program) is (PREFETCHES[elsewhere] or '("items")' in elsewhere)
    assert not prefetched(ast.parse("self.items.filter(size=3)", mode="eval").body, tags, program)
