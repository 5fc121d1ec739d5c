"""The plan of a deal that has no terms yet: its estimated royalty a year, reached over a standard ramp."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from deals.enums import StageType
from deals.models import Deal
from lrs_tracker.problems import DomainError, Text
from royalties.domain.forecast_parameters import Horizon
from royalties.domain.forecast_ramps import standard_ramp
from royalties.engine.agreement import Agreement, AgreementRules
from royalties.engine.codes import Basis, PeriodLength, TierMode, TierWindow
from royalties.engine.exact import EXACT, ZERO, minor_unit
from royalties.engine.terms import Term, Tier
from royalties.forecast.output import PlantRamp, month_number
from royalties.forecast.periods import months_from
from royalties.forecast.plan import Plan

if TYPE_CHECKING:
    from royalties.forecast.expected import ExpectedPeriod

_KWH_A_GWH = 1_000_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """An agreement that charges so much per kWh that full output pays the estimated royalty, and its ramp."""

    agreement: Agreement
    ramp: PlantRamp
    notes: tuple[Text, ...]


def estimated_months(plan: Plan, horizon: Horizon) -> "tuple[ExpectedPeriod, ...]":
    """Return the months of an estimate: energy × its one rate, what the engine says but for cents, and much sooner."""
    from royalties.forecast.expected import ExpectedPeriod

    (ramp,) = plan.ramps
    rate = plan.agreement.terms[0].tiers[0].rate
    unit = minor_unit(plan.agreement.rules.currency)
    # Months of the horizon before production starts; negative when it started earlier.
    before = month_number(ramp.sop_on) - month_number(horizon.starts_on)
    output = ramp.monthly_kwh(max(0, horizon.months - before))
    energy = [*[ZERO] * min(before, horizon.months), *output[max(0, -before) :]]
    return tuple(
        ExpectedPeriod(period, kwh, EXACT.multiply(kwh, rate).quantize(unit), ZERO, ZERO)
        for period, kwh in zip(months_from(horizon.starts_on, horizon.months), energy, strict=True)
    )


class NothingToEstimate(DomainError):
    """Refuse an estimate for a deal that does not say how much, in what, or from when."""

    code = "nothing-to-estimate"


def estimate_of(deal: Deal, *, ramp_months: int, today: dt.date) -> Estimate:
    """Return the plan of a deal's estimated royalty from its royalty start, else its expected start of production.

    An open deal whose day has passed starts this month. Without a capacity the energy is a stand-in.
    """
    if not deal.annual_royalty or not deal.currency:
        raise NothingToEstimate(_("It has no terms and no estimated royalty."))
    starts_on = deal.royalty_start_on or deal.expected_sop_on
    if starts_on is None:
        raise NothingToEstimate(_("It has no terms and no expected start of production."))
    notes: tuple[Text, ...] = ()
    if starts_on < today.replace(day=1) and deal.stage.type == StageType.OPEN:
        starts_on = today
        notes = (_("Its expected start of production has passed: counted from this month."),)
    starts_on = starts_on.replace(day=1)
    output_gwh = deal.capacity_gwh or Decimal(1)
    term = Term(
        id="estimate",
        basis=Basis.ENERGY_PRODUCED,
        mode=TierMode.GRADUATED,
        window=TierWindow.PERIOD,
        tiers=(Tier(None, deal.annual_royalty / (output_gwh * _KWH_A_GWH)),),
        effective_from=starts_on,
    )
    rules = AgreementRules(
        currency=deal.currency, effective_on=starts_on, period=PeriodLength.YEAR, contract_year_start=(1, 1)
    )
    ramp = standard_ramp(sop_on=starts_on, months_to_nameplate=ramp_months, output_gwh=output_gwh)
    return Estimate(Agreement(rules, (term,)), ramp, notes)
