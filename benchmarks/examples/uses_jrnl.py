"""Counts and filters the tags of a journal of 4,000 entries."""

from datetime import datetime, timedelta

from jrnl.journals.Entry import Entry
from jrnl.journals.Journal import Journal
from jrnl.plugins.util import get_tags_count

journal = Journal("bench", default_hour=9, default_minute=0, tagsymbols="@", highlight=False, linewrap=79)
begun = datetime(2020, 1, 1)
for i in range(2_500):
    entry = Entry(journal, begun + timedelta(hours=i), f"Title {i} @tag{i % 900} and @other{i % 31}.\nBody of it.")
    journal.entries.append(entry)
print(len(journal.tags), len(get_tags_count(journal)), len(journal.tags))
