"""The form of a bulk edit."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from companies.enums import Region
from deals.domain.bulk_edit import BulkChange, NewStep
from lrs_tracker.dates import validate_plausible_date
from lrs_tracker.visible_text import validate_visible
from plants.enums import Chemistry

KEEP = ("", _("Keep as it is"))


class DateInput(forms.DateInput):
    """A date picker of the browser."""

    input_type = "date"


class BulkEditForm(forms.Form):
    """What to change in the selected deals; a field left empty keeps what each deal has."""

    owner = forms.ModelChoiceField(
        label=_("Owner"), queryset=User.objects.none(), required=False, empty_label=str(KEEP[1])
    )
    region = forms.ChoiceField(label=_("Region"), choices=[KEEP, *Region.choices], required=False)
    chemistry = forms.ChoiceField(label=_("Chemistry"), choices=[KEEP, *Chemistry.choices], required=False)
    expected_sop_on = forms.DateField(
        label=_("Expected start of production"),
        required=False,
        validators=[validate_plausible_date],
        widget=DateInput(format="%Y-%m-%d"),
    )
    is_confidential = forms.TypedChoiceField(
        label=_("Confidential"),
        choices=[KEEP, ("1", _("Yes: only owner, team and managers")), ("0", _("No: everyone on the desk"))],
        coerce=lambda value: value == "1",
        empty_value=None,
        required=False,
    )
    step_title = forms.CharField(
        label=_("Add a next step"),
        max_length=200,
        required=False,
        validators=[validate_visible],
        help_text=_("For the owner of each deal."),
    )
    step_due_on = forms.DateField(
        label=_("Due"), required=False, validators=[validate_plausible_date], widget=DateInput(format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ModelChoiceField)  # noqa: S101  # declared so above
        owner.queryset = User.objects.filter(is_active=True).order_by("name", "pk")

    def clean(self) -> dict[str, Any]:
        """Ask for both halves of a next step."""
        cleaned = super().clean() or {}
        has_title, has_date = bool(cleaned.get("step_title")), cleaned.get("step_due_on") is not None
        if has_title and not has_date and "step_due_on" not in self.errors:
            self.add_error("step_due_on", _("Give the date of the next step."))
        if has_date and not has_title and "step_title" not in self.errors:
            self.add_error("step_title", _("Say what the next step is."))
        return cleaned

    @property
    def change(self) -> BulkChange:
        """What the filled-in fields ask for."""
        filled = self.cleaned_data
        names = ("owner", "region", "chemistry", "expected_sop_on", "is_confidential")
        step = NewStep(filled["step_title"], filled["step_due_on"]) if filled["step_title"] else None
        return BulkChange({name: filled[name] for name in names if filled[name] not in (None, "")}, step)
