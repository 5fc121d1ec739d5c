"""Bringing deals in from a file: read, map, check, apply, undo (docs/import.md)."""
