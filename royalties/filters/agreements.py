"""Filters of the list of agreements."""

import re

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from lrs_tracker.full_text import every_word, in_columns
from royalties.enums import AgreementStatus
from royalties.filters.related import by_licensee
from royalties.models import Agreement

_CODE = re.compile(r"(?:lrs)?[\s-]*0*([0-9]{1,9})(?:/([0-9]{1,4}))?", re.IGNORECASE)


def matching_text(text: str) -> Q:
    """Return the condition that a text is an agreement's code, or that its title, parties or code have every word."""
    return every_word(text, is_about) | _has_code(text.strip())


def is_about(word: str) -> Q:
    """Return the condition that an agreement's title, parties or code have a word."""
    return in_columns(word, "title", "licensee__name", "licensor__name") | _has_code(word)


def _has_code(text: str) -> Q:
    """Return the condition that a text is the code; one that can be none adds nothing to others."""
    code = _CODE.fullmatch(text)
    if code is None:
        return Q(pk__in=[])
    by_code = Q(deal_id=int(code[1]))
    return by_code & Q(number=int(code[2])) if code[2] else by_code


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
        """Keep agreements whose title, parties or code have every word."""
        return agreements.filter(matching_text(value))
