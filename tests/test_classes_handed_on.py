"""A class that packages hand on is the same class, under whatever name it comes."""

from __future__ import annotations

import ast
from pathlib import Path

from perfprof.rules.reading.effects import hazards
from perfprof.rules.reading.equality import equal_to_itself_only
from perfprof.rules.reading.program import Program

BASE = "class Base:\n    def __init__(self, seen):\n        seen.append(self)\n"


def project(folder: Path, files: dict[str, str]) -> Program:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return Program(folder, lambda path: path.read_text("utf-8"))


def test_a_base_that_the_package_hands_on_tells_how_objects_compare(tmp_path: Path) -> None:
    program = project(
        tmp_path,
        {
            "club/__init__.py": "from .base import Base\n",
            "club/base.py": "class Base:\n    pass\n",
            "club/member.py": "from club import Base\n\n\nclass Member(Base):\n    pass\n",
            "club/other.py": "class Base:\n    def __eq__(self, other):\n        return True\n",
        },
    )
    here = program.module(tmp_path / "club" / "member.py")
    assert here is not None
    assert equal_to_itself_only("club.member.Member", here, program)
    (tmp_path / "club" / "__init__.py").write_text("from .other import Base\n", "utf-8")
    again = Program(tmp_path, lambda path: path.read_text("utf-8"))
    here = again.module(tmp_path / "club" / "member.py")
    assert here is not None
    assert not equal_to_itself_only("club.member.Member", here, again)


def test_a_name_with_two_meanings_in_the_package_means_none(tmp_path: Path) -> None:
    program = project(
        tmp_path,
        {
            "club/__init__.py": "from .base import Base\ntry:\n    from fast import Base\nexcept ImportError:\n    pass\n",
            "club/base.py": "class Base:\n    pass\n",
            "club/member.py": "from club import Base\n\n\nclass Member(Base):\n    pass\n",
        },
    )
    here = program.module(tmp_path / "club" / "member.py")
    assert here is not None
    assert not equal_to_itself_only("club.member.Member", here, program)


def test_what_a_class_under_another_name_does_when_made_is_read(tmp_path: Path) -> None:
    source = "from club.base import Base as Entry\n\n\ndef work(xs, seen):\n    for x in xs:\n        Entry(seen)\n"
    program = project(tmp_path, {"club/__init__.py": "", "club/base.py": BASE, "club/use.py": source})
    module = program.module(tmp_path / "club" / "use.py")
    assert module is not None
    work = next(one for one in module.functions if one.qualname == "work")
    assert [one.kind for one in hazards([one for one in work.body if isinstance(one, ast.For)], work, program)]
