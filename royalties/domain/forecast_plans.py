"""The deals of a forecast: what each is planned to pay, on which basis, and which deals are left out and why."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from deals.models import Deal
from deals.models.deals import DealQuerySet
from lrs_tracker.problems import DomainError, Text
from money.domain.conversion import PIVOT, AppliedRate, latest_rates
from royalties.domain.engine_input import read_agreements
from royalties.domain.forecast_estimates import estimate_of
from royalties.domain.forecast_fees import ExpectedFee, read_expected_fees
from royalties.domain.forecast_parameters import Parameters
from royalties.domain.forecast_ramps import PlannedPlant, PlantsByOwner, plant_ramp, read_plants
from royalties.domain.forecast_reports import LeftOutSales, Reported, read_reported
from royalties.domain.forecast_shares import WHOLE, PlantShare, plant_shares
from royalties.engine.agreement import Agreement as EngineAgreement
from royalties.engine.codes import Basis
from royalties.engine.document import read_scenario
from royalties.engine.problems import ScenarioError
from royalties.engine.terms import Key
from royalties.enums import AgreementStatus, PlanBasis
from royalties.forecast.output import Assumptions
from royalties.forecast.plan import Plan
from royalties.models import Agreement, TermSheet

_PERCENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class PlannedDeal:
    """A deal, or one of its agreements, with its plan; `probability` is None when it is contracted.

    `source` names where the terms are from. `notes` say what a reader should know about the plan, `shared` which plants
    are under other agreements too.
    """

    deal: Deal
    basis: PlanBasis
    source: str
    agreement: Agreement | None
    plan: Plan
    probability: Decimal | None
    plants: tuple[PlannedPlant, ...] = ()
    notes: tuple[Text, ...] = ()
    left_out_sales: tuple[LeftOutSales, ...] = ()
    is_price_reported: bool = False
    shared: tuple[Text, ...] = ()

    @property
    def code(self) -> str:
        """The agreement's code, or the deal's."""
        return self.agreement.code if self.basis == PlanBasis.CONTRACT and self.agreement else self.deal.code

    @property
    def currency(self) -> str:
        """The currency of the plan."""
        return self.plan.agreement.rules.currency

    @property
    def is_price_needed(self) -> bool:
        """Whether any term charges net sales."""
        return any(term.basis == Basis.NET_SALES for term in self.plan.agreement.terms)

    @property
    def starts_on(self) -> dt.date:
        """The day from which the terms hold."""
        return self.plan.agreement.rules.effective_on

    @property
    def ramp_months(self) -> int:
        """How long the longest of the ramps takes."""
        return max((ramp.months_to_nameplate for ramp in self.plan.ramps), default=0)

    @property
    def has_energy(self) -> bool:
        """Whether the plan's energy means something: a royalty estimated without a capacity has none."""
        return self.basis != PlanBasis.ESTIMATE or bool(self.deal.capacity_gwh)


@dataclass(frozen=True, slots=True)
class LeftOutDeal:
    """A deal that is in no sum, and why."""

    deal: Deal
    reason: Text


@dataclass(slots=True)
class ForecastDeals:
    """The deals of a forecast, with the latest rates to the reader's currency."""

    currency: str
    planned: list[PlannedDeal] = field(default_factory=list)
    left_out: list[LeftOutDeal] = field(default_factory=list)
    rates: dict[str, AppliedRate] = field(default_factory=dict)


def read_forecast_deals(deals: DealQuerySet, *, currency: str, parameters: Parameters, today: dt.date) -> ForecastDeals:
    """Return the plans of `deals` (visible and not closed): a fixed number of queries, however many there are."""
    rows = list(deals.with_probability().select_related("company", "stage", "owner").order_by("pk"))
    return _Reading(rows, currency, parameters, today).result


def ramps_of(deals: ForecastDeals) -> list[PlannedPlant]:
    """Return the plants whose ramps the plans are made of, each once, by name."""
    plants = {plant.pk: plant for planned in deals.planned for plant in planned.plants}
    return sorted(plants.values(), key=lambda plant: (plant.name, plant.pk))


