"""Forms of royalty terms, and of minimums and caps."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lrs_tracker.form_fields import field_of
from plants.enums import Chemistry
from plants.models import Plant
from royalties.domain.terms import TierStep
from royalties.domain.year_amounts import YearValue
from royalties.enums import CapWindow, FieldOfUse
from royalties.forms.agreements import date_input
from royalties.forms.parts import PartsForm
from royalties.forms.rows import RowsField
from royalties.models import Agreement, Amendment, PriceIndex, RoyaltyTerm
from royalties.models.agreements import MAX_AMOUNT
from royalties.models.terms import MAX_QUANTITY

_MOST_YEARS = 150


def tiers_field() -> RowsField:
    """Return the field of tiers: bounds in kWh, units or currency, and rates."""
    return RowsField(
        {
            "up_to": forms.DecimalField(
                label=_("Up to (kWh, units or amount)"),
                required=False,
                max_digits=20,
                decimal_places=3,
                max_value=MAX_QUANTITY,
                min_value=0,
            ),
            "rate": forms.DecimalField(
                label=_("Rate"), max_digits=20, decimal_places=8, max_value=MAX_AMOUNT, min_value=0
            ),
        },
        label=_("Tiers"),
        add_label=_("Add a tier"),
        shows_energy=True,
        help_text=_(
            "In order, the last without a bound. A rate is an amount per kWh or unit, a percentage of net sales, "
            "or the amount of a lump sum."
        ),
    )


class TermForm(PartsForm):
    """A royalty term: what it is charged on, its tiers, scope and escalator."""

    tiers = tiers_field()
    chemistries = forms.MultipleChoiceField(
        label=_("Chemistries"),
        choices=Chemistry.choices,
        required=False,
        widget=forms.SelectMultiple({"data-select": True}),
        help_text=_("None chosen: all."),
    )
    fields_of_use = forms.MultipleChoiceField(
        label=_("Fields of use"),
        choices=FieldOfUse.choices,
        required=False,
        widget=forms.SelectMultiple({"data-select": True}),
        help_text=_("None chosen: all."),
    )

    class Meta:
        model = RoyaltyTerm
        fields = [
            "label",
            "clause",
            "basis",
            "mode",
            "window",
            "effective_from",
            "effective_to",
            "plants",
            "chemistries",
            "is_creditable",
            "continues",
            "escalator",
            "escalator_percent",
            "index",
            "index_base_year",
            "index_lag_years",
            "escalator_floor_percent",
            "escalator_cap_percent",
        ]
        widgets = {
            "effective_from": date_input(),
            "effective_to": date_input(),
            "plants": forms.SelectMultiple({"data-select": True}),
        }

    field_order = ["label", "clause", "basis", "mode", "window", "tiers", "effective_from", "effective_to"]

    def __init__(self, *args: Any, agreement: Agreement, amendment: Amendment | None = None, **kwargs: Any) -> None:
        """Offer the agreement's plants and terms; a new term starts with the agreement or its amendment."""
        super().__init__(*args, **kwargs)
        plants = field_of(self, "plants", forms.ModelMultipleChoiceField)
        plants.queryset = Plant.objects.filter(agreement_plants__agreement=agreement).order_by("name", "pk")
        plants.help_text = _("None chosen: all that the agreement covers.")
        others = RoyaltyTerm.objects.filter(agreement=agreement).exclude(pk=self.instance.pk)
        continues = field_of(self, "continues", forms.ModelChoiceField)
        continues.queryset = others.order_by("effective_from", "pk")
        continues.help_text = _("Counts on where that one stopped, in the same window.")
        self.fields["mode"].label = _("How tiers count")
        field_of(self, "index", forms.ModelChoiceField).queryset = PriceIndex.objects.order_by("name", "pk")
        self.initial.setdefault("effective_from", amendment.effective_on if amendment else agreement.effective_on)
        self.initial.setdefault("fields_of_use", self.instance.fields)
        self.initial.setdefault(
            "tiers",
            [(tier.up_to, tier.rate) for tier in self.instance.tiers.order_by("position")] if self.instance.pk else [],
        )

    @property
    def facts(self) -> dict[str, Any]:
        """The values of the term itself."""
        own = {name: value for name, value in super().facts.items() if name != "tiers"}
        return {**own, "fields": self.cleaned_data["fields_of_use"]}

    @property
    def steps(self) -> list[TierStep]:
        """The tiers."""
        return [TierStep(*row) for row in self.cleaned_data["tiers"]]

    def add_error(self, field: str | None, error: Any) -> None:
        """Put what is said of the model's fields of use at theirs."""
        super().add_error("fields_of_use" if field == "fields" else field, error)


