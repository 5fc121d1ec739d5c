"""Forms of bank files."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lrs_tracker.form_fields import field_of
from lrs_tracker.visibility import Viewer
from money.forms import CurrencyInput
from royalties.domain.bank_csv import DATE_FORMATS, Mapping, Sheet
from royalties.models import Licensor

_EXAMPLE = dt.date(2026, 11, 24)
_COLUMNS = ("date", "amount", "currency", "payer", "text", "reference")


class BankFileForm(forms.Form):
    """A bank's file, and whose account it is of."""

    licensor = forms.ModelChoiceField(label=_("Account of"), queryset=Licensor.objects.none(), empty_label=None)
    file = forms.FileField(
        label=_("File"),
        help_text=_("CAMT.053 (XML), or CSV with headings in the first row; at most 10 MB and 20,000 bookings."),
        allow_empty_file=True,
        widget=forms.FileInput({"accept": ".xml,.csv,.txt,text/csv,text/xml,application/xml"}),
    )

    def __init__(self, *args: Any, user: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = field_of(self, "licensor", forms.ModelChoiceField)
        choice.queryset = Licensor.objects.visible_to(user).order_by("name", "pk")


class MappingForm(forms.Form):
    """What the columns of a CSV file mean."""

    date = forms.ChoiceField(label=_("Day"))
    date_format = forms.ChoiceField(
        label=_("Days are written"), choices=[(each, _EXAMPLE.strftime(each)) for each in DATE_FORMATS]
    )
    amount = forms.ChoiceField(label=_("Amount"))
    decimal = forms.ChoiceField(label=_("Decimal mark"), choices=[(".", "1,234.50"), (",", "1.234,50")])
    currency = forms.ChoiceField(label=_("Currency"), required=False)
    default_currency = forms.CharField(
        label=_("Currency without a column"),
        max_length=3,
        required=False,
        widget=CurrencyInput({"autocapitalize": "characters", "spellcheck": "false"}),
    )
    payer = forms.ChoiceField(label=_("Payer"), required=False)
    text = forms.ChoiceField(label=_("Remittance text"), required=False)
    reference = forms.ChoiceField(label=_("Bank's reference"), required=False)

    def __init__(self, *args: Any, sheet: Sheet, proposed: Mapping, **kwargs: Any) -> None:
        self.sheet = sheet
        kwargs["initial"] = {name: getattr(proposed, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        choices = [(name, name) for name in sheet.header if name]
        for name in _COLUMNS:
            field_of(self, name, forms.ChoiceField).choices = [("", "–"), *choices]

    def to_mapping(self) -> Mapping:
        """Return the mapping that the form says."""
        return Mapping(**self.cleaned_data, header=self.sheet.header)
