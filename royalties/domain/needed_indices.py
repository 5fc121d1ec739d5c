"""The values of price indices without which escalated rates cannot be worked out."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F

from lrs_tracker.visibility import Viewer
from royalties.domain.engine_input import read_agreements
from royalties.engine.agreement import Agreement as EngineAgreement
from royalties.enums import AgreementStatus, EscalatorKind
from royalties.models import Agreement, PriceIndex, PriceIndexValue, RoyaltyTerm


@dataclass(frozen=True, slots=True)
class NeededValue:
    """A year's value of an index that is not known, and the terms that wait for it.

    A year that is not over has no value yet: it is coming up.
    """

    index: PriceIndex
    year: int
    terms: tuple[RoyaltyTerm, ...]
    is_coming: bool


def needed_values(user: Viewer, *, today: dt.date) -> list[NeededValue]:
    """Return the unknown values that the terms which `user` may see need through the present contract year."""
    terms = list(
        RoyaltyTerm.objects.filter(
            agreement__in=Agreement.objects.visible_to(user).exclude(status=AgreementStatus.DRAFT),
            escalator=EscalatorKind.INDEX,
            effective_from__lte=today,
        )
        .exclude(effective_to__lt=F("effective_from"))
        .select_related("agreement", "index")
        .order_by("agreement__deal", "agreement__number", "pk")
    )
    if not terms:
        return []
    agreements = read_agreements({term.agreement_id for term in terms})
    known = set(
        PriceIndexValue.objects.filter(index__in={term.index_id for term in terms}).values_list("index_id", "year")
    )
    waiting: dict[tuple[PriceIndex, int], list[RoyaltyTerm]] = defaultdict(list)
    for term in terms:
        for year in _years(term, agreements.get(term.agreement_id), today):
            if term.index is not None and (term.index_id, year) not in known:
                waiting[term.index, year].append(term)
    found = [
        NeededValue(index, year, tuple(uses), is_coming=year >= today.year) for (index, year), uses in waiting.items()
    ]
    return sorted(found, key=lambda value: (value.is_coming, value.year, value.index.name, value.index.pk))


def _years(term: RoyaltyTerm, agreement: EngineAgreement | None, today: dt.date) -> Iterable[int]:
    """Return the years whose values a term needs: the base, and one for each contract year from the second on."""
    if agreement is None:
        return ()
    calendar = agreement.calendar
    period = calendar.period_on(today if calendar.ends_on is None else min(today, calendar.ends_on))
    if period is None or period.contract_year < 2:
        return ()
    lag = term.index_lag_years
    observed = {calendar.contract_year(number).starts_on.year - lag for number in range(2, period.contract_year + 1)}
    return sorted(observed if term.index_base_year is None else {*observed, term.index_base_year})
