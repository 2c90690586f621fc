"""The text of an answer word by word, so that what changes from run to run can be told from the rest.

A timestamp or a random token makes every digest of an answer new. Each word gets a mark of four characters; where two
runs of the same code have different marks, the word is the run's own.
"""

from __future__ import annotations

import base64
import re
import zlib

_PACKED = r"""(?:bytes:)?(?:b'(?:[^'\\]|\\.){0,64}'|b"(?:[^"\\]|\\.){0,64}\")"""  # a date and time is pickled as such bytes
_WORD = re.compile(_PACKED + r"|[^\s,;<>()\[\]{}]+")
_MOST = 5_000  # words; a longer answer has no marks


def marks_of(text: str) -> str:
    """The marks of a text's words, one after another; empty if there are too many."""
    words = _WORD.findall(text)
    if len(words) > _MOST:
        return ""
    sums = (zlib.crc32(word.encode("utf-8", "surrogatepass")) & 0xFFFFFF for word in words)
    return "".join(base64.b64encode(one.to_bytes(3, "big")).decode() for one in sums)
