"""Stand-ins for the APIs of CRMs: real HTTPS servers of this machine, to which the names of theirs lead in tests."""
