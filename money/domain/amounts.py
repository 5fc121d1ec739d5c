"""Amounts of money: a decimal with its currency."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from babel.numbers import get_currency_precision
from django.utils.translation import gettext_lazy as _

from lrs_tracker.problems import DomainError


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency. Adding two currencies is an error; convert one first."""

    amount: Decimal
    currency: str

    def __add__(self, other: "Money") -> "Money":
        """Return the sum. Raise DomainError for two currencies."""
        if self.currency != other.currency:
            raise DomainError(
                _("%(left)s and %(right)s cannot be added: convert one of them first.")
                % {"left": self.currency, "right": other.currency}
            )
        return Money(self.amount + other.amount, self.currency)

    def rounded(self, rounding: str = ROUND_HALF_EVEN) -> "Money":
        """Return the amount in the currency's minor unit (JPY and KRW have none; ISO 4217)."""
        quantum = Decimal(1).scaleb(-get_currency_precision(self.currency))
        return Money(self.amount.quantize(quantum, rounding=rounding), self.currency)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
