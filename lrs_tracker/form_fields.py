"""Fields of a form as what they are."""

from typing import cast

from django import forms


def field_of[Kind: forms.Field](form: forms.BaseForm, name: str, kind: type[Kind]) -> Kind:
    """Return a field of a form, which is known to be of this kind."""
    return cast(Kind, form.fields[name])
