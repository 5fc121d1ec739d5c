"""Naming a view."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from deals.models import SavedView


class SavedViewForm(forms.ModelForm):
    """The name of a view and who sees it; the filters come along unseen."""

    class Meta:
        model = SavedView
        fields = ["name", "is_shared", "is_pinned", "page", "pipeline_slug", "query"]
        widgets = {
            "name": forms.TextInput({"autofocus": True}),
            "page": forms.HiddenInput,
            "pipeline_slug": forms.HiddenInput,
            "query": forms.HiddenInput,
        }

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        """Name a view of `owner`."""
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            self.instance.owner = owner

    def clean_name(self) -> str:
        """Refuse a name that the owner uses already."""
        name: str = self.cleaned_data["name"]
        others = SavedView.objects.filter(owner=self.instance.owner_id, name=name).exclude(pk=self.instance.pk)
        if others.exists():
            raise forms.ValidationError(_("You have a view of this name already."))
        return name
