"""Filters of the list of statements."""

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from royalties.enums import StatementStatus
from royalties.filters.agreements import matching_text
from royalties.filters.related import by_agreement, by_licensee
from royalties.models import Agreement, Statement


class StatementFilter(django_filters.FilterSet):
    """Text, status, agreement, licensee, currency, year of the period's end."""

    q = django_filters.CharFilter(label=_("Text"), method="filter_text", max_length=200)
    status = django_filters.ChoiceFilter(label=_("Status"), choices=StatementStatus.choices)
    agreement = by_agreement()
    licensee = by_licensee()
    currency = django_filters.CharFilter(label=_("Currency"), max_length=3, lookup_expr="iexact")
    year = django_filters.NumberFilter(
        label=_("Year"), field_name="period_end", lookup_expr="year", min_value=1950, max_value=2200
    )

    class Meta:
        model = Statement
        fields: list[str] = []

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is in force."""
        return any(value not in (None, "") for value in self.form.cleaned_data.values())

    def filter_text(self, statements: QuerySet[Statement], name: str, value: str) -> QuerySet[Statement]:
        """Keep the statements of agreements whose title, parties or code have every word."""
        agreements = Agreement.objects.visible_to(self.request.user)
        return statements.filter(Q(agreement__in=agreements.filter(matching_text(value))))
