"""My day: the first page of the morning."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import UserRequest
from deals.domain.my_day import (
    dates_ahead,
    desk_worries,
    looked_back_to,
    mark_read,
    mentions_of,
    my_steps,
    my_worries,
    news_since,
)
from deals.domain.tasks import change_task, finish_task, reopen_task
from deals.forms.my_day import ReadForm, StepDateForm
from deals.models import Task
from deals.my_day_panels import panels
from lrs_tracker.problems import DomainError, PermissionRefusedError


@require_safe
@login_required
@permission_required("deals.view_deal", raise_exception=True)
def show_my_day(request: UserRequest) -> HttpResponse:
    """Show what the user has to do and what others did."""
    user, today = request.user, request.today
    at = timezone.now()
    since = looked_back_to(user, at=at)
    steps = my_steps(user, today=today)
    worries = my_worries(user, at=at)
    context = {
        "step_groups": list(_by_date(steps, today)),
        "summary": _summary(steps, len(worries), today),
        "worries": worries,
        "desk": desk_worries(user, at=at) if user.has_perm("deals.waive_gate") else None,
        "dates": dates_ahead(user, today=today),
        "mentions": mentions_of(user, since=since),
        "news": news_since(user, since=since),
        "panels": panels.shown(user, user),
        "since": since,
        "until": at.isoformat(timespec="microseconds"),
        "is_first_look": user.last_looked_at is None,
        "today": today,
    }
    return render(request, "deals/my_day.html", context)


def _by_date(steps: Iterable[Task], today: dt.date) -> Iterable[dict[str, Any]]:
    groups: dict[str, list[Task]] = {"late": [], "today": [], "week": [], "later": []}
    for step in steps:
        days = (step.due_on - today).days
        groups["late" if days < 0 else "today" if days == 0 else "week" if days <= 7 else "later"].append(step)
    labels = {"late": _("Overdue"), "today": _("Today"), "week": _("The next seven days"), "later": _("After that")}
    return [{"key": key, "label": labels[key], "steps": found} for key, found in groups.items() if found]


def _summary(steps: list[Task], worries: int, today: dt.date) -> str:
    """Return the day in a sentence."""
    late = sum(step.due_on < today for step in steps)
    due = sum(step.due_on == today for step in steps)
    parts = []
    if late:
        parts.append(ngettext("%(n)s step is overdue", "%(n)s steps are overdue", late) % {"n": late})
    if due:
        parts.append(ngettext("%(n)s is due today", "%(n)s are due today", due) % {"n": due})
    if worries:
        parts.append(ngettext("%(n)s deal needs a look", "%(n)s deals need a look", worries) % {"n": worries})
    if not parts:
        return _("Nothing is overdue and nothing is stuck.")
    return _("%(things)s.") % {"things": ", ".join(parts)}


@require_POST
@login_required
@permission_required("deals.view_deal", raise_exception=True)
def read_news(request: UserRequest) -> HttpResponse:
    """Remember that what the page showed was read."""
    form = ReadForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest()
    try:
        mark_read(user=request.user, until=form.cleaned_data["until"], at=timezone.now())
    except DomainError:
        return HttpResponseBadRequest()
    return redirect("deals:my_day")


@require_POST
@login_required
@permission_required("deals.change_task", raise_exception=True)
def finish_step(request: UserRequest, pk: int) -> HttpResponse:
    """Mark a step as done."""
    step = finish_task(task=_step(request, pk), by=request.user, at=timezone.now())
    return _show_step(request, step)


@require_POST
@login_required
@permission_required("deals.change_task", raise_exception=True)
def reopen_step(request: UserRequest, pk: int) -> HttpResponse:
    """Take back that a step is done."""
    step = reopen_task(task=_step(request, pk), by=request.user)
    return _show_step(request, step)


@require_POST
@login_required
@permission_required("deals.change_task", raise_exception=True)
def redate_step(request: UserRequest, pk: int) -> HttpResponse:
    """Give a step another date."""
    step = _step(request, pk)
    form = StepDateForm(request.POST)
    problem = ""
    if form.is_valid():
        try:
            step = change_task(
                task=step,
                due_on=form.cleaned_data["due_on"],
                expected_version=form.cleaned_data["version"],
                by=request.user,
            )
        except PermissionRefusedError:
            raise
        except DomainError as error:
            problem = str(error)
    else:
        problem = " ".join(str(error) for errors in form.errors.values() for error in errors)
    return _show_step(request, step, problem=problem, is_moved=not problem)


def _step(request: UserRequest, pk: int) -> Task:
    return get_object_or_404(Task.objects.visible_to(request.user), pk=pk)


def _show_step(request: UserRequest, step: Task, *, problem: str = "", is_moved: bool = False) -> HttpResponse:
    """Return the step's line, or the whole page to a browser without scripts."""
    if not request.htmx:
        return redirect("deals:my_day")
    step = Task.objects.select_related("deal__company").get(pk=step.pk)
    context = {"step": step, "today": request.today, "problem": problem, "is_moved": is_moved}
    return render(request, "deals/my_day.html#step", context, status=422 if problem else 200)
