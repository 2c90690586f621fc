"""Rules for Python code, one file each."""