class ReplacementForm(TermForm):
    """A term that takes the place of another, from the day of an amendment."""

    counts_on = forms.BooleanField(
        label=_("Counts on where the old one stopped"),
        required=False,
        help_text=_("In the same window, what the old term counted is already used."),
    )

    field_order = ["label", "clause", "basis", "mode", "window", "tiers", "counts_on", "effective_to"]

    def __init__(self, *args: Any, old: RoyaltyTerm, **kwargs: Any) -> None:
        """Begin with the old term's values."""
        initial = {
            name: getattr(old, name)
            for name in TermForm.Meta.fields
            if name not in {"plants", "continues", "effective_from", "effective_to"}
        }
        initial |= {
            "plants": list(old.plants.values_list("pk", flat=True)),
            "fields_of_use": old.fields,
            "tiers": [(tier.up_to, tier.rate) for tier in old.tiers.order_by("position")],
            "counts_on": True,
        }
        super().__init__(*args, initial={**initial, **kwargs.pop("initial", {})}, **kwargs)
        for name in ("effective_from", "continues"):
            del self.fields[name]


class TierPreviewForm(forms.Form):
    """What a preview of tiers needs."""

    tiers = tiers_field()
    basis = forms.CharField(max_length=16)
    window = forms.CharField(max_length=16)


def _amounts_field(label: Any) -> RowsField:
    return RowsField(
        {
            "year": forms.IntegerField(label=_("From contract year"), min_value=1, max_value=_MOST_YEARS),
            "amount": forms.DecimalField(
                label=_("Amount"), max_digits=20, decimal_places=3, min_value=Decimal(0), max_value=MAX_AMOUNT
            ),
        },
        label=label,
        add_label=_("Add a year"),
        required=False,
        help_text=_("An amount holds until a later contract year is named."),
    )


class MinimumsForm(PartsForm):
    """The minimum of each contract year."""

    minimums = _amounts_field(_("Minimums"))

    class Meta:
        model = Agreement
        fields = ["prorate_minimum"]

    field_order = ["minimums", "prorate_minimum"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = self.instance.minimums.order_by("contract_year")
        self.initial["minimums"] = [(row.contract_year, row.amount) for row in rows]

    @property
    def amounts(self) -> list[YearValue]:
        """The amounts by year."""
        return [YearValue(*row) for row in self.cleaned_data["minimums"]]


class CapsForm(PartsForm):
    """The cap of each contract year, or of the lifetime."""

    caps = _amounts_field(_("Caps"))

    class Meta:
        model = Agreement
        fields = ["cap_window"]

    field_order = ["cap_window", "caps"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = self.instance.caps.order_by("contract_year")
        self.initial["caps"] = [(row.contract_year, row.amount) for row in rows]
        self.fields["caps"].help_text = _("For a lifetime: one amount, from contract year 1.")

    @property
    def amounts(self) -> list[YearValue]:
        """The amounts by year."""
        return [YearValue(*row) for row in self.cleaned_data["caps"]]

    @property
    def window(self) -> CapWindow:
        """What the caps limit."""
        return CapWindow(self.cleaned_data["cap_window"])
