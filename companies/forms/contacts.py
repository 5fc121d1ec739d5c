"""The form of a contact."""

from django import forms

from companies.models import Contact
from lrs_tracker.versioned_forms import VersionedForm


class ContactForm(VersionedForm):
    """A contact's fields."""

    class Meta:
        model = Contact
        fields = ["name", "job_title", "email", "phone", "about"]
        widgets = {"about": forms.Textarea({"rows": 3})}
