"""Compiles a template of 1,500 definitions and blocks, and renders a table of 3,000 rows."""

from mako.template import Template

defs = "\n".join(
    f'<%def name="part{i}(a, b=1)">\n% for x in range(a):\n${{x + b}} \n% endfor\n</%def>' for i in range(500)
)
calls = "\n".join(f"${{part{i}(3)}}" for i in range(500))
print(len(Template(defs + calls).render()))
names = "\n".join(f"${{name{i} | h}}" for i in range(800))
print(len(Template(names).render(**{f"name{i}": "<x>" for i in range(800)})))
table = Template(
    "<table>\n% for row in rows:\n<tr>\n% for cell in row:\n<td>${cell | h}</td>\n% endfor\n</tr>\n% endfor\n</table>"
)
print(len("".join(table.render(rows=[range(20)] * 3_000) for _ in range(4))))
