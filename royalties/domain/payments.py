"""Payments: entered, corrected, set aside."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from companies.models import Company
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.problems import DomainError, StateError
from lrs_tracker.visibility import Viewer
from money.domain.amounts import Money
from royalties.models import Agreement, Allocation, Payment

# Allocations that name a payment: with its money, or deducted from it on the way.
_KEPT_BY_ALLOCATION = ("licensor", "currency", "amount", "received_on")
_PAYMENT_RULES = {
    "royalties_payment_not_exceeded": (_("More of this payment is allocated already. Take that back first."), "amount")
}


@transaction.atomic
def add_payment(*, values: Mapping[str, Any], by: User, today: dt.date) -> Payment:
    """Enter a payment.

    Raise DomainError for a day in the future, for fractions that the currency does not have and for a
    booking of the bank that was entered before.
    """
    require_permission(by, "royalties.add_payment")
    _check_payer(values, by)
    payment = Payment(**values)
    _check(payment, today=today)
    with constraints_in_words(Payment):
        payment.save()
    return payment


@transaction.atomic
def change_payment(
    *, payment: Payment, values: Mapping[str, Any], expected_version: int | None = None, by: User, today: dt.date
) -> Payment:
    """Correct a payment.

    Raise DomainError as `add_payment` does, and when money, day or account of a payment are changed of
    which something is allocated; StaleVersionError when it is no longer at `expected_version`.
    """
    require_permission(by, "royalties.change_payment")
    payment = lock_row(payment, expected_version=expected_version)
    changed = [name for name in _KEPT_BY_ALLOCATION if name in values and values[name] != getattr(payment, name)]
    if changed and Allocation.objects.filter(payment=payment).exists():
        raise StateError(
            _("A part of this payment is allocated. Take that back before you change this."), field=changed[0]
        )
    if values.get("payer") != payment.payer:
        _check_payer(values, by)
    _check(Payment(**{name: values.get(name, getattr(payment, name)) for name in _KEPT_BY_ALLOCATION}), today=today)
    with constraints_in_words(Payment, _PAYMENT_RULES):
        return write_changes(payment, values)


@transaction.atomic
def ignore_payment(*, payment: Payment, is_ignored: bool, expected_version: int | None = None, by: User) -> Payment:
    """Say that a payment is not about royalties, or that it is after all.

    Raise DomainError while a part of it is allocated.
    """
    require_permission(by, "royalties.change_payment")
    payment = lock_row(payment, expected_version=expected_version)
    if is_ignored and Allocation.objects.filter(payment=payment).exists():
        raise StateError(_("A part of this payment is allocated: it is about royalties."))
    return write_changes(payment, {"is_ignored": is_ignored})


def payers_for(user: Viewer) -> models.QuerySet[Company]:
    """Return the companies that a person may name as payers: licensees of agreements that exist for them.

    A payer who has another agreement is none of them: the payment would not exist for the person who enters it.
    """
    agreements = Agreement.objects.order_by()
    visible = Agreement.objects.visible_to(user).order_by()
    hidden = agreements.exclude(pk__in=visible.values("pk"))
    companies: models.QuerySet[Company] = Company.objects.visible_to(user)
    return companies.filter(pk__in=visible.values("licensee")).exclude(pk__in=hidden.values("licensee"))


def check_amount(amount: Decimal, currency: str, *, field: str = "amount") -> None:
    """Raise DomainError for an amount that is not above zero or has fractions that its currency lacks."""
    if amount <= 0:
        raise DomainError(_("The amount must be above zero."), field=field)
    if Money(amount, currency).rounded().amount != amount:
        raise DomainError(
            _("%(currency)s has %(count)s decimals.")
            % {"currency": currency, "count": get_currency_precision(currency)},
            field=field,
        )


def _check_payer(values: Mapping[str, Any], by: User) -> None:
    payer = values.get("payer")
    if payer is not None and not payers_for(by).filter(pk=payer.pk).exists():
        raise DomainError(_("This company has no agreement with us that you can see."), field="payer", code="unknown")


def _check(payment: Payment, *, today: dt.date) -> None:
    check_amount(payment.amount, payment.currency)
    if payment.received_on > today:
        raise DomainError(_("A payment cannot have arrived in the future."), field="received_on")
