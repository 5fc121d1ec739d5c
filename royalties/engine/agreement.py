"""An agreement as the engine sees it: its rules, terms and fees."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from royalties.engine.calendar import Calendar
from royalties.engine.codes import CapWindow, FxRule, PeriodLength, Rounding
from royalties.engine.exact import ZERO
from royalties.engine.terms import Key, Term


@dataclass(frozen=True, slots=True)
class YearAmount:
    """An amount of a contract year and of the years after it, until another is named."""

    contract_year: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class WithholdingChange:
    """A withholding rate from a day on, until another follows."""

    starts_on: dt.date
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee due on a day; one from before the effective date is stated in the first period."""

    id: Key
    on: dt.date
    amount: Decimal
    label: str = ""


@dataclass(frozen=True, slots=True)
class AgreementRules:
    """The rules of an agreement that hold for all its terms.

    `contract_year_start` is a month and a day; without one the anniversary of the effective date counts. A lifetime
    cap is the single amount of `caps`. `minimums` and `caps` are in order of their years, `withholding_changes` of
    their days; until the first of these `withholding_percent` holds.
    """

    currency: str
    effective_on: dt.date
    period: PeriodLength
    ends_on: dt.date | None = None
    contract_year_start: tuple[int, int] | None = None
    payment_days: int = 30
    minimums: tuple[YearAmount, ...] = ()
    prorate_minimum: bool = False
    caps: tuple[YearAmount, ...] = ()
    cap_window: CapWindow = CapWindow.CONTRACT_YEAR
    advance: Decimal = ZERO
    advance_recoupable: bool = True
    advance_repayable: bool = False
    withholding_percent: Decimal = ZERO
    withholding_changes: tuple[WithholdingChange, ...] = ()
    gross_up: bool = False
    fx_rule: FxRule = FxRule.PERIOD_END
    rounding: Rounding = Rounding.HALF_EVEN

    def calendar(self) -> Calendar:
        """Return the agreement's contract years and reporting periods."""
        month, day = self.contract_year_start or (self.effective_on.month, self.effective_on.day)
        return Calendar(self.effective_on, self.ends_on, month, day, self.period)


@dataclass(frozen=True, slots=True)
class Agreement:
    """The rules, terms and fees of an agreement; `validation.agreement_problems` says whether they fit together."""

    rules: AgreementRules
    terms: tuple[Term, ...]
    fees: tuple[Fee, ...] = ()
    calendar: Calendar = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "calendar", self.rules.calendar())


def year_amount(amounts: tuple[YearAmount, ...], contract_year: int) -> Decimal | None:
    """Return the amount of a contract year: that of the last named year up to it, or None before the first."""
    found = None
    for entry in amounts:
        if entry.contract_year > contract_year:
            break
        found = entry.amount
    return found
