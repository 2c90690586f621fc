"""Lazy loads that an option of the query would make needless: finding that query, and writing the option."""
