"""Exact decimal arithmetic, rounded once at the statement line."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, Overflow

from babel.numbers import get_currency_precision
from django.utils.translation import gettext_lazy as _

from lrs_tracker.problems import DomainError
from royalties.engine.codes import Rounding

ZERO = Decimal(0)
ONE = Decimal(1)
PERCENT = Decimal("0.01")
# Sums and products stay exact far beyond any real agreement; only divisions (inverse rates, indexes) end here.
EXACT = Context(prec=100, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])
# No amount of money has more digits than this, so that sums of amounts stay exact.
_AMOUNT = Context(prec=40, traps=[InvalidOperation, DivisionByZero, Overflow])
ROUNDINGS = {Rounding.HALF_EVEN: ROUND_HALF_EVEN, Rounding.HALF_UP: ROUND_HALF_UP}


def minor_unit(currency: str) -> Decimal:
    """Return the smallest amount of a currency: 0.01 of USD, 1 of JPY."""
    return ONE.scaleb(-get_currency_precision(currency))


class AmountTooLargeError(DomainError):
    """Refuse an amount that no currency has."""

    code = "too-large"

    def __init__(self) -> None:
        super().__init__(_("These rates and quantities make an amount that is too large to be meant."))


def rounded(exact: Decimal, unit: Decimal, rounding: str) -> Decimal:
    """Return an exact amount in whole minor units, rounded as `ROUNDINGS` says."""
    try:
        return exact.quantize(unit, rounding, _AMOUNT)
    except InvalidOperation:
        raise AmountTooLargeError from None


def plain(number: Decimal) -> str:
    """Write a number without an exponent and without trailing zeros."""
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def money(amount: Decimal, unit: Decimal) -> str:
    """Write an amount with its currency's decimals."""
    # Adding zero turns a negative zero into zero.
    return f"{amount.quantize(unit, context=EXACT) + ZERO:f}"
