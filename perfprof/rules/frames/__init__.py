"""Data frames and arrays: walked row by row, read cell by cell, grown by copies."""
