"""A workload of configobj: a large settings file is read, checked, merged and written."""

from configobj import ConfigObj
from configobj.validate import Validator

lines = ["title = shop  # the name"]
spec = ["title = string"]
for number in range(1_500):
    lines += [
        f"# section {number}",
        f"[section {number}]",
        f"port = {8000 + number}",
        "hosts = a.example, b.example, 'c, d'",
        f"rate = {number / 7:.3f}",
    ]
    lines += ["    [[inner]]", f"    path = /srv/{number}", "    debug = yes", '    text = """some', '    more"""']
    spec += [
        f"[section {number}]",
        "port = integer(1, 70000)",
        "hosts = list",
        "rate = float(0, 99)",
        "[[inner]]",
        "path = string",
        "debug = boolean",
    ]
config = ConfigObj(lines)
checked = ConfigObj(lines, configspec=spec)
result = checked.validate(Validator(), preserve_errors=True)
other = ConfigObj({f"section {number}": {"port": "1", "new": ["x"]} for number in range(0, 1_500, 4)})
config.merge(other)
for number in range(0, 1_500, 5):
    config.rename(f"section {number}", f"part {number}")
seen = []
config.walk(lambda section, key: seen.append(key))
text = config.write()
print(result is True, len(seen), len(text))
