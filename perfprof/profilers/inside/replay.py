"""Entry of the judging processes, run by path in the target's interpreter: ``python replay.py JOB ANSWERS``.

Nothing of this folder may be importable by the user's code (it holds names such as ``requests``), so the package
beside this file is loaded under a private name and the folder is taken off ``sys.path``.
"""

from __future__ import annotations

import importlib.util
import pickle
import sys
from pathlib import Path
from types import ModuleType

PRIVATE = "_perfprof_replaying"


def package() -> ModuleType:
    """Load ``replaying`` as a package of its own."""
    folder = Path(__file__).resolve().parent / "replaying"
    spec = importlib.util.spec_from_file_location(
        PRIVATE, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[PRIVATE] = module
    spec.loader.exec_module(module)
    return module


def main(job_file: str, answer_file: str) -> None:
    """Run one job."""
    here = str(Path(__file__).resolve().parent)
    sys.path[:] = [entry for entry in sys.path if entry and Path(entry).resolve() != Path(here)]
    package()
    job = importlib.import_module(f"{PRIVATE}.job")
    described = pickle.loads(Path(job_file).read_bytes())  # noqa: S301 (written by the judge itself)
    job.prepare(described["root"], described["folders"], described["cloudpickle"])
    job.main(job_file, answer_file)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
