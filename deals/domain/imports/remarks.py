"""Collecting what there is to say about the rows of a file, and which rows stay out."""

from collections.abc import Iterable

from deals.domain.imports.problems import Problem, Severity


class Remarks:
    """Problems found so far; a row with an error or a suggestion to confirm is rejected."""

    def __init__(self, problems: Iterable[Problem] = ()) -> None:
        self.problems = list(problems)
        self.rejected: set[int] = set()

    def error(self, row: int, column: str, message: object) -> None:
        """Keep the row out."""
        self._add(row, column, Severity.ERROR, message)
        self.rejected.add(row)

    def suggestion(self, row: int, column: str, message: object) -> None:
        """Keep the row out until someone confirms or declines."""
        self._add(row, column, Severity.SUGGESTION, message)
        self.rejected.add(row)

    def warning(self, row: int, column: str, message: object) -> None:
        """Let the row in, and say what became of it."""
        self._add(row, column, Severity.WARNING, message)

    def info(self, row: int, column: str, message: object) -> None:
        """Say what will be made."""
        self._add(row, column, Severity.INFO, message)

    def in_order(self) -> list[Problem]:
        """Return the problems in the order of rows."""
        return sorted(self.problems, key=lambda problem: problem.row)

    def _add(self, row: int, column: str, severity: Severity, message: object) -> None:
        self.problems.append(Problem(row, column, severity, str(message)))
