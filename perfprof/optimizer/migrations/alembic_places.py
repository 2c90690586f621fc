"""Where a project keeps Alembic's revisions, and which of them none other follows.

``alembic.ini`` in the root or below it (Flask-Migrate has it beside ``env.py``), or ``[tool.alembic]`` of pyproject.toml.
"""

from __future__ import annotations

import ast
import configparser
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from perfprof.optimizer.migrations.planned import Texts

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_DEPTH = ("alembic.ini", "*/alembic.ini", "*/*/alembic.ini")
_SEVERAL = re.compile(r"upgrade_token|engine_name|\bengines\s*=\s*\{")


@dataclass(frozen=True, slots=True)
class Place:
    """folders: of revisions, the first for the first of all. several: one revision speaks to several databases."""

    folders: tuple[Path, ...]
    several: bool = False


def place_of(texts: Texts) -> Place | None:
    """The one place of the project; None if there is none, or several."""
    found = [place for place in _places(texts) if place is not None]
    return found[0] if len(found) == 1 else None


def _places(texts: Texts) -> Iterator[Place | None]:
    root = texts.root
    inis = [path for pattern in _DEPTH for path in sorted(root.glob(pattern)) if not texts.foreign(path)]
    for ini in inis:
        yield _place(texts, ini.parent, _of_ini(ini))
    if not inis:
        options = _of_project(root / "pyproject.toml")
        yield _place(texts, root, options) if options else None


def _of_ini(ini: Path) -> dict[str, str] | None:
    parser = configparser.ConfigParser(defaults={"here": str(ini.parent)})
    try:
        parser.read(ini, encoding="utf-8")
        names = ("script_location", "version_locations", "databases")
        return {name: parser.get("alembic", name) for name in names if parser.has_option("alembic", name)}
    except (configparser.Error, UnicodeDecodeError):
        return None


def _of_project(path: Path) -> dict[str, str] | None:
    try:
        options = tomllib.loads(path.read_text("utf-8")).get("tool", {}).get("alembic", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return None
    here = str(path.parent)
    told = {
        name: value if isinstance(value, str) else "\n".join(map(str, value)) for name, value in options.items()
    }
    return {name: value.replace("%(here)s", here) for name, value in told.items()}


def _place(texts: Texts, beside: Path, options: dict[str, str] | None) -> Place | None:
    scripts = _scripts(texts.root, beside, options) if options is not None else None
    if options is None or scripts is None or not (scripts / "env.py").is_file():
        return None
    said = [one for one in re.split(r"[\s,;]+", options.get("version_locations", "")) if one]
    folders = [_folder(texts.root, beside, one) for one in said] if said else [scripts / "versions"]
    there = tuple(one for one in folders if one is not None and one.is_dir() and one.is_relative_to(texts.root))
    env = texts.read(scripts / "env.py") or ""
    several = "databases" in options or _SEVERAL.search(env) is not None
    return Place(there, several) if there and len(there) == len(folders) else None


def _scripts(root: Path, beside: Path, options: dict[str, str]) -> Path | None:
    """The folder with env.py: as it is said, or beside the ini; one that a program fills in is looked for."""
    location = options.get("script_location", "")
    found = _folder(root, beside, location) if location else beside
    if found is not None or "{" not in location:
        return found
    known = [path.parent for path in beside.glob("*/env.py") if (path.parent / "versions").is_dir()]
    return known[0] if len(known) == 1 else None


def _folder(root: Path, beside: Path, said: str) -> Path | None:
    """A folder as Alembic names it: relative to where it is called, the ini's by custom, or ``package:folder``."""
    package, mark, inside = said.partition(":")
    relative = Path(*package.split("."), *inside.split("/")) if mark and len(package) > 1 else Path(said)
    return next((base / relative for base in (beside, root, root / "src") if (base / relative).is_dir()), None)


def heads_of(texts: Texts, place: Place) -> dict[str, Path]:
    """The revisions that none other follows, with their folders; "" for the first of all where there is none."""
    known: dict[str, Path] = {}
    followed: set[str] = set()
    for folder in place.folders:
        for path in texts.files(folder, "*.py"):
            said = _said(texts.read(path) or "")
            if isinstance(said.get("revision"), str):
                known[str(said["revision"])] = folder
                below = said.get("down_revision")
                followed |= set(below) if isinstance(below, (tuple, list)) else {str(below)}
    heads = {name: known[name] for name in sorted(known) if not any(_means(one, name) for one in followed)}
    return heads if known else {"": place.folders[0]}


def _means(said: str, revision: str) -> bool:
    """A revision may be named by its beginning."""
    return said == revision or (len(said) >= 4 and said != "None" and revision.startswith(said))


def _said(text: str) -> dict[str, object]:
    """The constants that the module assigns."""
    found: dict[str, object] = {}
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return found
    for node in tree.body:
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            value = getattr(node, "value", None)
            if isinstance(target, ast.Name) and value is not None:
                try:
                    found[target.id] = ast.literal_eval(value)
                except ValueError:
                    continue
    return found
