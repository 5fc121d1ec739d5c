"""The agreement, terms and fees of a what-if document as forms; the engine's strict reader says what is wrong."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from plants.enums import Chemistry
from royalties.enums import (
    Basis,
    CapWindow,
    FieldOfUse,
    FxRule,
    ReportingPeriod,
    Rounding,
    TierMode,
    TierWindow,
)
from royalties.forms.agreements import date_input
from royalties.forms.rows import RowsField

AT_SOP = "sop"
ON_DATE = "date"
_LONGEST_FIGURE = 40
_LONGEST_TEXT = 200


def text_field(label: Any, *, help_text: Any = "", initial: str = "") -> forms.CharField:
    """Return a field of any text; what it must be is told by the reader."""
    return forms.CharField(
        label=label, required=False, max_length=_LONGEST_TEXT, help_text=help_text, initial=initial, empty_value=""
    )


def figure_field(label: Any, *, help_text: Any = "") -> forms.CharField:
    """Return a field of a number as it is written in a document."""
    widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})
    return forms.CharField(
        label=label, required=False, max_length=_LONGEST_FIGURE, help_text=help_text, widget=widget, empty_value=""
    )


def day_field(label: Any, *, help_text: Any = "") -> forms.CharField:
    """Return a field of a day as it is written in a document."""
    return forms.CharField(
        label=label, required=False, max_length=_LONGEST_FIGURE, help_text=help_text, widget=date_input()
    )


def code_field(label: Any, choices: Any, *, help_text: Any = "") -> forms.CharField:
    """Return a select of codes; another code is the reader's to refuse."""
    return forms.CharField(
        label=label, required=False, max_length=_LONGEST_TEXT, help_text=help_text, widget=forms.Select(choices=choices)
    )


class RulesForm(forms.Form):
    """The rules of the agreement; fields are named as in the document."""

    currency = text_field(_("Currency"), help_text=_("A code such as USD, EUR or CNY."))
    effective_on = day_field(_("Effective"))
    ends_on = day_field(_("Last day"))
    contract_year_start = text_field(
        _("Contract year starts"), help_text=_("Month and day such as 01-01; empty: the effective date’s anniversary.")
    )
    period = code_field(_("Reporting period"), ReportingPeriod.choices)
    payment_days = figure_field(_("Payment due, days after the period"))
    advance = figure_field(_("Advance"), help_text=_("Received on the effective date."))
    advance_recoupable = forms.BooleanField(label=_("The advance is recouped from royalties"), required=False)
    advance_repayable = forms.BooleanField(
        label=_("What is not recouped at the end is repaid"),
        required=False,
        help_text=_("With the period in which the last day lies."),
    )
    minimums = RowsField(
        {"contract_year": figure_field(_("From contract year")), "amount": figure_field(_("Minimum"))},
        label=_("Minimums"),
        add_label=_("Add a year"),
        required=False,
        help_text=_("A minimum holds until a later contract year is named."),
    )
    prorate_minimum = forms.BooleanField(
        label=_("Pro-rate the minimum of a short contract year by days"), required=False
    )
    cap = figure_field(_("Cap"))
    cap_window = code_field(_("Cap applies to"), CapWindow.choices)
    withholding_percent = figure_field(_("Withholding tax, %"))
    withholding_changes = RowsField(
        {"from": day_field(_("From")), "percent": figure_field(_("Withholding tax, %"))},
        label=_("Later rates"),
        add_label=_("Add a rate"),
        required=False,
        help_text=_("A reporting period takes the rate of its last day."),
    )
    gross_up = forms.BooleanField(label=_("The licensee pays the tax on top"), required=False)
    fx_rule = code_field(_("Conversion of sales"), FxRule.choices)
    rounding = code_field(_("Rounding"), Rounding.choices)


class TermForm(forms.Form):
    """A royalty term. Its name is its id in the document."""

    id = text_field(_("Name"))
    clause = text_field(_("Clause"))
    basis = code_field(_("Charged on"), Basis.choices)
    mode = code_field(_("Tiers apply"), TierMode.choices)
    window = code_field(_("Counted over"), TierWindow.choices)
    tiers = RowsField(
        {"up_to": figure_field(_("Up to (kWh, units or amount)")), "rate": figure_field(_("Rate"))},
        label=_("Tiers"),
        add_label=_("Add a tier"),
        shows_energy=True,
        required=False,
        help_text=_(
            "In order, the last without a bound. A rate is an amount per kWh or unit, a percentage of net sales, "
            "or the amount of a lump sum."
        ),
    )
    escalator_percent = figure_field(_("Rates rise a year, %"), help_text=_("Empty: they stay."))
    escalator_floor = figure_field(_("At least, % a year"))
    escalator_cap = figure_field(_("At most, % a year"))
    starts_on = day_field(_("From"), help_text=_("Empty: with the agreement."))
    ends_on = day_field(_("To"))
    continues = text_field(_("Counts on from the term"), help_text=_("The name of a term that ends before."))
    plants = text_field(_("Plants"), help_text=_("Names parted by commas; none: all."))
    chemistries = text_field(_("Chemistries"), help_text=_("Parted by commas; none: all."))
    fields_of_use = text_field(_("Fields of use"), help_text=_("Parted by commas; none: all."))
    creditable = forms.BooleanField(label=_("Counts towards the minimum"), required=False)


class DealTermForm(TermForm):
    """A royalty term of a deal: its scope is chosen among the deal's plants and our codes."""

    plants = forms.MultipleChoiceField(  # type: ignore[assignment]  # chosen instead of typed
        label=_("Plants"),
        required=False,
        widget=forms.SelectMultiple({"data-select": True}),
        help_text=_("None chosen: all."),
    )
    chemistries = forms.MultipleChoiceField(  # type: ignore[assignment]  # chosen instead of typed
        label=_("Chemistries"),
        choices=Chemistry.choices,
        required=False,
        widget=forms.SelectMultiple({"data-select": True}),
        help_text=_("None chosen: all."),
    )
    fields_of_use = forms.MultipleChoiceField(  # type: ignore[assignment]  # chosen instead of typed
        label=_("Fields of use"),
        choices=FieldOfUse.choices,
        required=False,
        widget=forms.SelectMultiple({"data-select": True}),
        help_text=_("None chosen: all."),
    )


class FeesForm(forms.Form):
    """Fees on dates."""

    fees = RowsField(
        {
            "label": text_field(_("Fee")),
            "amount": figure_field(_("Amount")),
            "on": day_field(_("Date")),
        },
        label=_("Amounts and days"),
        add_label=_("Add a fee"),
        required=False,
    )


class DealFeesForm(forms.Form):
    """Fees on dates, and fees at the start of production."""

    fees = RowsField(
        {
            "label": text_field(_("Fee")),
            "amount": figure_field(_("Amount")),
            "due": forms.ChoiceField(
                label=_("Due"), choices=[(ON_DATE, _("On a date")), (AT_SOP, _("At start of production"))]
            ),
            "on": day_field(_("Date")),
        },
        label=_("Amounts and days"),
        add_label=_("Add a fee"),
        required=False,
        help_text=_("A fee at start of production follows the earliest SOP of the deal’s plants."),
    )
