"""What a forecast may be asked: how far it looks, what it takes for granted, how far outcomes spread."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

HORIZONS = (3, 5, 10)
DRAWS = (1_000, 2_000, 5_000, 10_000)
MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Parameters:
    """The assumptions that a reader can change; percentages are of the plan, prices in euro per kWh.

    The price and the energy of a unit stand in where a licensee has reported none. `ramp_months` is how long a deal
    that has only an estimated royalty takes to reach it.
    """

    draws: int = 2_000
    seed: int = 1
    slip_likely: int = 3
    slip_high: int = 18
    utilisation_low: Decimal = Decimal(70)
    utilisation_high: Decimal = Decimal(110)
    price_low: Decimal = Decimal(75)
    price_high: Decimal = Decimal(110)
    terms_low: Decimal = Decimal(70)
    terms_high: Decimal = Decimal(110)
    price_eur: Decimal = Decimal(70)
    kwh_per_unit: Decimal = Decimal(60)
    sold_percent: Decimal = Decimal(100)
    index_percent: Decimal = Decimal(2)
    ramp_months: int = 24


@dataclass(frozen=True, slots=True)
class Horizon:
    """The months of a forecast: `months` of them from the first day of a month."""

    starts_on: dt.date
    months: int

    @classmethod
    def of_years(cls, years: int, *, today: dt.date) -> "Horizon":
        """Return what is left of a day's year, its month included, and so many years after it."""
        return cls(today.replace(day=1), MONTHS_A_YEAR - today.month + 1 + years * MONTHS_A_YEAR)

    @property
    def last_year(self) -> int:
        """The year that the horizon goes through."""
        return self.starts_on.year + (self.starts_on.month + self.months - 2) // MONTHS_A_YEAR
