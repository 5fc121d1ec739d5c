"""The assumptions of the forecast, in its address."""

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lrs_tracker.formats import format_count
from lrs_tracker.problems import Text
from royalties.domain.forecast_parameters import DRAWS, Parameters

_DEFAULTS = asdict(Parameters())


def _percent(label: Text, least: int, most: int) -> forms.DecimalField:
    return forms.DecimalField(label=label, min_value=least, max_value=most, max_digits=6, decimal_places=2)


def _decimal(label: Text, least: str, most: int) -> forms.DecimalField:
    return forms.DecimalField(label=label, min_value=Decimal(least), max_value=most, max_digits=11, decimal_places=4)


class AssumptionsForm(forms.Form):
    """Every assumption within its limits; one that an address leaves out has its usual value."""

    draws = forms.TypedChoiceField(
        label=_("Draws"), choices=[(draws, format_count(draws)) for draws in DRAWS], coerce=int
    )
    seed = forms.IntegerField(label=_("Seed"), min_value=0, max_value=2**31 - 1)
    slip_likely = forms.IntegerField(label=_("likely"), min_value=0, max_value=60)
    slip_high = forms.IntegerField(label=_("at most"), min_value=0, max_value=60)
    utilisation_low = _percent(_("lowest"), 0, 100)
    utilisation_high = _percent(_("highest"), 100, 200)
    price_low = _percent(_("lowest"), 0, 100)
    price_high = _percent(_("highest"), 100, 200)
    terms_low = _percent(_("lowest"), 0, 100)
    terms_high = _percent(_("highest"), 100, 200)
    price_eur = _decimal(_("Price, EUR per kWh"), "0.01", 100_000)
    kwh_per_unit = _decimal(_("Energy of a unit, kWh"), "0.001", 1_000_000)
    sold_percent = _percent(_("Sold of what is made, %"), 0, 100)
    index_percent = _percent(_("Price index, % a year"), -10, 25)
    ramp_months = forms.IntegerField(label=_("Standard ramp, months"), min_value=1, max_value=240)

    def __init__(self, params: Mapping[str, Any]) -> None:
        given = {name: params[name] for name in _DEFAULTS if params.get(name, "").strip()}
        super().__init__({**_DEFAULTS, **given})
        for field in self.fields.values():
            field.required = False

    def clean(self) -> dict[str, Any]:
        """Refuse a likely delay beyond the longest."""
        cleaned: dict[str, Any] = self.cleaned_data
        if cleaned.get("slip_likely", 0) > cleaned.get("slip_high", _DEFAULTS["slip_high"]):
            self.add_error("slip_high", _("This is shorter than the likely delay."))
        return cleaned

    @property
    def parameters(self) -> Parameters:
        """The assumptions; a value that is refused has its usual one."""
        self.is_valid()
        # Likely and longest delay are judged together, so both are the usual ones when one is refused.
        together = {"slip_likely", "slip_high"}
        refused = {name for name in together if together & set(self.errors)} | set(self.errors)
        return Parameters(**{name: self.cleaned_data[name] for name in _DEFAULTS if name not in refused})

    @property
    def is_changed(self) -> bool:
        """Whether any assumption is not the usual one."""
        return self.parameters != Parameters()

    @property
    def spreads(self) -> list[tuple[Text, list[forms.BoundField]]]:
        """The fields of what is drawn, by what it is about."""
        return [
            (_("Start of production late, months"), [self["slip_likely"], self["slip_high"]]),
            (_("Utilisation, % of plan"), [self["utilisation_low"], self["utilisation_high"]]),
            (_("Sales price, % of plan"), [self["price_low"], self["price_high"]]),
            (_("Terms still to agree, % of plan"), [self["terms_low"], self["terms_high"]]),
        ]

    @property
    def stand_ins(self) -> list[forms.BoundField]:
        """The fields that are used where nothing better is known."""
        names = ("price_eur", "kwh_per_unit", "sold_percent", "index_percent", "ramp_months")
        return [self[name] for name in names]
