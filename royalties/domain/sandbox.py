"""Term sheets of a deal side by side on the ramps of its plants."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from babel.dates import format_date
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lrs_tracker.formats import format_amount, reader_locale
from lrs_tracker.problems import DomainError
from money.domain.conversion import AppliedRate, latest_rates
from royalties.domain.forecast_parameters import Horizon
from royalties.domain.rate_words import describe_escalator, describe_term, tiers_in_words
from royalties.domain.sandbox_ramps import SandboxPlant, sop_of
from royalties.domain.sandbox_terms import SheetTerms, read_terms, term_values
from royalties.engine.agreement import Agreement, Fee, WithholdingChange
from royalties.engine.codes import Basis
from royalties.engine.problems import Problem, ScenarioError
from royalties.engine.terms import Term
from royalties.forecast.output import Assumptions, PlantRamp
from royalties.forecast.periods import CalendarPeriod
from royalties.models import RoyaltyTerm, TermSheet

if TYPE_CHECKING:
    from royalties.forecast.comparison import CashBridge

HORIZONS = (5, 10, 15)
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the comparison takes for granted: percentages, years, and prices in `price_currency`.

    Utilisation and yield take the place of those of every ramp where they are given; `ramps` names the version of a
    plant's ramp by the plant's key.
    """

    annual_percent: Decimal = Decimal(8)
    years: int = 10
    sold_percent: Decimal = Decimal(100)
    price_per_kwh: Decimal | None = None
    kwh_per_unit: Decimal | None = None
    utilisation_percent: Decimal | None = None
    yield_percent: Decimal | None = None
    field_of_use: str = "ev"
    price_currency: str = ""
    ramps: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class YearAmounts:
    """What a version brings in a calendar year, or what is left of it, and its cash by the end of it."""

    period: CalendarPeriod
    royalty: Decimal
    shortfall: Decimal
    fees: Decimal
    total: Decimal
    cash: Decimal


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far a contract year's royalties cover its minimum, in percent (None without a minimum)."""

    contract_year: int
    ends_on: dt.date
    percent: Decimal | None
    minimum: Decimal
    shortfall: Decimal


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a version comes to, in its own currency; `cash` is the running total by day, `bridge` how it is made."""

    present_value: Decimal
    total: Decimal
    years: tuple[YearAmounts, ...]
    coverage: tuple[Coverage, ...]
    cash: tuple[tuple[dt.date, Decimal], ...]
    bridge: "CashBridge"


@dataclass(frozen=True, slots=True)
class TermWords:
    """A royalty term in words: its name, what it is charged on, and its tiers with their rates."""

    name: str
    clause: str
    sentence: str
    tiers: Sequence[tuple[str, str]]


@dataclass(slots=True)
class Version:
    """A term sheet with its terms, what they come to, and what stands in the way of that.

    `passed` are the fees and the advance of before the months compared, which no year has.
    """

    sheet: TermSheet
    terms: SheetTerms | None = None
    outcome: Outcome | None = None
    problems: Sequence[Problem] = ()
    obstacle: str | Promise = ""
    rate: AppliedRate | None = None
    passed: Sequence[Fee] = ()

    @property
    def currency(self) -> str:
        """The currency of the terms."""
        return self.terms.agreement.rules.currency if self.terms else ""

    @property
    def shown_terms(self) -> list[TermWords]:
        """The royalty terms in words."""
        return [] if self.terms is None else [_in_words(term, self.currency) for term in self.terms.agreement.terms]


def compare_sheets(
    sheets: Sequence[TermSheet],
    *,
    plants: Sequence[SandboxPlant],
    inputs: Inputs,
    chemistry: str,
    currency: str,
    today: dt.date,
) -> list[Version]:
    """Return what each term sheet comes to in the rest of this year, this month included, and the years after it.

    Amounts are converted to `currency` at the latest rate.

    What cannot be calculated is said of its version; the others are not held up by it.
    """
    versions = [Version(sheet) for sheet in sheets]
    sop_on = sop_of(plants)
    for version in versions:
        try:
            version.terms = read_terms(version.sheet.terms, sop_on=sop_on)
        except ScenarioError as error:
            version.problems = error.problems
            version.obstacle = _("These terms cannot be calculated.")
    prices = latest_rates(inputs.price_currency, bases=_currencies(versions), on=today) if inputs.price_currency else {}
    rates = latest_rates(currency, bases=_currencies(versions), on=today)
    ramps = planned_ramps(plants, inputs=inputs, chemistry=chemistry)
    for version in versions:
        version.rate = rates.get(version.currency)
        if version.terms is not None and ramps:
            _calculate(version, version.terms, ramps, inputs, prices.get(version.currency), today)
    return versions


def planned_ramps(plants: Sequence[SandboxPlant], *, inputs: Inputs, chemistry: str) -> list[PlantRamp]:
    """Return the ramps of the plants of which it is known what they are to make."""
    found = [
        plant.planned(
            chemistry=chemistry,
            field=inputs.field_of_use,
            utilisation=inputs.utilisation_percent,
            good_share=inputs.yield_percent,
        )
        for plant in plants
    ]
    return [ramp for ramp in found if ramp is not None]


def _currencies(versions: Sequence[Version]) -> set[str]:
    return {version.currency for version in versions if version.currency}


def _calculate(
    version: Version,
    terms: SheetTerms,
    ramps: Sequence[PlantRamp],
    inputs: Inputs,
    price_rate: AppliedRate | None,
    today: dt.date,
) -> None:
    # The forecast brings numpy, which only its pages need.
    from royalties.forecast.comparison import TermSheet as ComparedSheet
    from royalties.forecast.comparison import compare

    is_priced = any(term.basis == Basis.NET_SALES for term in terms.agreement.terms)
    if is_priced and inputs.price_per_kwh is not None and price_rate is None:
        version.obstacle = _("There is no exchange rate between %(base)s and %(quote)s for the price.") % {
            "base": inputs.price_currency,
            "quote": version.currency,
        }
        return
    price = None
    if inputs.price_per_kwh is not None and price_rate is not None:
        price = inputs.price_per_kwh / price_rate.rate
    horizon = Horizon.of_years(inputs.years, today=today)
    version.passed = _passed(terms.agreement, horizon.starts_on, today)
    assumptions = Assumptions(
        sold_percent=inputs.sold_percent, price_per_kwh=price, kwh_per_unit=inputs.kwh_per_unit or None
    )
    try:
        found = compare(
            [ComparedSheet(version.sheet.name, terms.agreement)],
            ramps=ramps,
            assumptions=assumptions,
            annual_percent=inputs.annual_percent,
            valued_on=today,
            months=horizon.months,
        ).versions[0]
    except DomainError as error:
        version.obstacle = error.message
        return
    cash = tuple((flow.on, flow.amount) for flow in found.cumulative_cash)
    years = tuple(
        YearAmounts(
            period=year.period,
            royalty=year.royalty,
            shortfall=year.shortfall,
            fees=year.fees,
            total=year.total,
            cash=cash_by(cash, year.period.ends_on),
        )
        for year in found.years
    )
    version.outcome = Outcome(
        present_value=found.present_value,
        total=sum((year.total for year in years), _ZERO),
        years=years,
        coverage=tuple(
            Coverage(
                one.contract_year,
                one.ends_on,
                None if one.share is None else (one.share * 100).quantize(Decimal(1)),
                one.minimum,
                one.shortfall,
            )
            for one in found.coverage
        ),
        cash=cash,
        bridge=found.bridge,
    )


def _passed(agreement: Agreement, starts_on: dt.date, today: dt.date) -> list[Fee]:
    passed = [fee for fee in agreement.fees if fee.on < starts_on]
    rules = agreement.rules
    if rules.advance and rules.effective_on < today:
        passed.append(Fee("advance", rules.effective_on, rules.advance, str(_("Advance"))))
    return passed


def cash_by(cash: Sequence[tuple[dt.date, Decimal]], day: dt.date) -> Decimal:
    """Return the running total on a day."""
    return next((amount for on, amount in reversed(cash) if on <= day), _ZERO)


def _in_words(term: Term, currency: str) -> TermWords:
    stored = RoyaltyTerm(**term_values(term))
    tiers = [(tier.up_to, tier.rate) for tier in term.tiers]
    sentence = describe_term(stored, tier_count=len(tiers))
    escalator = describe_escalator(stored)
    words = tiers_in_words(tiers, basis=stored.basis, currency=currency, window=stored.window)
    return TermWords(
        name=str(term.id),
        clause=term.clause,
        sentence=f"{sentence}, {escalator}" if escalator else sentence,
        tiers=[(tier.range, tier.rate) for tier in words],
    )


def rules_of(version: Version) -> list[tuple[str | Promise, list[str]]]:
    """Return what else is agreed in a version, in words: label and lines."""
    if version.terms is None:
        return []
    rules, currency = version.terms.agreement.rules, version.currency
    found: list[tuple[str | Promise, list[str]]] = []
    if rules.minimums:
        found.append((_("Minimum"), [_year_amount(one.contract_year, one.amount, currency) for one in rules.minimums]))
    if rules.caps:
        cap = format_amount(rules.caps[0].amount, currency)
        window = _("over the lifetime") if rules.cap_window == "lifetime" else _("a contract year")
        found.append((_("Cap"), [f"{cap} {window}"]))
    if rules.advance:
        words = [format_amount(rules.advance, currency)]
        words.append(str(_("recouped from royalties") if rules.advance_recoupable else _("not recouped")))
        if rules.advance_repayable:
            words.append(str(_("what is left at the end is repaid")))
        found.append((_("Advance"), [", ".join(words)]))
    fees = [*version.terms.agreement.fees, *version.terms.waiting]
    if fees:
        found.append((_("Fees"), [_fee(version.terms, fee, currency) for fee in fees]))
    if rules.withholding_percent or rules.withholding_changes:
        percent = f"{rules.withholding_percent.normalize():f} %"
        changes = [_withholding_change(change) for change in rules.withholding_changes]
        words = [f"{percent}, {_('on top') if rules.gross_up else _('deducted')}", *changes]
        found.append((_("Withholding tax"), words))
    return found


def _withholding_change(change: WithholdingChange) -> str:
    day = format_date(change.starts_on, "d MMM y", reader_locale())
    return str(_("%(percent)s %% from %(day)s") % {"percent": f"{change.percent.normalize():f}", "day": day})


def _year_amount(year: int, amount: Decimal, currency: str) -> str:
    return str(_("%(amount)s from contract year %(year)s") % {"amount": format_amount(amount, currency), "year": year})


def _fee(terms: SheetTerms, fee: object, currency: str) -> str:
    when = _("at SOP") if fee.id in terms.sop_fees else format_date(fee.on, "d MMM y", reader_locale())  # type: ignore[attr-defined]
    return f"{format_amount(fee.amount, currency)}, {fee.label or fee.id}, {when}"  # type: ignore[attr-defined]
