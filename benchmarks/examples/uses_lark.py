"""Parses JSON with LALR, and an ambiguous grammar with Earley, and walks the trees."""

import json

from lark import Lark, Transformer, Visitor
from lark.visitors import CollapseAmbiguities

GRAMMAR = r"""
    ?value: dict | list | string | SIGNED_NUMBER -> number | "true" -> true | "null" -> null
    list: "[" [value ("," value)*] "]"
    dict: "{" [pair ("," pair)*] "}"
    pair: string ":" value
    string: ESCAPED_STRING
    %import common.ESCAPED_STRING
    %import common.SIGNED_NUMBER
    %import common.WS
    %ignore WS
"""
text = json.dumps([{"id": i, "name": f"n{i}", "tags": [1, 2, 3]} for i in range(4_000)])
tree = Lark(GRAMMAR, start="value", parser="lalr").parse(text)
Visitor().visit(tree)
Transformer().transform(tree)
Lark(GRAMMAR, start="value").parse(text[:5_000].rsplit("},", 1)[0] + "}]")
sums = Lark('start: e\ne: e "+" e | "x"', ambiguity="explicit").parse("+".join("x" * 9))
many = Lark('start: ab*\nab: A B | B A | A | B\nA: "a"\nB: "b"', ambiguity="explicit").parse("ab" * 6)
print(len(list(tree.iter_subtrees())), len(CollapseAmbiguities().transform(sums)), len(list(many.iter_subtrees())))
