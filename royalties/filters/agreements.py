"""Filters of the list of agreements."""

import re

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from royalties.enums import AgreementStatus
from royalties.filters.related import by_licensee
from royalties.models import Agreement

_CODE = re.compile(r"(?:lrs)?[\s-]*0*([0-9]{1,9})(?:/([0-9]{1,4}))?", re.IGNORECASE)


def matching_text(text: str) -> Q:
    """Return the condition that an agreement's title, parties or code have a text."""
    condition = Q(title__icontains=text) | Q(licensee__name__icontains=text) | Q(licensor__name__icontains=text)
    code = _CODE.fullmatch(text.strip())
    if code is not None:
        by_code = Q(deal_id=int(code[1]))
        condition |= by_code & Q(number=int(code[2])) if code[2] else by_code
    return condition


class AgreementFilter(django_filters.FilterSet):
    """Text, status, licensee, currency."""

    q = django_filters.CharFilter(label=_("Text"), method="filter_text", max_length=200)
    status = django_filters.ChoiceFilter(label=_("Status"), choices=AgreementStatus.choices)
    licensee = by_licensee("licensee")
    currency = django_filters.CharFilter(label=_("Currency"), max_length=3, lookup_expr="iexact")

    class Meta:
        model = Agreement
        fields: list[str] = []

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is in force."""
        return any(value not in (None, "") for value in self.form.cleaned_data.values())

    def filter_text(self, agreements: QuerySet[Agreement], name: str, value: str) -> QuerySet[Agreement]:
        """Keep agreements whose title, parties or code have the text."""
        return agreements.filter(matching_text(value))
