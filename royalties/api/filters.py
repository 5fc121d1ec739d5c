"""The filters of the pages with those that only other systems ask for."""

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from lrs_tracker.api.currency_filters import CurrencyFilter
from lrs_tracker.full_text import every_word, has_words, in_columns
from plants.enums import Chemistry
from royalties.enums import (
    AgreementType,
    Basis,
    FeeKind,
    FeeTrigger,
    FieldOfUse,
    InvoiceKind,
    InvoiceStatus,
    ReportStatus,
)
from royalties.filters.agreements import AgreementFilter, is_about
from royalties.filters.receivables import InvoiceFilter, PaymentFilter
from royalties.filters.related import by_agreement, by_deal, by_licensee, by_plant, rows_for_reader, since, until
from royalties.filters.statements import StatementFilter
from royalties.models import (
    Agreement,
    CreditNote,
    Fee,
    Invoice,
    Licensor,
    Payment,
    ProductionReport,
    RoyaltyTerm,
    Statement,
)


def by_licensor() -> django_filters.ModelChoiceFilter:
    """Return the filter by licensor."""
    return django_filters.ModelChoiceFilter(label=_("Licensor"), queryset=rows_for_reader(Licensor))


class AgreementsFilter(AgreementFilter):
    """Those of the page, by deal, plant and licensor, and by when agreements take effect."""

    currency = CurrencyFilter(label=_("Currency"))
    type = django_filters.ChoiceFilter(label=_("Type"), choices=AgreementType.choices)
    deal = by_deal("deal")
    plant = by_plant("plants")
    licensor = by_licensor()
    period_from = since("effective_on")
    period_to = until("effective_on")

    class Meta:
        model = Agreement
        fields: list[str] = []


class TermsFilter(django_filters.FilterSet):
    """Text, agreement, deal, licensee, plant and basis, and by when terms are in force."""

    q = django_filters.CharFilter(label=_("Text"), method="filter_text", max_length=200)
    agreement = by_agreement()
    deal = by_deal()
    licensee = by_licensee()
    plant = by_plant("plants")
    basis = django_filters.ChoiceFilter(label=_("Basis"), choices=Basis.choices)
    period_from = django_filters.DateFilter(label=_("From"), method="filter_from")
    period_to = until("effective_from")

    class Meta:
        model = RoyaltyTerm
        fields: list[str] = []

    def filter_text(self, terms: QuerySet[RoyaltyTerm], name: str, value: str) -> QuerySet[RoyaltyTerm]:
        """Keep the terms that have every word in their label or clause."""
        return terms.filter(has_words(value, "label", "clause"))

    def filter_from(self, terms: QuerySet[RoyaltyTerm], name: str, value: object) -> QuerySet[RoyaltyTerm]:
        """Keep the terms that are in force on a day or later."""
        return terms.filter(Q(effective_to__isnull=True) | Q(effective_to__gte=value))


class FeesFilter(django_filters.FilterSet):
    """Text, agreement, deal, licensee, plant, kind and trigger, and by when fees fall due."""

    q = django_filters.CharFilter(label=_("Text"), method="filter_text", max_length=200)
    agreement = by_agreement()
    deal = by_deal()
    licensee = by_licensee()
    plant = by_plant("plant")
    kind = django_filters.ChoiceFilter(label=_("Type"), choices=FeeKind.choices)
    trigger = django_filters.ChoiceFilter(label=_("Falls due on"), choices=FeeTrigger.choices)
    period_from = since("due_on")
    period_to = until("due_on")

    class Meta:
        model = Fee
        fields: list[str] = []

    def filter_text(self, fees: QuerySet[Fee], name: str, value: str) -> QuerySet[Fee]:
        """Keep the fees that have every word in their label or clause."""
        return fees.filter(has_words(value, "label", "clause"))


