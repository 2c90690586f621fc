"""Two texts as the difference that git would show."""

from __future__ import annotations


def unified(path: str, before: str, after: str) -> str:
    """A unified diff in git's format, empty if nothing changed; new and removed files are marked as git does."""
    from difflib import unified_diff

    if before == after:
        return ""
    old, new = (f"a/{path}" if before else "/dev/null"), (f"b/{path}" if after else "/dev/null")
    mode = "" if before and after else ("deleted" if before else "new") + " file mode 100644\n"
    lines = unified_diff(_lines(before), _lines(after), old, new)
    body = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return f"diff --git a/{path} b/{path}\n{mode}{body}"


def _lines(text: str) -> list[str]:
    """Split at line feeds alone: form feeds and carriage returns are part of a line, as for git."""
    return [line + "\n" for line in text.split("\n")[:-1]] + (
        [text.rpartition("\n")[2]] if not text.endswith("\n") and text else []
    )
