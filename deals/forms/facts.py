"""The form of one key fact, which notices when someone else changed the same fact meanwhile."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from companies.models import Company
from deals.domain.deals import CHANGEABLE, StaleDealError
from deals.enums import Scope
from deals.models import Deal
from lrs_tracker.form_fields import field_of
from lrs_tracker.formats import format_number


class FactForm(forms.ModelForm):
    """Some fields of a deal, with the version and the values that the writer saw."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)

    class Meta:
        model = Deal
        fields = sorted(CHANGEABLE)
        widgets = {
            name: forms.DateInput({"type": "date"})
            for name in (
                "opened_on",
                "expected_effective_on",
                "signed_on",
                "effective_on",
                "expected_sop_on",
                "royalty_start_on",
            )
        }

    def __init__(self, *args: Any, names: Collection[str], **kwargs: Any) -> None:
        """Keep only the named fields."""
        super().__init__(*args, **kwargs)
        self.names = list(names)
        self.stored = ""
        for name in set(self.fields) - {*names, "version"}:
            del self.fields[name]
        self._fit_choices()
        for name in names:
            self.fields[name].show_hidden_initial = True
        self.initial["version"] = self.instance.version
        self.fields[self.names[0]].widget.attrs["autofocus"] = True

    def _fit_choices(self) -> None:
        if "owner" in self.fields:
            active = User.objects.filter(is_active=True) | User.objects.filter(pk=self.instance.owner_id)
            owner = field_of(self, "owner", forms.ModelChoiceField)
            owner.queryset = active.order_by("name", "pk")
            owner.empty_label = str(_("Nobody"))
        if "company" in self.fields:
            in_use = Company.objects.filter(archived_at__isnull=True) | Company.objects.filter(
                pk=self.instance.company_id
            )
            field_of(self, "company", forms.ModelChoiceField).queryset = in_use.order_by("name", "pk")
            self.fields["company"].widget.attrs["data-select"] = ""
        if "scope" in self.fields:
            self.fields["scope"] = forms.MultipleChoiceField(
                label=self.fields["scope"].label,
                choices=Scope.choices,
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )

    @property
    def changes(self) -> dict[str, Any]:
        """The validated values by field."""
        return {name: self.cleaned_data[name] for name in self.names}

    @property
    def seen(self) -> dict[str, Any]:
        """The values that the form was opened with, as the page sent them back."""
        return {name: self._seen_value(name) for name in self.names}

    def _seen_value(self, name: str) -> Any:
        field = self.fields[name]
        raw = field.hidden_widget().value_from_datadict(self.data, self.files, self.add_initial_prefix(name))
        try:
            return field.to_python(raw)
        except forms.ValidationError:
            return None

    def show_both(self, stale: StaleDealError) -> None:
        """Refuse the form, show what is stored beside what was typed, and let it be sent again."""
        self.stored = ", ".join(_in_words(stale.deal, name) for name in self.names)
        typed = cast(QueryDict, self.data).copy()
        typed[self.add_prefix("version")] = str(stale.deal.version)
        for name in self.names:
            bound = self.fields[name].prepare_value(getattr(stale.deal, name))
            key = self.add_initial_prefix(name)
            if isinstance(bound, list):
                typed.setlist(key, bound)
            else:
                typed[key] = "" if bound is None else str(bound)
        self.data = typed
        self.add_error(None, stale.message)


def _in_words(deal: Deal, name: str) -> str:
    value = getattr(deal, f"get_{name}_display", lambda: getattr(deal, name))()
    if isinstance(value, list):
        return ", ".join(str(Scope(item).label) for item in value) or "–"
    if isinstance(value, Decimal):
        return format_number(value)
    return str(value) if value not in (None, "") else "–"
