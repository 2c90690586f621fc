"""Wrong rewrites that the gate once let through; added after it was tuned, so that it does not again."""

from __future__ import annotations

from judge_corpus.rewrite import rewrite

LATER = (
    rewrite(
        "a key of both dicts stays in its old place",
        "overlaid",
        """
        def overlaid(under, over):
            found = dict(under)
            for key in over:
                found.pop(key, None)
                found[key] = over[key]
            return found
        """,
        """
        def overlaid(under, over):
            return {**under, **over}
        """,
        "[(({'a': 1}, {'b': 2}), {}), (({'x': 1, 'y': 2}, {'z': 2}), {})]",
        "differential",
    ),
    rewrite(
        "another encoding for the same plain letters",
        "decoded",
        """
        def decoded(data):
            return data.decode("utf-8", "replace")
        """,
        """
        def decoded(data):
            return data.decode("latin-1")
        """,
        "[((b'abc',), {}), ((b'hello',), {})]",
        "differential",
    ),
    rewrite(
        "days by the calendar, not by the clock",
        "days_between",
        """
        import datetime

        def days_between(first, last):
            return (last - first).days
        """,
        """
        import datetime

        def days_between(first, last):
            return last.toordinal() - first.toordinal()
        """,
        "[((datetime.datetime(2020, 1, 1), datetime.datetime(2020, 3, 1)), {})]",
        "differential",
    ),
)
