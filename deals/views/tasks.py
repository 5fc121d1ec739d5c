"""Tasks of a deal."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.requests import UserRequest
from deals.domain.tasks import add_task, change_task, delete_task, finish_task, reopen_task
from deals.forms.parts import TaskForm
from deals.models import Deal, Task
from deals.views.deal_pages import answer, deal_view, show_form, submit


@deal_view("GET", "HEAD", "POST", permission="deals.add_task")
def add(request: UserRequest, deal: Deal) -> HttpResponse:
    """Add a next step."""
    form = TaskForm(request.POST or None, initial={"assignee": deal.owner_id})
    if request.method == "POST":
        task = submit(form, lambda: add_task(deal=deal, by=request.user, **_values(form)))
        if task is not None:
            return answer(request, deal, _("Added: %(task)s.") % {"task": task}, tab="tasks")
    return show_form(request, deal, form, title=_("Add a next step"), submit_label=_("Add"))


@deal_view("GET", "HEAD", "POST", permission="deals.change_task")
def change(request: UserRequest, deal: Deal, task_id: int) -> HttpResponse:
    """Change a task or its date."""
    task = get_object_or_404(Task, pk=task_id, deal=deal)
    form = TaskForm(request.POST or None, instance=task)
    if request.method == "POST":
        saved = submit(
            form,
            lambda: change_task(
                task=task, by=request.user, expected_version=form.cleaned_data["version"], **_values(form)
            ),
        )
        if saved is not None:
            return answer(request, deal, _("Saved: %(task)s.") % {"task": saved}, tab="tasks")
    return show_form(request, deal, form, title=_("Change the task"), submit_label=_("Save"))


@deal_view("POST", permission="deals.change_task")
def finish(request: UserRequest, deal: Deal, task_id: int) -> HttpResponse:
    """Mark a task as done."""
    task = get_object_or_404(Task, pk=task_id, deal=deal)
    finish_task(task=task, by=request.user, at=timezone.now())
    return answer(request, deal, _("Done: %(task)s.") % {"task": task}, tab="tasks")


@deal_view("POST", permission="deals.change_task")
def reopen(request: UserRequest, deal: Deal, task_id: int) -> HttpResponse:
    """Mark a task as not done."""
    task = get_object_or_404(Task, pk=task_id, deal=deal)
    reopen_task(task=task, by=request.user)
    return answer(request, deal, _("Open again: %(task)s.") % {"task": task}, tab="tasks")


@deal_view("POST", permission="deals.delete_task")
def delete(request: UserRequest, deal: Deal, task_id: int) -> HttpResponse:
    """Remove a task."""
    task = get_object_or_404(Task, pk=task_id, deal=deal)
    delete_task(task=task, by=request.user)
    return answer(request, deal, _("Removed: %(task)s.") % {"task": task}, tab="tasks")


def _values(form: TaskForm) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in ("title", "due_on", "assignee")}
