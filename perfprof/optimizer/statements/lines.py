"""The lines of a file, one after the other, so that a log of any size fits; compressed ones as they are."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from perfprof.errors import UsageError

HEAD = 200_000  # bytes that tell what a file is
_OPENERS = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\0", lzma.open))
_ZSTANDARD = b"\x28\xb5\x2f\xfd"


def head_of(path: Path) -> bytes:
    """Its first bytes. UsageError where it cannot be read."""
    try:
        with _opened(path) as file:
            return file.read(HEAD)
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise UsageError(f"the file cannot be read: {error}", where=str(path)) from None


def lines_of(path: Path) -> Iterator[str]:
    """Without their ends. Only a line feed ends one: a statement may hold whatever else Unicode takes for a line's end.

    What is no UTF-8 stands as U+FFFD, for databases of one server log in their own encodings. A compressed file that
    was cut off ends where it does.
    """
    with _opened(path) as file, io.TextIOWrapper(file, "utf-8", errors="replace", newline="\n") as text:
        try:
            for line in text:
                yield line.rstrip("\n").removesuffix("\r").replace("\0", "")
        except (EOFError, OSError, lzma.LZMAError):
            return


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        magic = file.read(8)
    if magic.startswith(_ZSTANDARD):
        raise UsageError("this file is compressed by zstd", where=str(path), todo="unpack it: zstd -d FILE")
    opener = next((one for sign, one in _OPENERS if magic.startswith(sign)), None)
    return cast("IO[bytes]", opener(path, "rb")) if opener is not None else path.open("rb")
