"""The form that begins a report."""

from django import forms
from django.utils.translation import gettext_lazy as _

from royalties.forms.periods import PeriodForm

KINDS = (
    ("figures", _("Enter figures, or upload a file")),
    ("nil", _("Nothing was made or sold")),
    ("estimate", _("Our estimate, from last period's figures")),
)


class StartForm(PeriodForm):
    """Which period, and what is reported for it."""

    kind = forms.ChoiceField(label=_("What to report"), choices=KINDS, widget=forms.RadioSelect, initial="figures")
