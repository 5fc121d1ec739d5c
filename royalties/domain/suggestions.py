"""Which invoices a payment is for: suggestions with their reasons."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lrs_tracker.visibility import Viewer
from royalties.enums import AllocationKind, InvoiceStatus
from royalties.models import Allocation, Invoice, Payment

MOST_SUGGESTIONS = 3
# Open invoices looked at, the ones that fell due first.
MOST_CANDIDATES = 2000
_LEAST = 30
_ALIKE = 0.8
_WEAK = 3
# How much each reason counts; together they order the suggestions.
_NAMED, _EXACT, _PAYER, _PAID_BEFORE, _ALIKE_NAME, _LEFT_COVERS = 100, 50, 40, 35, 25, 5


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One or more invoices that a payment may settle, with why, the best first."""

    invoices: tuple[Any, ...]
    reasons: tuple[Promise | str, ...]
    score: int

    @property
    def ids(self) -> str:
        """The invoices' keys as a form sends them."""
        return ",".join(str(invoice.pk) for invoice in self.invoices)

    @property
    def outstanding(self) -> Decimal:
        """What the invoices owe together; they are in one currency."""
        return sum((invoice.outstanding for invoice in self.invoices), Decimal(0))


def suggest(payments: Sequence[Any], user: Viewer) -> dict[int, list[Suggestion]]:
    """Return suggestions by payment, in two queries. The payments come with `left`, their licensor and payer."""
    invoices = open_invoices(user, {payment.licensor_id for payment in payments})
    by_licensor: dict[int, list[Any]] = defaultdict(list)
    for invoice in invoices:
        by_licensor[invoice.licensor_id].append(invoice)
    paid_before = _licensees_by_payer_name(payments, user)
    return {
        payment.pk: _suggest_one(payment, by_licensor[payment.licensor_id], paid_before[payment.payer_name])
        for payment in payments
    }


def open_invoices(user: Viewer, licensor_ids: Iterable[int]) -> Sequence[Any]:
    """Return the invoices of licensors that still owe something, the ones that fell due first."""
    owed = Invoice.objects.visible_to(user).filter(licensor__in=licensor_ids).exclude(status=InvoiceStatus.CANCELLED)
    owed = owed.with_balance().filter(outstanding__gt=0).select_related("licensor", "agreement__licensee")
    return list(owed.order_by("due_on", "pk")[:MOST_CANDIDATES])


def _suggest_one(payment: Payment, invoices: Sequence[Any], paid_before: set[int]) -> list[Suggestion]:
    named = _named(payment, invoices)
    found = []
    together = tuple(invoice for invoice in invoices if invoice.pk in named and invoice.currency == payment.currency)
    if len(together) > 1:
        found.append(Suggestion(together, (_("All are named in the remittance text"),), 2 * _NAMED))
    for invoice in invoices:
        suggestion = _weigh(payment, invoice, named=invoice.pk in named, paid_before=paid_before)
        if suggestion.score >= _LEAST:
            found.append(suggestion)
    found.sort(key=lambda each: -each.score)
    # Beside a good suggestion a weak one only distracts.
    return [each for each in found if each.score * _WEAK >= found[0].score][:MOST_SUGGESTIONS]


def _weigh(payment: Any, invoice: Any, *, named: bool, paid_before: set[int]) -> Suggestion:
    reasons: list[Promise | str] = []
    score = 0
    licensee = invoice.agreement.licensee
    is_same_currency = invoice.currency == payment.currency
    if named:
        score += _NAMED
        reasons.append(_("Its number is in the remittance text"))
    if is_same_currency and invoice.outstanding == payment.left:
        score += _EXACT
        reasons.append(_("The amount is exactly what it owes"))
    if payment.payer_id == licensee.pk:
        score += _PAYER
        reasons.append(_("The payer is its licensee"))
    elif licensee.pk in paid_before:
        score += _PAID_BEFORE
        reasons.append(_("This payer paid for its licensee before"))
    elif _is_alike(payment.payer_name, licensee.name):
        score += _ALIKE_NAME
        reasons.append(_("The payer's name is like its licensee's"))
    if is_same_currency and score:
        score += _LEFT_COVERS if payment.left >= invoice.outstanding else 0
        reasons.append(_("Same currency"))
    return Suggestion((invoice,), tuple(reasons), score)


def _named(payment: Any, invoices: Sequence[Any]) -> set[int]:
    """Return the keys of the invoices whose numbers stand in a payment's text, however they are written."""
    prefix = re.escape(payment.licensor.invoice_prefix).replace("-", r"[\s-]?")
    found = re.finditer(rf"(?<![A-Z0-9]){prefix}[\s./#:_-]*0*([0-9]{{1,9}})(?![0-9])", payment.reference.upper())
    numbers = {int(match[1]) for match in found}
    return {invoice.pk for invoice in invoices if invoice.number in numbers}


def _licensees_by_payer_name(payments: Sequence[Any], user: Viewer) -> dict[str, set[int]]:
    """Return for whom each payer, as the bank writes it, paid before."""
    names = {payment.payer_name for payment in payments} - {""}
    known = Allocation.objects.visible_to(user).filter(kind=AllocationKind.PAYMENT, payment__payer_name__in=names)
    found: dict[str, set[int]] = defaultdict(set)
    for name, licensee_id in known.values_list("payment__payer_name", "invoice__agreement__licensee").distinct():
        found[name].add(licensee_id)
    return found


def _is_alike(payer: str, licensee: str) -> bool:
    mine, theirs = payer.casefold().strip(), licensee.casefold().strip()
    if not mine or not theirs:
        return False
    return theirs in mine or mine in theirs or SequenceMatcher(None, mine, theirs).ratio() >= _ALIKE
