"""Invoices, statements and credit notes by number among what the search finds."""

import re
from collections.abc import Callable

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from deals.domain.search import PER_KIND, Hit, HitGroup, register_source
from lrs_tracker.formats import format_amount
from royalties.domain.invoice_states import with_state
from royalties.domain.periods import describe_period
from royalties.enums import InvoiceState
from royalties.models import CreditNote, Invoice, Statement
from royalties.models.agreements import AgreementPartQuerySet

# A number with what stands before it on the paper: 42, #42, INV-0042, INV-CN-0007, LRS-0008/1/3.
_NUMBER = re.compile(r"(.*?)[#/-]?0*([0-9]{1,9})")
_AGREEMENT = re.compile(r"(?:lrs-?)?0*([0-9]{1,9})/([0-9]{1,4})", re.IGNORECASE)


def register_paper_search() -> None:
    """Add the papers of royalties to the search."""
    register_source(_invoices)
    register_source(_statements)
    register_source(_credit_notes)


def _invoices(text: str, user: User) -> HitGroup:
    condition = _about(text, kind=_("invoice"), mark=_has_prefix)
    invoices = with_state(Invoice.objects.visible_to(user), today=timezone.localdate()).select_related("licensor")
    hits = (
        Hit(
            f"{invoice.code} · {invoice.agreement.licensee.name}",
            f"{format_amount(invoice.amount, invoice.currency)} · {InvoiceState(invoice.state).label}",
            f"royalties/invoices/{invoice.pk}/",
        )
        for invoice in _latest(invoices, condition)
    )
    return HitGroup(_("Invoices"), "receipt", tuple(hits))


def _statements(text: str, user: User) -> HitGroup:
    condition = _about(text, kind=_("statement"), mark=_is_of_agreement)
    hits = (
        Hit(
            " · ".join(
                (
                    _("Statement %(number)s") % {"number": statement.number},
                    statement.agreement.code,
                    statement.agreement.licensee.name,
                )
            ),
            f"{describe_period(statement.period_start, statement.period_end)} · {statement.get_status_display()}",
            f"royalties/statements/{statement.pk}/",
        )
        for statement in _latest(Statement.objects.visible_to(user), condition)
    )
    return HitGroup(_("Statements"), "file-text", tuple(hits))


def _credit_notes(text: str, user: User) -> HitGroup:
    condition = _about(text, kind=f"{_('credit note')} CN", mark=_has_credit_prefix)
    notes = CreditNote.objects.visible_to(user).select_related("licensor")
    hits = (
        Hit(
            f"{note.code} · {note.agreement.licensee.name}",
            format_amount(note.amount, note.currency),
            f"royalties/credit-notes/{note.pk}/",
        )
        for note in _latest(notes, condition)
    )
    return HitGroup(_("Credit notes"), "receipt-refund", tuple(hits))


def _latest(papers: AgreementPartQuerySet, condition: Q | None) -> AgreementPartQuerySet:
    """Return the latest few papers; none, without a query, where nothing in the text can be a number."""
    if condition is None:
        return papers.none()
    return papers.filter(condition).select_related("agreement__licensee").order_by("-issued_on", "-pk")[:PER_KIND]


def _about(text: str, *, kind: str, mark: Callable[[str], Q | None]) -> Q | None:
    """Return the condition that a word of the text is the paper's number and every other says whose it is.

    Words that only name the `kind` of paper say nothing. `mark` gives the condition that a text stands before
    the number on the paper; None where it never does. Return None for a text without a number.
    """
    numbers, others = Q(), Q()
    for word in text.split():
        if word.casefold() in kind.casefold().split() or not any(map(str.isalnum, word)):
            continue
        meanings = Q(agreement__licensee__name__icontains=word) | Q(agreement__title__icontains=word)
        if (marked := mark(word)) is not None:
            meanings |= marked
        found = _NUMBER.fullmatch(word)
        if found is not None and (before := mark(found[1]) if found[1] else Q()) is not None:
            number = before & Q(number=int(found[2]))
            numbers, meanings = numbers | number, meanings | number
        others &= meanings
    return numbers & others if numbers else None


def _has_prefix(before: str) -> Q:
    return Q(licensor__invoice_prefix__iexact=before)


def _has_credit_prefix(before: str) -> Q | None:
    prefix, separator, ending = before.upper().rpartition("-")
    if ending != "CN":
        return None
    return _has_prefix(prefix) if separator else Q()


def _is_of_agreement(before: str) -> Q | None:
    found = _AGREEMENT.fullmatch(before)
    return found and Q(agreement__deal=int(found[1]), agreement__number=int(found[2]))
