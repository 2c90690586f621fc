"""Containers that a loop changes: grown by copying, emptied from the front, cleared one by one."""
