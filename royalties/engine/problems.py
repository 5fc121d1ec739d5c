"""Problems of a scenario or an agreement: where they are, and what is wrong in words."""

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from lrs_tracker.problems import DomainError, Text


class Problem(NamedTuple):
    """What is wrong at a field, such as `terms[0].tiers[1].up_to`."""

    field: str
    message: Text


def first_of_each_field(problems: Sequence[Problem]) -> list[Problem]:
    """Return the problems with one for each field, in order."""
    first: dict[str, Problem] = {}
    for problem in problems:
        first.setdefault(problem.field, problem)
    return list(first.values())


class ScenarioError(DomainError):
    """Refuse a scenario; `problems` has one entry per field."""

    code = "invalid-scenario"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(_("The scenario cannot be calculated."))
        self.problems = tuple(problems)
        self.details = tuple(f"{problem.field}: {problem.message}" for problem in problems)
