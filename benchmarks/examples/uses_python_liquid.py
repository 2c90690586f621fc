"""A workload of python-liquid: the page of a shop names each vendor once."""

import random

from liquid import Environment

dice = random.Random(43)
products = [{"title": f"product {number}", "vendor": f"vendor {dice.randrange(1800)}"} for number in range(3_000)]
page = Environment().from_string(
    "{% assign vendors = products | map: 'vendor' | uniq | sort %}{{ vendors | size }}"
    "{% for vendor in vendors limit: 20 %} {{ vendor }}{% endfor %} {{ products | uniq: 'vendor' | size }}"
)
print(page.render(products=products)[:40])
