"""Locks of the database on what has no row, by a name."""

import hashlib


def lock_number(name: str) -> int:
    """Return the number that PostgreSQL knows a lock by."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True)
