"""The form of a sourced fact."""

from django import forms

from companies.models import SourcedFact
from lrs_tracker.versioned_forms import VersionedForm


class FactForm(VersionedForm):
    """A fact's fields; used for plants as well."""

    class Meta:
        model = SourcedFact
        fields = ["metric", "value", "unit", "period", "as_of", "source", "source_url", "note"]
        widgets = {"as_of": forms.DateInput({"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source_url"].assume_scheme = "https"  # type: ignore[attr-defined]  # a URLField
