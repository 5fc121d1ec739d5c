"""Forms of the sandbox: what the comparison takes for granted, the name of a version, and the draft made of one."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from lrs_tracker.form_fields import field_of
from lrs_tracker.visibility import Viewer
from royalties.domain.sandbox import HORIZONS, Inputs
from royalties.domain.sandbox_ramps import SandboxPlant
from royalties.enums import FieldOfUse
from royalties.models import Agreement, Licensor, TermSheet

_HUNDRED = Decimal(100)
_RAMP = "ramp-"


def _percent(label: Any, *, help_text: Any = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=0,
        max_value=_HUNDRED,
        max_digits=7,
        decimal_places=4,
        help_text=help_text,
    )


class InputsForm(forms.Form):
    """What the comparison takes for granted; a field with an error stands at its usual value."""

    rate = _percent(_("Discount rate, % a year"))
    years = forms.TypedChoiceField(
        label=_("Years"),
        required=False,
        coerce=int,
        choices=[(str(years), years) for years in HORIZONS],
        help_text=_("After what is left of this one."),
    )
    sold = _percent(_("Sold of what is made, %"))
    utilisation = _percent(_("Utilisation, %"), help_text=_("Empty: of each ramp."))
    good = _percent(_("Yield, %"), help_text=_("Empty: of each ramp."))
    price = forms.DecimalField(
        label=_("Net price per kWh"), required=False, min_value=0, max_value=100_000, max_digits=12, decimal_places=4
    )
    unit = forms.DecimalField(
        label=_("kWh per unit"), required=False, min_value=0, max_value=1_000_000, max_digits=12, decimal_places=4
    )
    field = forms.ChoiceField(label=_("Field of use"), choices=FieldOfUse.choices, required=False)

    def __init__(self, data: QueryDict, *, plants: Sequence[SandboxPlant], currency: str) -> None:
        usual = {"rate": "8", "years": "10", "sold": "100", "field": "ev"}
        super().__init__({**usual, **{name: data[name] for name in data if data[name] or name not in usual}})
        self.currency = currency
        self.fields["price"].help_text = _("In %(currency)s, for royalties on net sales.") % {"currency": currency}
        for one in plants:
            if len(one.ramps) > 1:
                self.fields[f"{_RAMP}{one.plant.pk}"] = forms.ChoiceField(
                    label=_("Ramp of %(plant)s") % {"plant": one.plant.name},
                    required=False,
                    choices=[(str(ramp.number), _ramp_words(ramp)) for ramp in one.ramps],
                )

    @property
    def inputs(self) -> Inputs:
        """The inputs; what was refused is left at its usual value."""
        typed = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        usual = Inputs()
        return Inputs(
            annual_percent=typed.get("rate", usual.annual_percent),
            years=typed.get("years", usual.years),
            sold_percent=typed.get("sold", usual.sold_percent),
            price_per_kwh=typed.get("price"),
            kwh_per_unit=typed.get("unit"),
            utilisation_percent=typed.get("utilisation"),
            yield_percent=typed.get("good"),
            field_of_use=typed.get("field", usual.field_of_use),
            price_currency=self.currency,
            ramps={
                int(name.removeprefix(_RAMP)): int(value) for name, value in typed.items() if name.startswith(_RAMP)
            },
        )

    @property
    def refused(self) -> list[tuple[Any, str]]:
        """The labels of the fields with an error, and what it is."""
        return [(self.fields[name].label, " ".join(map(str, errors))) for name, errors in self.errors.items()]


def _ramp_words(ramp: Any) -> str:
    label = f" · {ramp.label}" if ramp.label else ""
    return f"{ramp.number}{label} · SOP {ramp.sop_on:%Y-%m}"


class SheetNameForm(forms.Form):
    """The name of a version, and the version it was shown with."""

    name = forms.CharField(label=_("Name of the version"), max_length=TermSheet._meta.get_field("name").max_length)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class DraftForm(forms.Form):
    """What a draft agreement needs beyond the terms."""

    title = forms.CharField(label=_("Title"), max_length=Agreement._meta.get_field("title").max_length)
    licensor = forms.ModelChoiceField(label=_("Licensor"), queryset=Licensor.objects.none())
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, user: Viewer, **kwargs: Any) -> None:
        """Offer the licensors; the only one is chosen."""
        super().__init__(*args, **kwargs)
        licensors = Licensor.objects.visible_to(user).order_by("name", "pk")
        field_of(self, "licensor", forms.ModelChoiceField).queryset = licensors
        only = list(licensors[:2])
        if len(only) == 1:
            self.initial.setdefault("licensor", only[0].pk)
