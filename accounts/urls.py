"""Addresses of the accounts app."""

from django.urls import path
from django.views.generic import RedirectView

from accounts.views import profile, tokens, users

app_name = "accounts"
_ACTIONS = {
    "deactivate": "deactivate",
    "activate": "activate",
    "reset_second_factor": "reset-second-factor",
    "send_invitation": "send-invitation",
}
urlpatterns = [
    path("settings/", profile.show_profile, name="profile"),
    path("settings/tokens/", tokens.show_tokens, name="tokens"),
    path("settings/tokens/<int:pk>/revoke/", tokens.revoke, name="token_revoke"),
    path("settings/users/", users.list_users, name="users"),
    path("settings/users/invite/", users.invite, name="user_invite"),
    path("settings/users/<int:pk>/", users.edit, name="user"),
    *(
        path(f"settings/users/<int:pk>/{action}/", users.act, {"action": action}, name=f"user_{name}")
        for name, action in _ACTIONS.items()
    ),
    # django-allauth's own pages for signing up and for more addresses: administrators see to both.
    path("accounts/signup/", RedirectView.as_view(pattern_name="account_login")),
    path("accounts/email/", RedirectView.as_view(pattern_name="accounts:profile")),
]
