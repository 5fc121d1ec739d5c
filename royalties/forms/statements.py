"""Forms of statements."""

from django import forms
from django.utils.translation import gettext_lazy as _


class DisputeForm(forms.Form):
    """Why the licensee disputes a statement."""

    reason = forms.CharField(
        label=_("What is disputed"),
        max_length=4000,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("The statement stays as it is. If the licensee is right, the next one carries the correction."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class VersionForm(forms.Form):
    """The version of the statement that a button was shown with."""

    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, required=False)


class DraftForm(forms.Form):
    """The end of the period to state, where it is not the next one."""

    through = forms.DateField(required=False)
