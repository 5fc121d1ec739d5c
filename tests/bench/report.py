"""What one measurement found, and the table of all."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. Times in milliseconds, sizes in bytes; None where it does not apply."""

    name: str
    times_ms: Sequence[float]
    floor_ms: Sequence[float] | None = None
    queries: str = ""
    compressed_bytes: int | None = None
    goal: str = ""
    is_met: bool | None = None
    unit: str = "ms"

    @property
    def ratio(self) -> float | None:
        """The median as a multiple of the floor's median."""
        if self.floor_ms is None:
            return None
        return statistics.median(self.times_ms) / statistics.median(self.floor_ms)


def percentile_95(values: Sequence[float]) -> float:
    """Return the 95th percentile (nearest rank)."""
    return sorted(values)[max(0, round(len(values) * 0.95) - 1)]


def print_table(rows: Sequence[Row]) -> None:
    """Print the rows with median, 95th percentile, queries, size, floor, ratio and goal."""
    head = ("what", "median", "p95", "queries", "KB sent", "floor", "ratio", "goal", "")
    lines = [head]
    for row in rows:
        lines.append(
            (
                row.name,
                f"{statistics.median(row.times_ms):,.1f} {row.unit}",
                f"{percentile_95(row.times_ms):,.1f}" if len(row.times_ms) > 1 else "",
                row.queries,
                f"{row.compressed_bytes / 1000:,.1f}" if row.compressed_bytes is not None else "",
                f"{statistics.median(row.floor_ms):,.1f}" if row.floor_ms else "",
                f"{row.ratio:.2f}×" if row.ratio is not None else "",
                row.goal,
                {True: "ok", False: "MISSED", None: ""}[row.is_met],
            )
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        name, *numbers = (cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join([name.strip().ljust(widths[0]), *numbers]).rstrip())  # the point of the command
