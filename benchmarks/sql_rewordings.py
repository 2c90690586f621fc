"""Random schemas, rows and statements on a real PostgreSQL and SQLite: do the rewording rules ever change an answer?

python benchmarks/sql_rewordings.py [--schemas 300] [--statements 25] [--fills 12] [--seed 1] [--only RULE]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from random_questions import Database, Postgres, Sqlite, Tally, tried


def main() -> int:
    """Print a table; 1 if any answer differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schemas", type=int, default=300)
    parser.add_argument("--statements", type=int, default=25)
    parser.add_argument("--fills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--only", action="append", default=[])
    asked = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        databases: list[Database] = [Sqlite.opened()] if asked.engine != "postgresql" else []
        if asked.engine != "sqlite":
            from perfprof.optimizer.scratch.postgres import Server

            databases.append(Postgres.opened(stack.enter_context(Server.start(folder))))
        for database in databases:
            tally, start = Tally(), time.monotonic()
            for number in range(asked.schemas):
                tried(database, asked.seed + number, asked.statements, asked.fills, folder, tally, asked.only)
            print(
                f"{database.dialect}: {asked.schemas} schemas, {tally.asked} statements, {time.monotonic() - start:.0f} s"
            )
            for rule, count in sorted(tally.rewritten.items()):
                print(f"  {rule:20} {count:6} rewritten, {tally.nonempty[rule]:7} answers with rows")
            print(f"  {tally.compared} comparisons, {len(tally.wrong)} differ")
            for one in tally.wrong[:10]:
                print("\n    ".join(("  DIFFERS", *one)))
            wrong += len(tally.wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
