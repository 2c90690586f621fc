"""Run perfprof as ``python -m perfprof``."""

from perfprof.optimizer.cli import main

if __name__ == "__main__":
    main()
