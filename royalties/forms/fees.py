"""Forms of fees and services."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lrs_tracker.dates import LATEST_DATE, validate_plausible_date
from lrs_tracker.form_fields import field_of
from plants.models import Plant
from royalties.domain.fees import MOST_INSTALMENTS
from royalties.enums import FeeKind
from royalties.forms.agreements import date_input
from royalties.forms.parts import PartsForm
from royalties.models import Agreement, Fee, ServiceTerm
from royalties.models.agreements import MAX_AMOUNT


class FeeForm(PartsForm):
    """A fee and when it falls due."""

    class Meta:
        model = Fee
        fields = ["label", "clause", "kind", "amount", "trigger", "due_on", "plant", "milestone", "offset_days"]
        widgets = {"due_on": date_input()}

    def __init__(self, *args: Any, agreement: Agreement, **kwargs: Any) -> None:
        """Offer the plants that the agreement covers."""
        super().__init__(*args, **kwargs)
        field_of(self, "plant", forms.ModelChoiceField).queryset = Plant.objects.filter(
            agreement_plants__agreement=agreement
        ).order_by("name", "pk")
        self.fields["due_on"].help_text = _("For a fee on a date.")
        self.fields["plant"].help_text = _("For a fee on a plant’s milestone.")


class InstalmentsForm(forms.Form):
    """An amount in equal, dated parts."""

    label = forms.CharField(label=_("Label"), max_length=120)
    clause = forms.CharField(label=_("Clause"), max_length=20, required=False)
    kind = forms.ChoiceField(label=_("Type"), choices=FeeKind.choices, initial=FeeKind.UPFRONT)
    amount = forms.DecimalField(
        label=_("Amount in all"), max_digits=20, decimal_places=3, min_value=Decimal(0), max_value=MAX_AMOUNT
    )
    count = forms.IntegerField(label=_("Instalments"), min_value=2, max_value=MOST_INSTALMENTS, initial=4)
    first_on = forms.DateField(label=_("First on"), widget=date_input(), validators=[validate_plausible_date])
    months = forms.IntegerField(label=_("Then every so many months"), min_value=1, max_value=60, initial=3)

    def clean(self) -> dict[str, Any]:
        """Refuse instalments that no calendar reaches."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and _months_later(cleaned["first_on"], cleaned["months"] * (cleaned["count"] - 1)) is None:
            self.add_error("count", _("The last instalment would be after 2099."))
        return cleaned

    @property
    def days(self) -> list[dt.date]:
        """The day of each instalment: the first one's day of the month, or the last day of a shorter month."""
        first, months = self.cleaned_data["first_on"], self.cleaned_data["months"]
        days = [_months_later(first, months * number) for number in range(self.cleaned_data["count"])]
        return [day for day in days if day is not None]

    @property
    def facts(self) -> dict[str, Any]:
        """The values that every instalment has."""
        return {name: self.cleaned_data[name] for name in ("label", "clause", "kind")}

    def add_error(self, field: str | None, error: Any) -> None:
        """Put what is said of the days at their number."""
        super().add_error("count" if field in {"days", "due_on"} else field, error)


def _months_later(day: dt.date, months: int) -> dt.date | None:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > LATEST_DATE.year:
        return None
    following = dt.date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return dt.date(year, month + 1, min(day.day, (following - dt.timedelta(days=1)).day))


class ServiceForm(PartsForm):
    """A service term."""

    class Meta:
        model = ServiceTerm
        fields = ["label", "clause", "unit", "rate", "included_units", "starts_on", "ends_on"]
        widgets = {"starts_on": date_input(), "ends_on": date_input()}
