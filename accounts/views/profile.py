"""The page of a person's own settings."""

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.domain.profile import change_profile
from accounts.domain.roles import role_of
from accounts.forms.profile import ProfileForm
from accounts.requests import UserRequest


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def show_profile(request: UserRequest) -> HttpResponse:
    """Show and change name, time zone, language and currency."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        change_profile(user=request.user, at=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("accounts:profile")
    # A form with errors has changed its instance: the rest of the page shows what is stored.
    request.user.refresh_from_db()
    context = {"form": form, "role": role_of(request.user), "has_second_factor": is_mfa_enabled(request.user)}
    return render(request, "accounts/profile.html", context, status=422 if form.errors else 200)
