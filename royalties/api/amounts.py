"""Amounts in bodies: each with its currency, which is that of the agreement or the paper."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from lrs_tracker.api.writing import Money
from lrs_tracker.problems import DomainError

_SUFFIX = "_currency"


def amount_in(name: str, **options: Any) -> Money:
    """Return the field of an amount; its currency is checked by `plain_amount`, or `plain_amounts`."""
    return Money(amount=name, currency=f"{name}{_SUFFIX}", decimal_places=3, **options)


def plain_amount(values: Mapping[str, Any], name: str, currency: str) -> Decimal | None:
    """Return an amount that a body gives, or None. Raise DomainError for one in another currency."""
    amount: Decimal | None = values.get(name)
    if amount is not None and values[f"{name}{_SUFFIX}"] != currency:
        message = _("This is in %(currency)s.") % {"currency": currency}
        raise DomainError(message, field=name, code="other-currency")
    return amount


def plain_amounts(values: Mapping[str, Any], names: tuple[str, ...], currency: str) -> dict[str, Any]:
    """Return the values of a body with plain amounts. Raise as `plain_amount` does."""
    amounts = {name: plain_amount(values, name, currency) for name in names if name in values}
    columns = {f"{name}{_SUFFIX}" for name in names}
    return {**{name: value for name, value in values.items() if name not in columns}, **amounts}


def sales_currency(values: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    """Return the one currency of some amounts of a body, or None without any. Raise DomainError for two."""
    given = {values[f"{name}{_SUFFIX}"]: name for name in names if values.get(name) is not None}
    if len(given) > 1:
        message = _("All amounts of a line are in one currency.")
        raise DomainError(message, field=next(reversed(given.values())), code="other-currency")
    return next(iter(given), None)