class ReportsFilter(django_filters.FilterSet):
    """Text, agreement, deal, licensee, plant, chemistry, field of use, status, estimates, and months."""

    q = django_filters.CharFilter(label=_("Text"), method="filter_text", max_length=200)
    agreement = by_agreement()
    deal = by_deal()
    licensee = by_licensee()
    plant = by_plant("plant")
    chemistry = django_filters.ChoiceFilter(label=_("Chemistry"), choices=Chemistry.choices)
    field = django_filters.ChoiceFilter(label=_("Field of use"), choices=FieldOfUse.choices)
    status = django_filters.ChoiceFilter(label=_("Status"), choices=ReportStatus.choices)
    is_estimate = django_filters.BooleanFilter(label=_("Estimate"))
    period_from = since("month")
    period_to = until("month")

    class Meta:
        model = ProductionReport
        fields: list[str] = []

    def filter_text(self, reports: QuerySet[ProductionReport], name: str, value: str) -> QuerySet[ProductionReport]:
        """Keep the reports that have every word in their note or sender, or in the name of their plant or agreement."""
        agreements = Agreement.objects.visible_to(self.request.user)

        def has(word: str) -> Q:
            of_agreement = Q(agreement__in=agreements.filter(is_about(word)))
            return of_agreement | in_columns(word, "plant__name", "filing__note", "filing__sender")

        return reports.filter(every_word(value, has))


class StatementsFilter(StatementFilter):
    """Those of the page, by deal, and by the ends of periods."""

    currency = CurrencyFilter(label=_("Currency"))
    deal = by_deal()
    period_from = since("period_end")
    period_to = until("period_end")

    class Meta:
        model = Statement
        fields: list[str] = []


class InvoicesFilter(InvoiceFilter):
    """Those of the page, by what they are of, and by their dates."""

    currency = CurrencyFilter(label=_("Currency"))
    agreement = by_agreement()
    deal = by_deal()
    licensor = by_licensor()
    statement = django_filters.ModelChoiceFilter(label=_("Statement"), queryset=rows_for_reader(Statement))
    kind = django_filters.ChoiceFilter(label=_("Type"), choices=InvoiceKind.choices)
    status = django_filters.ChoiceFilter(label=_("Status"), choices=InvoiceStatus.choices)
    period_from = since("issued_on")
    period_to = until("issued_on")
    due_from = since("due_on")
    due_to = until("due_on")

    class Meta:
        model = Invoice
        fields: list[str] = []


class CreditNotesFilter(django_filters.FilterSet):
    """Text, what they are of, whether anything is left, and dates."""

    q = django_filters.CharFilter(label=_("Text"), method="filter_text", max_length=200)
    agreement = by_agreement()
    deal = by_deal()
    licensee = by_licensee()
    licensor = by_licensor()
    has_left = django_filters.BooleanFilter(label=_("Something left"), method="filter_left")
    period_from = since("issued_on")
    period_to = until("issued_on")

    class Meta:
        model = CreditNote
        fields: list[str] = []

    def filter_text(self, notes: QuerySet[CreditNote], name: str, value: str) -> QuerySet[CreditNote]:
        """Keep the credit notes that have every word in their reason or in the name of their agreement."""
        agreements = Agreement.objects.visible_to(self.request.user)

        def has(word: str) -> Q:
            return in_columns(word, "reason") | Q(agreement__in=agreements.filter(is_about(word)))

        return notes.filter(every_word(value, has))

    def filter_left(self, notes: QuerySet[CreditNote], name: str, value: bool) -> QuerySet[CreditNote]:
        """Keep those of which something is left to use, or nothing."""
        # The notes come with what is left of them.
        return notes.filter(Q(left__gt=0) if value else Q(left=0))


class PaymentsFilter(PaymentFilter):
    """Those of the page, by licensor and payer, and by when they arrived."""

    currency = CurrencyFilter(label=_("Currency"))
    licensor = by_licensor()
    payer = by_licensee("payer")
    period_from = since("received_on")
    period_to = until("received_on")

    class Meta:
        model = Payment
        fields: list[str] = []
