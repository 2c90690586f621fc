"""Rules for statements and schemas, one file each."""
