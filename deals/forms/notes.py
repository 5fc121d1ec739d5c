"""The form of a note."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from deals.enums import NoteKind
from deals.models import Note
from lrs_tracker.form_fields import field_of


class NoteForm(forms.ModelForm):
    """A remark, meeting, call or mail."""

    class Meta:
        model = Note
        fields = ["kind", "happened_on", "body"]
        widgets = {"happened_on": forms.DateInput({"type": "date"}), "body": forms.Textarea({"rows": 2})}

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any) -> None:
        """Offer today as the day of a meeting."""
        super().__init__(*args, **kwargs)
        self.fields["happened_on"].widget.attrs["max"] = today.isoformat()
        self.fields["happened_on"].help_text = _("Empty: today. A plain note has no day.")
        self.fields["body"].widget.attrs |= {
            "placeholder": _("What was said or decided. Markdown; @ mentions a colleague."),
            "data-mentions": "",
        }
        field_of(self, "kind", forms.ChoiceField).choices = NoteKind.choices
