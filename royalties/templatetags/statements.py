"""Statements in templates."""

import datetime as dt

from django import template

from royalties.domain.explanations import basis_unit
from royalties.domain.periods import name_period

register = template.Library()


@register.simple_tag
def period_name(starts_on: dt.date, ends_on: dt.date) -> str:
    """Write a reporting period: “Q3 2026”."""
    return name_period(starts_on, ends_on)


@register.filter
def unit_of(basis: str, currency: str) -> str:
    """Write the unit that a basis is counted in."""
    return basis_unit(basis, currency)
