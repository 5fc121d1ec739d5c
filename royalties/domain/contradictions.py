"""What contradicts in an agreement: the engine's rules on its stored rows, and those of plants, fields and dates."""

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from django.db.models import Q
from django.utils.translation import gettext as _

from lrs_tracker.problems import DomainError
from royalties.domain.engine_input import read_agreement
from royalties.engine.agreement import Agreement as EngineAgreement
from royalties.engine.problems import Problem
from royalties.engine.terms import Key, Term
from royalties.engine.validation import continuation_problems, fees_problems, rules_problems, terms_problems
from royalties.enums import Basis
from royalties.models import Agreement, Fee, RoyaltyTerm

_LEAP_YEAR = 2000
_WHERE = re.compile(r"(?P<part>agreement|terms|fees)(?:\[(?P<position>\d+)\])?\.(?P<field>.+)")
_ROW = re.compile(r"(?P<name>tiers|minimums|cap|withholding_changes)\[(?P<position>\d+)\].*")
# The engine's names of fields, as forms have them.
_RULES = {
    "ends_on": "expires_on",
    "cap": "caps",
    "gross_up": "is_grossed_up",
    "withholding_changes": "withholding_percent",
}
_TERM = {
    "from": "effective_from",
    "to": "effective_to",
    "escalator": "index",
    "escalator.percent": "escalator_percent",
    "escalator.cap": "escalator_cap_percent",
    "escalator.floor": "escalator_floor_percent",
}
_FEE = {"on": "due_on"}


class Contradiction(NamedTuple):
    """What contradicts: the field of the form that enters it, and the words."""

    field: str
    message: str


class ContradictionError(DomainError):
    """Refuse what contradicts the rest of an agreement."""

    code = "contradiction"

    def __init__(self, found: Sequence[Contradiction]) -> None:
        super().__init__(found[0].message, field=found[0].field)
        self.details = tuple(contradiction.message for contradiction in found)


def refuse_contradictions(found: Sequence[Contradiction]) -> None:
    """Raise ContradictionError when there is any."""
    if found:
        raise ContradictionError(found)


def check_contract_year_start(month_day: str) -> None:
    """Raise DomainError for a day that no year has, such as 02-30; 02-29 is one of leap years."""
    if not month_day:
        return
    month, day = int(month_day[:2]), int(month_day[3:])
    if day > calendar.monthrange(_LEAP_YEAR, month)[1]:
        raise DomainError(
            _("There is no %(day)s: use month and day such as 04-01.") % {"day": month_day},
            field="contract_year_start",
        )


def find_contradictions(agreement: Agreement, *, last: int | None = None) -> list[Contradiction]:
    """Return what contradicts in an agreement as it is stored; without an effective date nothing can be told.

    An overlap is told of the later of two terms; `last` is the one to take for the latest.
    """
    if agreement.effective_on is None:
        return []
    stored = _named_by_label(read_agreement(agreement), agreement, last)
    problems = [
        *rules_problems(stored.rules),
        *terms_problems(dict(enumerate(stored.terms)), stored.rules),
        *continuation_problems(stored.terms),
        *fees_problems(dict(enumerate(stored.fees)), stored.rules),
    ]
    found = [
        *(_in_form(problem) for problem in problems),
        *_date_contradictions(agreement),
        *_term_contradictions(agreement),
        *_fee_contradictions(agreement),
    ]
    return list(dict.fromkeys(found))


def _named_by_label(stored: EngineAgreement, agreement: Agreement, last: int | None) -> EngineAgreement:
    """Return the engine's agreement with terms named as people know them, for its sentences."""
    labels = dict(RoyaltyTerm.objects.filter(agreement=agreement).values_list("pk", "label"))
    terms = sorted(stored.terms, key=lambda term: term.id == last)
    names: dict[Key, str] = {}
    for term in terms:
        label = labels[int(term.id)]
        is_taken = label in names.values()
        names[term.id] = f"{label}, {term.effective_from.isoformat()}, {term.id}" if is_taken else label
    return EngineAgreement(stored.rules, tuple(_renamed(term, names) for term in terms), stored.fees)


def _renamed(term: Term, names: dict[Key, str]) -> Term:
    continues = None if term.continues is None else names.get(term.continues)
    return replace(term, id=names[term.id], continues=continues)


def _in_form(problem: Problem) -> Contradiction:
    where = _WHERE.fullmatch(problem.field)
    if where is None:
        return Contradiction(problem.field, str(problem.message))
    field, message = where["field"], str(problem.message)
    row = _ROW.fullmatch(field)
    if row is not None:
        field = row["name"]
        if field == "tiers":
            message = _("Tier %(number)s: %(problem)s") % {"number": int(row["position"]) + 1, "problem": message}
    names = {"agreement": _RULES, "terms": _TERM, "fees": _FEE}[where["part"]]
    return Contradiction(names.get(field, field), message)


def _date_contradictions(agreement: Agreement) -> Iterator[Contradiction]:
    last_day = agreement.last_day
    if agreement.notice_on and last_day and agreement.notice_on > last_day:
        yield Contradiction("notice_on", _("Notice must be given before the last day."))


def _term_contradictions(agreement: Agreement) -> Iterator[Contradiction]:
    covered = set(agreement.agreement_plants.values_list("plant_id", flat=True))
    terms = RoyaltyTerm.objects.filter(agreement=agreement).prefetch_related("term_plants__plant", "tiers")
    for term in terms.order_by("effective_from", "pk"):
        outside = sorted(one.plant.name for one in term.term_plants.all() if one.plant_id not in covered)
        if outside:
            yield Contradiction(
                "plants", _("The agreement does not cover %(plants)s.") % {"plants": ", ".join(outside)}
            )
        missing = [name for name in term.fields if agreement.fields_of_use and name not in agreement.fields_of_use]
        if missing:
            yield Contradiction("fields", _("The agreement does not cover these fields of use."))
        if agreement.effective_on and term.effective_from < agreement.effective_on:
            yield Contradiction("effective_from", _("The term starts before the agreement takes effect."))
        if term.basis == Basis.NET_SALES and any(tier.rate > 100 for tier in term.tiers.all()):
            yield Contradiction("tiers", _("A share of net sales cannot be above 100 %."))


def _fee_contradictions(agreement: Agreement) -> Iterator[Contradiction]:
    covered = agreement.agreement_plants.values("plant_id")
    outside = Fee.objects.filter(~Q(plant__in=covered), agreement=agreement, plant__isnull=False)
    for name in outside.order_by("pk").values_list("plant__name", flat=True):
        yield Contradiction("plant", _("The agreement does not cover %(plants)s.") % {"plants": name})
