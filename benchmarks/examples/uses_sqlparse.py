"""Formats a statement of 700 columns, and splits a script of 800 statements."""

import sqlparse

columns = ", ".join(f"t{i % 9}.column_{i} AS c{i}" for i in range(700))
wide = f"select {columns} from t0 join t1 on t0.id = t1.id where t0.a in ({', '.join(map(str, range(400)))}) and x = 'y'"
script = "\n".join(f"insert into t (a, b) values ({i}, 'x;{i}');" for i in range(800))
print(
    len(sqlparse.format(wide, reindent=True, keyword_case="upper")),
    len(sqlparse.split(script)),
    len(sqlparse.parse(script)),
)
