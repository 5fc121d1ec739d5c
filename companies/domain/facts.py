"""Facts with their sources: kept side by side when they contradict each other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts.models import User
from companies.models import Company, SourcedFact
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import lock_row, require_permission, write_changes


@dataclass(frozen=True, slots=True)
class FactGroup:
    """Everything said about one metric in one period, newest first."""

    metric: str
    period: str
    facts: list[SourcedFact]

    @property
    def is_conflict(self) -> bool:
        """Whether two sources give different values."""
        return len({(_key(fact.value), _key(fact.unit)) for fact in self.facts}) > 1


def group_facts(facts: Iterable[SourcedFact]) -> list[FactGroup]:
    """Return facts by metric and period, in the order of metrics, whatever their letter case and spaces."""
    groups: dict[tuple[str, str], FactGroup] = {}
    for fact in sorted(facts, key=lambda fact: (fact.as_of, fact.pk), reverse=True):
        key = (_key(fact.metric), _key(fact.period))
        groups.setdefault(key, FactGroup(fact.metric, fact.period, [])).facts.append(fact)
    return [groups[key] for key in sorted(groups)]


def _key(text: str) -> str:
    return " ".join(text.casefold().split())


@transaction.atomic
def add_fact(*, company: Company | None, values: Mapping[str, Any], by: User) -> SourcedFact:
    """Keep what a source says, about a company or (None) about what links to it from above."""
    require_permission(by, "companies.add_sourcedfact")
    fact = SourcedFact(company=company, **values)
    with constraints_in_words(SourcedFact):
        fact.save()
    return fact


@transaction.atomic
def change_fact(
    *, fact: SourcedFact, values: Mapping[str, Any], expected_version: int | None = None, by: User
) -> SourcedFact:
    """Correct how a fact was taken down. A new report is a new fact, not a change of this one.

    Raise StaleVersionError when it is no longer at `expected_version`.
    """
    require_permission(by, "companies.change_sourcedfact")
    fact = lock_row(fact, expected_version=expected_version)
    with constraints_in_words(SourcedFact):
        return write_changes(fact, values)


@transaction.atomic
def delete_fact(*, fact: SourcedFact, by: User) -> None:
    """Delete a fact that was taken down by mistake."""
    require_permission(by, "companies.delete_sourcedfact")
    fact.delete()
