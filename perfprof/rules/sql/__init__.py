"""Rules for statements and schemas, one file each."""

BY_READING = {"n-plus-one": ("execute",)}  # as in `perfprof.rules.python`
