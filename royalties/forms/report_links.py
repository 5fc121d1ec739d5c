"""The form that makes a private link."""

from django import forms
from django.utils.translation import gettext_lazy as _

from royalties.domain.report_links import LONGEST_DAYS
from royalties.forms.periods import PeriodForm


class LinkForm(PeriodForm):
    """Which period, how long the link holds, and to whom it goes."""

    days = forms.IntegerField(label=_("Holds for, days"), min_value=1, max_value=LONGEST_DAYS, initial=30)
    recipient = forms.EmailField(
        label=_("Send to"),
        required=False,
        help_text=_("Empty: you pass the link on yourself."),
        widget=forms.EmailInput({"autocomplete": "off"}),
    )
