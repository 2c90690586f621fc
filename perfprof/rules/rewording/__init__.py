"""The same question in other words: a statement's text, what is changed of it, where it stands, and how both compare."""
