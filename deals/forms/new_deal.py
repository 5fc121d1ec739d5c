"""The form of a new deal."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from companies.models import Company
from deals.enums import Scope
from deals.forms.parts import colleagues
from deals.models import Deal, Stage
from lrs_tracker.currencies import validate_currency
from lrs_tracker.form_fields import field_of
from lrs_tracker.visible_text import validate_visible


class NewDealForm(forms.ModelForm):
    """The few facts that a deal starts with; the rest is filled in on its page."""

    company = forms.ModelChoiceField(
        label=_("Company"), queryset=Company.objects.none(), required=False, widget=forms.Select({"data-select": ""})
    )
    new_company = forms.CharField(
        label=_("Or a new company named"), max_length=200, required=False, validators=[validate_visible]
    )
    stage = forms.ModelChoiceField(label=_("Stage"), queryset=Stage.objects.none(), empty_label=None)
    scope = forms.MultipleChoiceField(
        label=_("Scope"), choices=Scope.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        required=False,
        help_text=_("If it starts on hold, lost or ended."),
    )
    next_step = forms.CharField(label=_("Next step"), max_length=200, required=False, validators=[validate_visible])
    next_step_on = forms.DateField(label=_("Next step on"), required=False, widget=forms.DateInput({"type": "date"}))
    currency = forms.CharField(
        label=_("Currency"),
        max_length=3,
        required=False,
        validators=[validate_currency],
        widget=forms.TextInput({"list": "currencies", "autocapitalize": "characters", "size": 3}),
    )

    class Meta:
        model = Deal
        fields = [
            "title",
            "owner",
            "region",
            "chemistry",
            "capacity_gwh",
            "annual_royalty",
            "is_confidential",
        ]

    field_order = ["company", "new_company", "title", "stage", "owner", "region", "chemistry", "capacity_gwh"]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        """Offer companies, stages and colleagues in use; the owner is the user."""
        super().__init__(*args, **kwargs)
        field_of(self, "company", forms.ModelChoiceField).queryset = (
            Company.objects.visible_to(user).filter(archived_at__isnull=True).order_by("name", "pk")
        )
        field_of(self, "owner", forms.ModelChoiceField).queryset = colleagues()
        self.initial.setdefault("owner", user.pk)
        self.initial.setdefault("currency", user.currency)
        stages = Stage.objects.filter(archived_at__isnull=True, pipeline__archived_at__isnull=True)
        stages = stages.select_related("pipeline").order_by("pipeline__position", "pipeline_id", "position", "pk")
        stage = field_of(self, "stage", forms.ModelChoiceField)
        stage.queryset = stages
        stage.choices = _by_pipeline(stages)

    def clean_currency(self) -> str:
        """Write the code in capitals."""
        return self.cleaned_data["currency"].upper()

    def clean(self) -> dict[str, Any]:
        """Ask for one company, and for the date of a next step."""
        cleaned = super().clean() or self.cleaned_data
        one_company = bool(cleaned.get("company")) != bool(cleaned.get("new_company"))
        if not one_company and not self.errors.keys() & {"company", "new_company"}:
            self.add_error("company", _("Choose a company, or name a new one."))
        if cleaned.get("next_step") and not cleaned.get("next_step_on"):
            self.add_error("next_step_on", _("Give the date of the next step."))
        if cleaned.get("next_step_on") and not cleaned.get("next_step"):
            self.add_error("next_step", _("Say what the next step is."))
        if cleaned.get("annual_royalty") is None:
            cleaned["currency"] = ""
        return cleaned


def _by_pipeline(stages: Any) -> list[tuple[str, list[tuple[int, str]]]]:
    groups: dict[str, list[tuple[int, str]]] = {}
    for stage in stages:
        groups.setdefault(stage.pipeline.name, []).append((stage.pk, stage.name))
    return list(groups.items())
