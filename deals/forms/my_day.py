"""Forms of My day."""

from django import forms
from django.utils.translation import gettext_lazy as _

from lrs_tracker.dates import validate_plausible_date


class StepDateForm(forms.Form):
    """The new date of a next step, and the version that it is based on."""

    due_on = forms.DateField(label=_("Due"), validators=[validate_plausible_date])
    version = forms.IntegerField(min_value=1)


class ReadForm(forms.Form):
    """Until when the changes were read: when the page was made."""

    until = forms.DateTimeField(input_formats=["%Y-%m-%dT%H:%M:%S.%f%z"])
