"""Parses 6,000 lines of Python, changes one of them, and asks for names and errors."""

import parso

code = "".join(
    f"def f{i}(a, b=({i}, 2)):\n    x = [a for y in b if y]\n    return {{x: a}}\n\n" for i in range(1_500)
)
grammar = parso.load_grammar()
module = grammar.parse(code, diff_cache=True, path="x.py")
names = module.get_used_names()
changed = grammar.parse(code.replace("f700", "g700"), diff_cache=True, path="x.py")
print(len(names), len(list(grammar.iter_errors(changed))), len(grammar._get_normalizer_issues(module)))
