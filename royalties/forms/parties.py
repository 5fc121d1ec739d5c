"""Forms of licensors and price indices."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lrs_tracker.countries import country_choices
from lrs_tracker.currencies import currency_choices, validate_currency
from royalties.forms.parts import PartsForm
from royalties.forms.rows import RowsField
from royalties.models import Licensor, PriceIndex


class LicensorForm(PartsForm):
    """A licensor as it stands on the letterhead."""

    country = forms.ChoiceField(label=_("Country"), choices=country_choices, widget=forms.Select({"data-select": True}))
    reporting_currency = forms.ChoiceField(
        label=_("Reporting currency"),
        choices=currency_choices,
        validators=[validate_currency],
        widget=forms.Select({"data-select": True}),
        help_text=_("Gains and losses of exchange are kept in it."),
    )

    class Meta:
        model = Licensor
        fields = [
            "name",
            "address",
            "country",
            "tax_number",
            "bank_details",
            "email",
            "reporting_currency",
            "invoice_prefix",
            "is_fictional",
        ]
        widgets = {"address": forms.Textarea({"rows": 3}), "bank_details": forms.Textarea({"rows": 3})}


class IndexForm(PartsForm):
    """An index and its values by year."""

    observed = RowsField(
        {
            "year": forms.IntegerField(label=_("Year"), min_value=1950, max_value=2099),
            "value": forms.DecimalField(label=_("Value"), max_digits=14, decimal_places=4, min_value=Decimal("0.0001")),
        },
        label=_("Values"),
        add_label=_("Add a year"),
        required=False,
    )

    class Meta:
        model = PriceIndex
        fields = ["name", "source"]

    field_order = ["name", "source", "observed"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            rows = self.instance.values_by_year.order_by("year")
            self.initial["observed"] = [(row.year, row.value) for row in rows]

    @property
    def facts(self) -> dict[str, Any]:
        """The values of the index itself."""
        return {name: self.cleaned_data[name] for name in ("name", "source")}
