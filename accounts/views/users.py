"""The pages where administrators see to users and their roles."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.domain import users
from accounts.domain.roles import role_of
from accounts.forms.users import UserForm, UserSearchForm
from accounts.models import User
from accounts.requests import UserRequest
from lrs_tracker.problems import DomainError

PAGE_SIZE = 50


@login_required
@permission_required("accounts.change_user", raise_exception=True)
@require_safe
def list_users(request: UserRequest) -> HttpResponse:
    """List users, narrowed by text, role and state."""
    form = UserSearchForm(request.GET)
    found = form.search(User.objects.visible_to(request.user)).annotate(
        has_second_factor=Exists(Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP))
    )
    ordered = found.select_related("manager").prefetch_related("groups").order_by("name", "pk")
    page = Paginator(ordered, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [(user, role_of(user)) for user in page]
    return render(request, "accounts/users.html", {"page": page, "rows": rows, "search": form})


@login_required
@permission_required("accounts.add_user", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: UserRequest) -> HttpResponse:
    """Create a user and send them a link to set a password."""
    form = UserForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = users.invite_user(**form.cleaned_data, by=request.user)
        except DomainError as error:
            form.add_error(error.field, str(error))
        else:
            _send_invitation(request, user)
            return redirect("accounts:users")
    return render(request, "accounts/user.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@permission_required("accounts.change_user", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, pk: int) -> HttpResponse:
    """Show and change one user."""
    user = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    form = UserForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            users.change_user(user=user, **form.cleaned_data, by=request.user)
        except DomainError as error:
            form.add_error(error.field, str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("accounts:users")
    context: dict[str, Any] = {
        "form": form,
        "person": user,
        "has_second_factor": Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists(),
    }
    return render(request, "accounts/user.html", context, status=422 if form.errors else 200)


@login_required
@permission_required("accounts.change_user", raise_exception=True)
@require_POST
def act(request: UserRequest, pk: int, action: str) -> HttpResponse:
    """Do one of the things to a user that need no form; say what was done, or why not."""
    user = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    try:
        match action:
            case "deactivate":
                users.deactivate_user(user=user, by=request.user)
                messages.success(request, _("%(name)s can no longer log in.") % {"name": user})
            case "activate":
                users.activate_user(user=user, by=request.user)
                messages.success(request, _("%(name)s can log in again.") % {"name": user})
            case "reset-second-factor":
                users.reset_second_factor(user=user, by=request.user)
                messages.success(request, _("%(name)s logs in with the password alone now.") % {"name": user})
            case "send-invitation":
                _send_invitation(request, user)
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("accounts:user", pk=pk)


def _send_invitation(request: UserRequest, user: User) -> None:
    url = request.build_absolute_uri(users.set_password_path(user))
    users.send_invitation(user=user, url=url, by=request.user)
    messages.success(request, _("%(email)s was sent a link to set a password.") % {"email": user.email})