class _Reading:
    """Everything that belongs to some deals, read at once, and their plans made of it."""

    def __init__(self, deals: Sequence[Deal], currency: str, parameters: Parameters, today: dt.date) -> None:
        self.parameters = parameters
        self.today = today
        ids = [deal.pk for deal in deals]
        self.agreements = _agreements(ids)
        pks = [agreement.pk for found in self.agreements.values() for agreement in found]
        self.terms = read_agreements(pks)
        self.fees: Mapping[int, Sequence[ExpectedFee]] = read_expected_fees(pks, today=today)
        self.plants: PlantsByOwner = read_plants(agreements=pks, deals=ids)
        self.reported = read_reported(self.terms)
        in_force = (each for found in self.agreements.values() for each in found if _is_in_force(each))
        self.shares = plant_shares(in_force, self.plants.of_agreement, self.reported)
        self.term_sheets = _term_sheets(ids)
        currencies = {terms.rules.currency for terms in self.terms.values()}
        currencies |= {terms.rules.currency for _sheet, terms in self.term_sheets.values() if terms}
        currencies |= {deal.currency for deal in deals if deal.currency}
        rates = latest_rates(currency, bases={*currencies, PIVOT}, on=today)
        self.result = ForecastDeals(currency, rates=rates)
        for deal in deals:
            self._plan(deal)

    def _plan(self, deal: Deal) -> None:
        found = self.agreements.get(deal.pk, [])
        in_force = [each for each in found if _is_in_force(each)]
        if in_force:
            for agreement in in_force:
                self._try(deal, partial(self._of_agreement, deal, agreement, PlanBasis.CONTRACT))
            return
        notes: tuple[Text, ...] = ()
        dated = [each for each in found if each.pk in self.terms and self.terms[each.pk].terms]
        if dated:
            self._try(deal, partial(self._of_agreement, deal, dated[-1], PlanBasis.DRAFT))
            return
        if found:
            notes += (_("The draft agreement has no effective date or no terms yet."),)
        sheet, terms = self.term_sheets.get(deal.pk, (None, None))
        if sheet is not None and terms is not None:
            self._try(deal, partial(self._of_term_sheet, deal, sheet, terms, notes))
            return
        if sheet is not None:
            notes += (_("Its term sheet cannot be calculated yet."),)
        self._try(deal, partial(self._of_estimate, deal, notes))

    def _try(self, deal: Deal, plan: Callable[[], PlannedDeal]) -> None:
        try:
            self.result.planned.append(plan())
        except DomainError as error:
            self.result.left_out.append(LeftOutDeal(deal, str(error)))

    def _of_agreement(self, deal: Deal, agreement: Agreement, basis: PlanBasis) -> PlannedDeal:
        terms = self.terms[agreement.pk]
        expected = self.fees.get(agreement.pk, ())
        terms = EngineAgreement(terms.rules, terms.terms, (*terms.fees, *(each.fee for each in expected)))
        reported = self.reported.get(agreement.pk, Reported())
        plants = self.plants.of_agreement.get(agreement.pk) or self.plants.of_deal.get(deal.pk) or ()
        return self._planned(
            deal,
            basis,
            agreement.code,
            terms,
            plants,
            key_of=lambda plant: plant.pk,
            fields=agreement.fields_of_use,
            agreement=agreement,
            reported=reported,
            sop_fees=frozenset(each.fee.id for each in expected if each.moves_with_sop),
        )

    def _of_term_sheet(
        self, deal: Deal, sheet: TermSheet, terms: EngineAgreement, notes: tuple[Text, ...]
    ) -> PlannedDeal:
        plants = self.plants.of_deal.get(deal.pk, ())
        return self._planned(
            deal, PlanBasis.TERM_SHEET, sheet.name, terms, plants, key_of=lambda plant: str(plant.pk), notes=notes
        )

    def _of_estimate(self, deal: Deal, notes: tuple[Text, ...]) -> PlannedDeal:
        estimate = estimate_of(deal, ramp_months=self.parameters.ramp_months, today=self.today)
        return PlannedDeal(
            deal,
            PlanBasis.ESTIMATE,
            str(PlanBasis.ESTIMATE.label),
            None,
            Plan(estimate.agreement, (estimate.ramp,)),
            _probability(deal),
            notes=(*notes, *estimate.notes),
        )

    def _planned(
        self,
        deal: Deal,
        basis: PlanBasis,
        source: str,
        terms: EngineAgreement,
        plants: Sequence[PlannedPlant],
        *,
        key_of: Callable[[PlannedPlant], Key],
        fields: Sequence[str] = (),
        agreement: Agreement | None = None,
        reported: Reported | None = None,
        sop_fees: frozenset[Key] = frozenset(),
        notes: tuple[Text, ...] = (),
    ) -> PlannedDeal:
        reported = reported or Reported()
        reported_as = reported.reported_as
        shares = {plant.pk: self._share(agreement, plant) for plant in plants}
        ramps = [
            plant_ramp(
                plant,
                key=key_of(plant),
                terms=terms.terms,
                fields=fields,
                reported_as=reported_as,
                part=shares[plant.pk].planned_part,
            )
            for plant in plants
        ]
        notes += tuple(
            _("%(plant)s has no ramp or no nameplate: what it makes is not planned.") % {"plant": plant.name}
            for plant in plants
            if not plant.is_planned
        )
        if not plants:
            notes += (_("No plant is linked: only minimums, lump sums and fees are planned."),)
        return PlannedDeal(
            deal,
            basis,
            source,
            agreement,
            Plan(
                terms,
                tuple(ramp for ramp in ramps if ramp),
                self._assumptions(terms.rules.currency, reported),
                reported.lines,
                sop_fees,
            ),
            None if basis == PlanBasis.CONTRACT else _probability(deal),
            tuple(plants),
            notes,
            reported.left_out,
            is_price_reported=reported.price_per_kwh is not None,
            shared=tuple(shares[plant.pk].in_words(plant.name) for plant in plants if shares[plant.pk].codes),
        )

    def _share(self, agreement: Agreement | None, plant: PlannedPlant) -> PlantShare:
        return self.shares.get((agreement.pk, plant.pk), WHOLE) if agreement else WHOLE

    def _assumptions(self, currency: str, reported: Reported) -> Assumptions:
        return Assumptions(
            sold_percent=self.parameters.sold_percent,
            price_per_kwh=reported.price_per_kwh or self._price_in(currency),
            kwh_per_unit=reported.kwh_per_unit or self.parameters.kwh_per_unit,
            index_percent=self.parameters.index_percent,
        )

    def _price_in(self, currency: str) -> Decimal | None:
        """Return the assumed price per kWh in a currency, or None without a rate."""
        if currency == PIVOT:
            return self.parameters.price_eur
        rates = self.result.rates
        if PIVOT not in rates or currency not in rates:
            return None
        return (self.parameters.price_eur * rates[PIVOT].rate / rates[currency].rate).quantize(Decimal("0.0001"))


