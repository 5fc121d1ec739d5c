"""Speed and size, measured against floors in the same run: `make bench` (see docs/bench.md)."""
