"""The rates of a royalty term in a contract year: its base rates as its escalator has raised them by then."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from royalties.domain.engine_input import escalator_of
from royalties.domain.rate_words import format_factor
from royalties.engine.calendar import Calendar
from royalties.engine.escalation import MissingIndexError, escalation_factor
from royalties.models import RoyaltyTerm


@dataclass(frozen=True, slots=True)
class RatesInForce:
    """What the base rates are multiplied by in a contract year; None where a value of the index is missing."""

    contract_year: int
    factor: Decimal | None
    obstacle: str = ""

    @property
    def factor_in_words(self) -> str:
        """The factor as traces of statements write it: “1.0404”."""
        return "" if self.factor is None else format_factor(self.factor)


def rates_in_force(
    term: RoyaltyTerm, *, calendar: Calendar, contract_year: int, index_values: defaultdict[int, dict[int, Decimal]]
) -> RatesInForce | None:
    """Return the rates of a term in a contract year, or None for one whose rates stay."""
    escalator = escalator_of(term, index_values)
    if escalator is None:
        return None
    try:
        factor = escalation_factor(escalator, contract_year, lambda year: calendar.contract_year(year).starts_on)
    except MissingIndexError as error:
        return RatesInForce(contract_year, None, str(error.message))
    return RatesInForce(contract_year, factor)
