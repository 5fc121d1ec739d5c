"""The pages where administrators see to users and their roles."""

from operator import attrgetter
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.domain import users
from accounts.domain.hand_over import work_of
from accounts.domain.roles import role_of
from accounts.forms.users import TakeOverForm, UserForm, UserSearchForm
from accounts.models import User
from accounts.requests import UserRequest
from lrs_tracker.exports import Column, export_response, requested_format
from lrs_tracker.problems import DomainError

PAGE_SIZE = 50
COLUMNS = [
    Column[Any](gettext_lazy("Name"), attrgetter("name")),
    Column[Any](gettext_lazy("E-mail address"), attrgetter("email")),
    Column[Any](gettext_lazy("Role"), lambda user: role.label if (role := role_of(user)) else None),
    Column[Any](gettext_lazy("Manager"), lambda user: user.manager.name if user.manager else None),
    Column[Any](gettext_lazy("Active"), attrgetter("is_active")),
    Column[Any](gettext_lazy("Two-factor"), attrgetter("has_second_factor")),
    Column[Any](gettext_lazy("Last login"), attrgetter("last_login")),
]


@login_required
@permission_required("accounts.change_user", raise_exception=True)
@require_safe
def list_users(request: UserRequest) -> HttpResponseBase:
    """List users, narrowed by text, role and state; `?export=csv` as a file."""
    form = UserSearchForm(request.GET)
    found = form.search(User.objects.visible_to(request.user)).annotate(
        has_second_factor=Exists(Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP))
    )
    ordered = found.select_related("manager").prefetch_related("groups").order_by("name", "pk")
    if (file_format := requested_format(request)) is not None:
        return export_response(ordered, COLUMNS, name="users", file_format=file_format, today=request.today)
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
        "work": work_of(user) if user.is_active else [],
        "take_over": TakeOverForm(user=user),
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
                to = TakeOverForm(request.POST, user=user).chosen()
                users.deactivate_user(user=user, to=to, by=request.user, at=timezone.now())
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
