"""The chats that rules may use, among the settings."""

from copy import copy

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import UserRequest
from lrs_tracker.form_pages import leave_form, show_form, submit
from lrs_tracker.problems import DomainError
from reminders.domain.chat_endpoints import add_chat, archive_chat, change_chat, send_test
from reminders.forms.chats import ChatForm
from reminders.models import ChatEndpoint


@login_required
@permission_required("reminders.change_chatendpoint", raise_exception=True)
@require_safe
def list_chats(request: UserRequest) -> HttpResponse:
    """List the chats of everyone with how many rules use each."""
    in_use = Count("rules", filter=Q(rules__archived_at__isnull=True))
    chats = _chats(request).annotate(rule_count=in_use).order_by("name", "pk")
    return render(request, "reminders/chats.html", {"chats": chats})


@login_required
@permission_required("reminders.add_chatendpoint", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest) -> HttpResponse:
    """Add a chat."""
    form = ChatForm(request.POST or None)
    if request.method == "POST":
        chat = submit(form, lambda: add_chat(by=request.user, **form.values))
        if chat is not None:
            return leave_form(request, reverse("reminders:chats"), _("“%(name)s” is added.") % {"name": chat})
    return show_form(request, form, title=_("New chat"), back=reverse("reminders:chats"), submit_label=_("Add chat"))


@login_required
@permission_required("reminders.change_chatendpoint", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, pk: int) -> HttpResponse:
    """Change a chat."""
    chat = _get(request, pk)
    form = ChatForm(request.POST or None, instance=copy(chat))
    if request.method == "POST":
        changed = submit(
            form,
            lambda: change_chat(endpoint=chat, by=request.user, expected_version=form.stored_version, **form.values),
        )
        if changed is not None:
            return leave_form(request, reverse("reminders:chats"), _("“%(name)s” is saved.") % {"name": changed})
    return show_form(request, form, title=_("Edit %(name)s") % {"name": chat}, back=reverse("reminders:chats"))


@login_required
@permission_required("reminders.change_chatendpoint", raise_exception=True)
@require_POST
def try_out(request: UserRequest, pk: int) -> HttpResponse:
    """Post a test message to a chat and say what came of it."""
    chat = _get(request, pk)
    try:
        send_test(endpoint=chat, by=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("“%(name)s” took the message.") % {"name": chat})
    return redirect("reminders:chats")


@login_required
@permission_required("reminders.delete_chatendpoint", raise_exception=True)
@require_POST
def archive(request: UserRequest, pk: int) -> HttpResponse:
    """Retire a chat, or say which rule uses it."""
    try:
        chat = archive_chat(endpoint=_get(request, pk), by=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("“%(name)s” is archived.") % {"name": chat})
    return redirect("reminders:chats")


def _chats(request: UserRequest) -> QuerySet[ChatEndpoint]:
    return ChatEndpoint.objects.visible_to(request.user).filter(owner__isnull=True, archived_at__isnull=True)


def _get(request: UserRequest, pk: int) -> ChatEndpoint:
    return get_object_or_404(_chats(request), pk=pk)
