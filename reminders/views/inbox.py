"""The inbox: what a person was told, and what they do with it."""

from dataclasses import asdict
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from accounts.requests import UserRequest
from lrs_tracker.problems import DomainError
from reminders.day_panel import day_context
from reminders.domain.actions import mark_read
from reminders.domain.inbox import MOST_SHOWN, count_unread, read_inbox
from reminders.domain.snoozes import snoozes_of
from reminders.enums import InboxGrouping, InboxView
from reminders.forms.inbox import ActionForm, LookForm
from reminders.models import Reminder
from reminders.views.inbox_actions import Done, carry_out

# What was done waits here for the page that says so, where no script shows it at once.
_DONE_IN_SESSION = "inbox_done"


@require_safe
@login_required
def show_inbox(request: UserRequest) -> HttpResponse:
    """Show what stands in the inbox, sleeps, or is done, by day or by deal."""
    view, grouping, _place = LookForm(request.GET).look()
    done = Done(**kept) if (kept := request.session.pop(_DONE_IN_SESSION, None)) else None
    return render(request, "reminders/inbox.html", _context(request, view, grouping) | {"done": done})


@require_safe
@login_required
@never_cache
def count(request: UserRequest) -> HttpResponse:
    """Return how many reminders are new: every open page asks this every few seconds."""
    return JsonResponse({"unread": count_unread(request.user)})


@require_safe
@login_required
@never_cache
def open_reminder(request: UserRequest, pk: int) -> HttpResponse:
    """Go to what a reminder is about; it is read then."""
    own = Reminder.objects.visible_to(request.user).for_person(request.user)
    reminder = get_object_or_404(own, pk=pk)
    if request.method == "GET":
        mark_read(reminders=[reminder], user=request.user, at=timezone.now())
    return redirect(reminder.get_absolute_url())


@require_POST
@login_required
def act(request: UserRequest) -> HttpResponse:
    """Do something with one reminder or many, and show the place it was asked from without them."""
    form = ActionForm.of(request.POST)
    if not form.is_valid():
        return _answer(request, Done(form.problem(), kind="late"), status=422)
    asked = form.cleaned_data
    own = Reminder.objects.visible_to(request.user).for_person(request.user).filter(pk__in=asked["reminder"])
    chosen = list(own.select_related("rule", "deal__company"))
    if not chosen:
        raise Http404
    now = timezone.now()
    try:
        done = carry_out(asked["do"], chosen, user=request.user, until=asked["until"], at=now, today=request.today)
    except DomainError as error:
        return _answer(request, Done(str(error), kind="late"), status=422)
    return _answer(request, done)


def _answer(request: UserRequest, done: Done, *, status: int = 200) -> HttpResponse:
    view, grouping, place = LookForm(request.POST).look()
    if not request.htmx:
        request.session[_DONE_IN_SESSION] = asdict(done)
        chosen = {"show": view, "group": grouping}
        return HttpResponseRedirect(reverse("reminders:inbox", query=chosen))
    if place == "day":
        template = "reminders/day_panel.html#changed"
        context: dict[str, Any] = {"shown": day_context(request.user), "today": request.today}
    else:
        template, context = "reminders/inbox.html#changed", _context(request, view, grouping)
    response = render(request, template, context | {"done": done}, status=status)
    return trigger_client_event(response, "inbox:changed", {})


def _context(request: UserRequest, view: InboxView, grouping: InboxGrouping) -> dict[str, Any]:
    inbox = read_inbox(request.user, view=view, grouping=grouping, at_most=MOST_SHOWN)
    return {
        "inbox": inbox,
        "view": view,
        "views": InboxView,
        "grouping": grouping,
        "groupings": InboxGrouping,
        "most_shown": MOST_SHOWN,
        "snoozes": snoozes_of(request.user, today=request.today) if inbox.groups else [],
        "today": request.today,
    }
