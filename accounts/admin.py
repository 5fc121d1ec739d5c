"""Users and API tokens in the admin."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.domain import users
from accounts.domain.profile import change_profile
from accounts.domain.roles import role_of
from accounts.domain.tokens import revoke_token
from accounts.enums import Role
from accounts.models import ApiToken, User
from accounts.requests import UserRequest
from lrs_tracker.domain_functions import DomainFunctions
from lrs_tracker.problems import DomainError
from lrs_tracker.visible_admin import RecordAdmin, RefusableForm, VisibleAdmin


class UserForm(RefusableForm):
    """A user with their one role."""

    role = forms.TypedChoiceField(
        label=_("Role"), choices=Role, coerce=Role, empty_value=None, initial=Role.BUSINESS_DEVELOPMENT
    )

    class Meta:
        model = User
        fields = ("email", "name", "manager", "time_zone", "language", "currency")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "role" in self.fields:
            self.fields["role"].initial = role_of(self.instance)

    def clean_email(self) -> str:
        """Keep addresses in small letters."""
        return self.cleaned_data["email"].strip().lower()


@admin.register(User)
class UserAdmin(VisibleAdmin):
    """People, by the rules of the settings page; passwords are set by their owners, through a link."""

    form = UserForm
    domain = DomainFunctions(create=users.invite_user, change=users.change_user)
    list_display = ("name", "email", "role", "manager", "is_active", "last_login")
    list_filter = ("is_active", "groups", "is_staff")
    list_select_related = ("manager",)
    search_fields = ("name", "email")
    ordering = ("name", "pk")
    date_hierarchy = "created_at"
    autocomplete_fields = ("manager",)
    fields = ("email", "name", "role", "manager", "time_zone", "language", "currency", "is_active", "access")
    readonly_fields = ("is_active", "access")
    actions = ("deactivate", "activate")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read the roles of all users at once."""
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("role"))
    def role(self, user: User) -> str:
        """Return the role in words."""
        role = role_of(user)
        return str(role.label) if role else "–"

    @admin.display(description=_("password and second factor"))
    def access(self, user: User) -> str:
        """Return the way to the page that sees to them."""
        if user.pk is None:
            return gettext("Set by the user, through a link that is sent from the settings page.")
        return format_html('<a href="{}">{}</a>', reverse("accounts:user", args=[user.pk]), gettext("Settings page"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: people are deactivated, and stay the owners of their past."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Invite or change the user; other facts are the user's own settings."""
        super().save_model(request, obj, form, change)
        own = {name: form.cleaned_data[name] for name in ("time_zone", "language", "currency")}
        change_profile(user=obj, at=timezone.now(), **own)

    @admin.action(description=_("Deactivate"), permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: Any) -> None:
        """Lock the chosen users out."""
        deactivate = partial(users.deactivate_user, at=timezone.now())
        self._each(request, queryset, deactivate, gettext("%(name)s can no longer log in."))

    @admin.action(description=_("Activate"), permissions=["change"])
    def activate(self, request: HttpRequest, queryset: Any) -> None:
        """Let the chosen users in again."""
        self._each(request, queryset, users.activate_user, gettext("%(name)s can log in again."))

    def _each(self, request: HttpRequest, queryset: Any, act: Any, done: str) -> None:
        for user in queryset:
            try:
                act(user=user, by=request.user)
            except DomainError as error:
                self.message_user(request, f"{user}: {error}", messages.ERROR)
            else:
                self.message_user(request, done % {"name": user}, messages.SUCCESS)


@admin.register(ApiToken)
class ApiTokenAdmin(RecordAdmin):
    """One's own tokens. They are made on the settings page, which alone can show a key."""

    list_display = ("name", "prefix", "scope", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_filter = ("scope",)
    search_fields = ("name", "prefix")
    ordering = ("-created_at", "-pk")
    date_hierarchy = "created_at"
    fields = ("name", "prefix", "scope", "user", "created_at", "expires_at", "last_used_at", "revoked_at")
    actions = ("revoke",)

    @admin.action(description=_("Revoke"), permissions=["view"])
    def revoke(self, request: UserRequest, queryset: Any) -> None:
        """Make the chosen tokens useless."""
        for token in queryset:
            revoke_token(token=token, by=request.user, at=timezone.now())
        self.message_user(request, gettext("Revoked."), messages.SUCCESS)
