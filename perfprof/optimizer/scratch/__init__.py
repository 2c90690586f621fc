"""Databases that perfprof starts itself, to try things on."""
