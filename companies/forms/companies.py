"""The form of a company."""

from typing import Any

from django import forms
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from companies.domain.directory import similar_companies
from companies.models import Company
from lrs_tracker.countries import country_choices
from lrs_tracker.form_fields import field_of
from lrs_tracker.versioned_forms import VersionedForm
from lrs_tracker.visibility import Viewer


class CompanyForm(VersionedForm):
    """A company's own fields; a new one whose name resembles another's must be confirmed once."""

    country = forms.ChoiceField(label=_("Country"), choices=country_choices, required=False)
    is_distinct = forms.BooleanField(label=_("It is another company: create it"), required=False)

    class Meta:
        model = Company
        fields = ["name", "kind", "parent", "country", "website", "about", "is_fictional"]
        widgets = {"parent": forms.Select({"data-select": True}), "about": forms.Textarea({"rows": 3})}

    field_order = ["name", "is_distinct"]

    def __init__(self, *args: Any, user: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.similar: list[Company] = []
        field_of(self, "parent", forms.ModelChoiceField).queryset = (
            Company.objects.visible_to(user)
            .filter(Q(archived_at__isnull=True) | Q(pk=self.instance.parent_id))
            .order_by("name", "pk")
        )
        self.fields["website"].assume_scheme = "https"  # type: ignore[attr-defined]  # a URLField
        if self.instance.pk is None:
            self.fields["name"].widget.attrs |= {
                "hx-get": reverse("companies:similar"),
                "hx-trigger": "input changed delay:300ms",
                "hx-target": "#similar",
                "hx-swap": "outerHTML",
                "data-quiet": True,
            }
        if self.instance.pk or "is_distinct" not in self.data:
            # Asked only after a look at the similar names.
            self.fields["is_distinct"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        """Ask about similar names before a company is created."""
        cleaned = super().clean()
        if self.instance.pk is None and cleaned.get("name") and not cleaned.get("is_distinct"):
            self.similar = list(similar_companies(name=cleaned["name"], user=self.user))
        if self.similar:
            self.fields["is_distinct"].widget = forms.CheckboxInput()
            self.add_error(
                "is_distinct",
                forms.ValidationError(_("Companies of similar names are known. Confirm that this is another one.")),
            )
        return cleaned
