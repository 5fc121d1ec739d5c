"""Forms of amendments."""

from typing import Any

from django import forms

from lrs_tracker.form_fields import field_of
from lrs_tracker.visibility import Viewer
from royalties.forms.agreements import date_input, documents_of
from royalties.forms.parts import PartsForm
from royalties.models import Agreement, Amendment


class AmendmentForm(PartsForm):
    """An amendment's own facts."""

    class Meta:
        model = Amendment
        fields = ["title", "signed_on", "effective_on", "summary", "document"]
        widgets = {
            "signed_on": date_input(),
            "effective_on": date_input(),
            "summary": forms.Textarea({"rows": 3}),
        }

    def __init__(self, *args: Any, agreement: Agreement, user: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, "document", forms.ModelChoiceField).queryset = documents_of(agreement, user)


class WithholdingForm(PartsForm):
    """The withholding rate that an amendment agrees on."""

    class Meta:
        model = Amendment
        fields = ["withholding_percent"]


class EndForm(PartsForm):
    """The last day and the notice date that an amendment agrees on."""

    class Meta:
        model = Agreement
        fields = ["expires_on", "notice_on"]
        widgets = {"expires_on": date_input(), "notice_on": date_input()}
