"""Inviting and changing users, and finding them in their list."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.domain.roles import role_of
from accounts.enums import Role
from accounts.models import User
from lrs_tracker.form_fields import field_of


class UserForm(forms.Form):
    """Who a user is, what they may do and whom they report to."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254, help_text=_("They log in with it."))
    name = forms.CharField(label=_("Name"), max_length=120)
    role = forms.ChoiceField(label=_("Role"), choices=Role, initial=Role.BUSINESS_DEVELOPMENT)
    manager = forms.ModelChoiceField(
        label=_("Manager"), queryset=User.objects.none(), required=False, widget=forms.Select({"data-select": ""})
    )

    def __init__(self, *args: Any, user: User | None = None, **kwargs: Any) -> None:
        if user is not None:
            known = {"email": user.email, "name": user.name, "role": role_of(user), "manager": user.manager_id}
            kwargs["initial"] = known
        super().__init__(*args, **kwargs)
        kept = [user.manager_id] if user else []
        managers = User.objects.filter(Q(is_active=True) | Q(pk__in=kept)).exclude(pk=user.pk if user else None)
        field_of(self, "manager", forms.ModelChoiceField).queryset = managers.order_by("name", "pk")

    def clean_role(self) -> Role:
        """Return the role as one."""
        return Role(self.cleaned_data["role"])


class TakeOverForm(forms.Form):
    """Who takes over the open work of someone who leaves: their manager, unless another is chosen."""

    to = forms.ModelChoiceField(
        label=_("Who takes over"), queryset=User.objects.none(), widget=forms.Select({"data-select": ""})
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = User.objects.filter(is_active=True).exclude(pk=user.pk)
        field_of(self, "to", forms.ModelChoiceField).queryset = others.order_by("name", "pk")
        self.initial["to"] = user.manager_id

    def chosen(self) -> User | None:
        """Return who was chosen, if anyone."""
        return self.cleaned_data["to"] if self.is_valid() else None


class UserSearchForm(forms.Form):
    """Text, role and state to narrow the list of users."""

    q = forms.CharField(required=False, max_length=100)
    role = forms.ChoiceField(choices=[("", _("Any role")), *Role.choices], required=False)
    state = forms.ChoiceField(
        choices=[("", _("Active")), ("inactive", _("Inactive")), ("all", _("All"))], required=False
    )

    def search(self, users: QuerySet[User]) -> QuerySet[User]:
        """Return the users that fit; a field that makes no sense narrows nothing."""
        self.is_valid()
        text, role, state = (self.cleaned_data.get(name, "") for name in ("q", "role", "state"))
        if state != "all":
            users = users.filter(is_active=state != "inactive")
        if role:
            users = users.filter(groups__name=role)
        return users.filter(Q(name__icontains=text) | Q(email__icontains=text)) if text else users
