"""Forms that notice that someone else saved first, show both versions and lose nothing."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is stored otherwise than it was typed, both as text."""

    label: str
    stored: str
    typed: str


class VersionedForm(forms.ModelForm):
    """A model form that carries the version it was shown with.

    When the stored row has moved on, the form is refused once: `differences` lists what is stored
    beside what was typed, everything typed stays, and sending the form again saves it.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.differences: list[Difference] = []
        self.stored_version: int | None = self.instance.version if self.instance.pk else None
        self.initial["version"] = self.stored_version
        # “20.000” as it is stored reads better as “20”.
        self.initial.update(
            {
                name: Decimal(f"{value.normalize():f}")
                for name, value in self.initial.items()
                if isinstance(value, Decimal)
            }
        )

    @property
    def values(self) -> dict[str, Any]:
        """The validated values of the model's own fields."""
        own = {field.name for field in self._meta.model._meta.get_fields()}
        return {name: value for name, value in self.cleaned_data.items() if name in own and name != "version"}

    def clean(self) -> dict[str, Any]:
        """Compare versions after the fields are clean."""
        cleaned = super().clean() or self.cleaned_data
        if self.stored_version is not None and cleaned.get("version") != self.stored_version:
            self._refuse_stale()
        return cleaned

    def _refuse_stale(self) -> None:
        typed = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict in every view
        typed[self.add_prefix("version")] = str(self.stored_version)
        self.data = typed
        self.differences = [
            Difference(
                label=str(self.fields[name].label or name),
                stored=self._as_text(name, self.initial.get(name)),
                typed=self._as_text(name, self.data.get(self.add_prefix(name))),
            )
            for name in self.changed_data
            if name != "version"
        ]
        self.add_error(
            None,
            ValidationError(
                _("Someone saved this while you were writing. Compare, then save again to keep your version."),
                code="stale",
            ),
        )

    def _as_text(self, name: str, value: Any) -> str:
        field = self.fields[name]
        if isinstance(field, (forms.ModelMultipleChoiceField, forms.MultipleChoiceField)):
            return self._choices_as_text(name, field, value)
        if value in (None, ""):
            return "–"
        if isinstance(field, forms.BooleanField):
            return str(_("yes") if value in (True, "on", "true", "True", "1") else _("no"))
        if isinstance(field, forms.ModelChoiceField):
            chosen = (
                field.queryset.filter(pk=value).first()
                if field.queryset is not None and str(value).isdecimal()
                else None
            )
            return str(chosen or value)
        if isinstance(field, forms.ChoiceField):
            return str(dict(field.choices).get(str(value), value))  # type: ignore[arg-type]  # pairs, once a form is made
        return str(value)

    def _choices_as_text(
        self, name: str, field: forms.ModelMultipleChoiceField | forms.MultipleChoiceField, value: Any
    ) -> str:
        chosen = value if isinstance(value, list | tuple) else self[name].data or []
        keys = {str(getattr(one, "pk", one)) for one in chosen}
        labels = [str(label) for key, label in field.choices if str(key) in keys]  # type: ignore[union-attr]  # pairs
        return ", ".join(labels) or "–"
