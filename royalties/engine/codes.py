"""The codes of agreements and lines, as they are stored and written in the what-if interface."""

from enum import StrEnum


class Basis(StrEnum):
    """What a royalty is charged on."""

    ENERGY_PRODUCED = "energy_produced"
    ENERGY_SOLD = "energy_sold"
    UNITS = "units"
    NET_SALES = "net_sales"
    LUMP_SUM = "lump_sum"


class TierMode(StrEnum):
    """How tiers apply: each unit at its own tier's rate, or all units at the rate of the tier reached."""

    GRADUATED = "graduated"
    VOLUME = "volume"


class TierWindow(StrEnum):
    """Over what the quantity of tiers is counted."""

    PERIOD = "period"
    CONTRACT_YEAR = "contract_year"
    LIFETIME = "lifetime"


class CapWindow(StrEnum):
    """What a cap limits."""

    CONTRACT_YEAR = "contract_year"
    LIFETIME = "lifetime"


class PeriodLength(StrEnum):
    """How long a reporting period is."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


class FxRule(StrEnum):
    """Which rate converts net sales in another currency."""

    PERIOD_END = "period_end"
    PERIOD_AVERAGE = "period_average"
    LAST_BUSINESS_DAY_BEFORE_DUE = "last_business_day_before_due"
    PAYMENT_DATE = "payment_date"


class RateKind(StrEnum):
    """What an exchange rate stands for on its date."""

    REFERENCE = "reference"
    PERIOD_END = "period_end"
    PERIOD_AVERAGE = "period_average"


class Rounding(StrEnum):
    """How a statement line is rounded to the currency's minor unit."""

    HALF_EVEN = "half_even"
    HALF_UP = "half_up"


class LineKind(StrEnum):
    """What a line of a statement is, in the order in which lines are shown."""

    ROYALTY = "royalty"
    CAP = "cap"
    SHORTFALL = "shortfall"
    FEE = "fee"
    RECOUPMENT = "recoupment"
    REPAYMENT = "repayment"
    WITHHOLDING = "withholding"