def _is_in_force(agreement: Agreement) -> bool:
    return agreement.status == AgreementStatus.IN_FORCE


def _probability(deal: Any) -> Decimal:
    percent: int = deal.effective_probability_percent
    return percent * _PERCENT


def _agreements(deals: Sequence[int]) -> dict[int, list[Agreement]]:
    found: dict[int, list[Agreement]] = defaultdict(list)
    statuses = [AgreementStatus.IN_FORCE, AgreementStatus.DRAFT]
    for agreement in Agreement.objects.filter(deal__in=deals, status__in=statuses).order_by("deal", "number"):
        found[agreement.deal_id].append(agreement)
    return found


def _term_sheets(deals: Sequence[int]) -> dict[int, tuple[TermSheet, EngineAgreement | None]]:
    """Return the first term sheet of each deal that can be calculated, else the first one without its terms."""
    found: dict[int, tuple[TermSheet, EngineAgreement | None]] = {}
    for sheet in TermSheet.objects.filter(deal__in=deals).order_by("deal", "position"):
        if sheet.deal_id in found and found[sheet.deal_id][1] is not None:
            continue
        try:
            found[sheet.deal_id] = (sheet, read_scenario(sheet.terms).agreement)
        except ScenarioError:
            found.setdefault(sheet.deal_id, (sheet, None))
    return found
