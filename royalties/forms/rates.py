"""The forms of missing exchange rates and index values."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MinValueValidator
from django.utils.translation import gettext_lazy as _

from lrs_tracker.visible_text import validate_visible
from money.domain.averages import published_pair
from money.models import FxRate
from royalties.domain.needed_rates import RateKey
from royalties.models import PriceIndexValue

_SMALLEST = {"rate": Decimal("1e-10"), "value": Decimal("0.0001")}
_TOO_SMALL = _("A rate is above zero.")


class ConfirmedForm(forms.Form):
    """A form with a figure that may be in doubt: it then shows a box to tick, which holds for that figure only."""

    figure: str

    is_confirmed = forms.BooleanField(
        label=_("It is right, keep it"),
        required=False,
        widget=forms.CheckboxInput(check_test=lambda _value: False),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_in_doubt = False

    def ask(self) -> None:
        """Show the box, for the figure that was typed."""
        self._is_in_doubt = True
        self.fields["is_confirmed"].widget.attrs["value"] = self.data.get(self.figure, "")

    @property
    def is_certain(self) -> bool:
        """Whether the box was ticked for this very figure."""
        return bool(self.data.get("is_confirmed")) and self.data.get("is_confirmed") == self.data.get(self.figure)

    @property
    def shown_fields(self) -> list[forms.BoundField]:
        """The fields, the box among them only when there is a doubt."""
        return [self[name] for name in self.fields if name != "is_confirmed" or self._is_in_doubt]


class RateForm(ConfirmedForm):
    """The rate of a pair, either way round, and who published it."""

    figure = "rate"

    quoted = forms.ChoiceField(label=_("The rate says"))
    rate = forms.DecimalField(
        label=_("Rate"),
        max_digits=20,
        decimal_places=10,
        validators=[MinValueValidator(_SMALLEST["rate"], _TOO_SMALL)],
    )
    source = forms.CharField(
        label=_("Source"),
        max_length=FxRate._meta.get_field("source").max_length,
        validators=[validate_visible],
        help_text=_("Who published it, such as ECB."),
    )

    field_order = ["quoted", "rate", "source", "is_confirmed"]

    def __init__(self, *args: Any, key: RateKey, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ways = {"as_needed": (key.base, key.quote), "inverse": (key.quote, key.base)}
        published = published_pair(key.base, key.quote)
        choices = [
            (way, _("how many %(quote)s one %(base)s buys") % {"base": base, "quote": quote})
            for way, (base, quote) in ways.items()
        ]
        self.fields["quoted"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["quoted"].initial = next(way for way, pair in ways.items() if pair == published)

    @property
    def is_inverse(self) -> bool:
        """Whether the rate is typed the other way round than it is needed."""
        return bool(self.cleaned_data["quoted"] == "inverse")


class IndexValueForm(ConfirmedForm):
    """The value of an index for a year."""

    figure = "value"

    value = forms.DecimalField(
        label=_("Value"),
        max_digits=PriceIndexValue._meta.get_field("value").max_digits,
        decimal_places=PriceIndexValue._meta.get_field("value").decimal_places,
        validators=[MinValueValidator(_SMALLEST["value"], _("A value is above zero."))],
    )

    field_order = ["value", "is_confirmed"]
