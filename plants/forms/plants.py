"""The form of a plant, whole or for one of its facts."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from companies.models import Company
from lrs_tracker.countries import country_choices
from lrs_tracker.form_fields import field_of
from lrs_tracker.versioned_forms import VersionedForm
from lrs_tracker.visibility import Viewer
from plants.models import Plant

# The facts that are edited in place, each with its fields.
FACT_FIELDS = {
    "status": ("status",),
    "company": ("company",),
    "place": ("locality", "country"),
    "region": ("region",),
    "position": ("latitude", "longitude"),
    "cells": ("chemistry", "cell_format"),
    "nameplate": ("nameplate_gwh",),
}


class PlantForm(VersionedForm):
    """A plant's fields, or `only` some of them."""

    country = forms.ChoiceField(label=_("Country"), choices=country_choices, required=False)

    class Meta:
        model = Plant
        fields = [
            "name",
            "company",
            "status",
            "locality",
            "country",
            "region",
            "latitude",
            "longitude",
            "chemistry",
            "cell_format",
            "nameplate_gwh",
            "about",
            "is_fictional",
        ]
        widgets = {"company": forms.Select({"data-select": True}), "about": forms.Textarea({"rows": 3})}

    def __init__(self, *args: Any, user: Viewer, only: Collection[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "company" in self.fields:
            field_of(self, "company", forms.ModelChoiceField).queryset = (
                Company.objects.visible_to(user)
                .filter(Q(archived_at__isnull=True) | Q(pk=self.instance.company_id))
                .order_by("name", "pk")
            )
        if only is not None:
            for name in set(self.fields) - {*only, "version"}:
                del self.fields[name]
