"""Which code is the application's and which is a library's, told from outside by the path of the file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import PurePath

_INSIDE = os.path.join(os.path.dirname(os.path.realpath(__file__)), "inside") + os.sep
_INSTALLED = re.compile(r"[/\\](?:site|dist)-packages[/\\]([^/\\]+)")
_STANDARD = re.compile(r"[/\\]lib(?:64)?[/\\]python3(?:\.\d+)?[/\\](?:lib-dynload[/\\])?([^/\\]+)", re.IGNORECASE)
_SECRET = re.compile(r"(\w+://[^\s:/@]*):[^\s@/]+@")

OURS = "perfprof"


class Libraries:
    """Knows the folders of the interpreters that took part.

    library: folder of the standard library. prefixes: environments, whose ``bin`` holds scripts of packages.
    """

    def __init__(self) -> None:
        self._library: set[str] = set()
        self._scripts: set[str] = set()
        self._known: dict[str, str] = {}

    def add(self, library: str, prefixes: Iterable[str]) -> None:
        """Learn from one process."""
        self._library.add(os.path.join(library, ""))
        for prefix in prefixes:
            self._scripts |= {os.path.join(prefix, folder, "") for folder in ("bin", "Scripts")}

    def package(self, path: str) -> str:
        """The package that a file belongs to; empty for the application's own code."""
        found = self._known.get(path)
        if found is None:
            found = self._known[path] = self._package(path)
        return found

    def _package(self, path: str) -> str:
        if path.startswith("<"):
            return re.sub(r"^<(?:frozen )?([^>.]*).*$", r"\1", path) or "python"
        if path.startswith(_INSIDE):
            return OURS
        installed = _INSTALLED.search(path)
        if installed:
            return _module(installed.group(1))
        for library in self._library:
            if path.startswith(library):
                return _module(path[len(library) :].replace("\\", "/").split("/")[0])
        standard = _STANDARD.search(path)
        if standard:
            return _module(standard.group(1))
        if path.startswith(tuple(self._scripts)):
            return PurePath(path).name
        return ""


def _module(name: str) -> str:
    """``json`` of ``json``, ``six`` of ``six.py``."""
    return name.partition(".")[0]


def without_secrets(command: str) -> str:
    """A command line without the passwords of the URLs in it."""
    return _SECRET.sub(r"\1:***@", command)
