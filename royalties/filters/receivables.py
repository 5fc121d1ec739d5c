"""Filters of the lists of invoices and payments."""

import datetime as dt
import re

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from lrs_tracker.full_text import every_word, has_words, in_columns
from royalties.domain.ageing import BUCKET_LABELS, Bucket, due_between
from royalties.enums import InvoiceState, PaymentSource
from royalties.filters.related import by_licensee
from royalties.models import Invoice, Payment

OWED = "owed"
_NUMBER = re.compile(r"(?:[A-Z0-9-]*?-)?0*([0-9]{1,9})", re.IGNORECASE)


def _is_about(word: str) -> Q:
    condition = in_columns(word, "agreement__licensee__name", "agreement__title")
    number = _NUMBER.fullmatch(word)
    return condition | Q(number=int(number[1])) if number else condition


class InvoiceFilter(django_filters.FilterSet):
    """Text, state, licensee, currency and age; `day` is the one on which the list is true."""

    q = django_filters.CharFilter(label=_("Text"), method="filter_text", max_length=200)
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=[(OWED, _("Anything owed")), *InvoiceState.choices], method="filter_state"
    )
    licensee = by_licensee()
    currency = django_filters.CharFilter(label=_("Currency"), max_length=3, lookup_expr="iexact")
    age = django_filters.ChoiceFilter(
        label=_("Age"), choices=[(str(bucket.value), BUCKET_LABELS[bucket]) for bucket in Bucket], method="filter_age"
    )

    class Meta:
        model = Invoice
        fields: list[str] = []

    def __init__(self, *args: object, day: dt.date, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.day = day

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is in force."""
        return any(value not in (None, "") for value in self.form.cleaned_data.values())

    def filter_text(self, invoices: QuerySet[Invoice], name: str, value: str) -> QuerySet[Invoice]:
        """Keep invoices of which every word is the number, or in the name of the licensee or agreement."""
        return invoices.filter(every_word(value, _is_about))

    def filter_state(self, invoices: QuerySet[Invoice], name: str, value: str) -> QuerySet[Invoice]:
        """Keep the invoices of a state; “owed” are those of which something is outstanding."""
        return invoices.filter(Q(outstanding__gt=0) if value == OWED else Q(state=value))

    def filter_age(self, invoices: QuerySet[Invoice], name: str, value: str) -> QuerySet[Invoice]:
        """Keep what is owed and has been due for as long as this bucket of the ageing says."""
        first, last = due_between(Bucket(int(value)), as_of=self.day)
        return invoices.filter(Q(outstanding__gt=0) & Q(due_on__gte=first) & Q(due_on__lte=last))


class PaymentFilter(django_filters.FilterSet):
    """Text, what is left, currency and source."""

    LEFT, ALLOCATED, IGNORED = "left", "allocated", "ignored"

    q = django_filters.CharFilter(label=_("Text"), method="filter_text", max_length=200)
    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[(LEFT, _("Something left")), (ALLOCATED, _("Allocated")), (IGNORED, _("Not about royalties"))],
        method="filter_state",
    )
    currency = django_filters.CharFilter(label=_("Currency"), max_length=3, lookup_expr="iexact")
    source = django_filters.ChoiceFilter(label=_("Source"), choices=PaymentSource.choices)

    class Meta:
        model = Payment
        fields: list[str] = []

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is in force."""
        return any(value not in (None, "") for value in self.form.cleaned_data.values())

    def filter_text(self, payments: QuerySet[Payment], name: str, value: str) -> QuerySet[Payment]:
        """Keep payments that have every word in their payer, remittance text or bank reference."""
        return payments.filter(has_words(value, "payer__name", "payer_name", "reference", "bank_reference"))

    def filter_state(self, payments: QuerySet[Payment], name: str, value: str) -> QuerySet[Payment]:
        """Keep the payments that are still to be allocated, are allocated, or are set aside."""
        if value == self.IGNORED:
            return payments.filter(is_ignored=True)
        return payments.filter(Q(left__gt=0) if value == self.LEFT else Q(left=0), is_ignored=False)
