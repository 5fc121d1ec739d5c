"""Next steps of a deal: add, change, finish, reopen, delete."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from deals.models import Deal, Task
from lrs_tracker.problems import DomainError, PermissionRefusedError, StaleVersionError
from lrs_tracker.visible_text import refuse_unseen

CHANGEABLE = frozenset({"title", "due_on", "assignee"})


@transaction.atomic
def add_task(*, deal: Deal, title: str, due_on: dt.date, assignee: User | None, by: User) -> Task:
    """Give a deal a next step.

    Raise ValidationError for an empty title or an implausible date, DomainError for an assignee who cannot see
    the deal, PermissionRefusedError without the permission.
    """
    _require(by, "deals.add_task")
    _check_assignee(deal, assignee)
    refuse_unseen(title, field="title")
    task = Task(deal=deal, title=title.strip(), due_on=due_on, assignee=assignee)
    task.full_clean(exclude=["deal", "assignee"])
    task.save()
    return task


@transaction.atomic
def change_task(*, task: Task, by: User, expected_version: int | None = None, **changes: Any) -> Task:
    """Change the title, date or assignee of a task.

    Raise StaleVersionError when the stored version is not the expected one, else as `add_task` does.
    """
    _require(by, "deals.change_task")
    unknown = changes.keys() - CHANGEABLE
    if unknown:
        raise TypeError(f"a task has no changeable {sorted(unknown)}")
    task = _lock(task)
    if expected_version is not None and task.version != expected_version:
        raise StaleVersionError(_("Someone changed this task after you opened it."))
    if "assignee" in changes:
        _check_assignee(task.deal, changes["assignee"])
    refuse_unseen(changes.get("title", ""), field="title")
    for name, value in changes.items():
        setattr(task, name, value.strip() if isinstance(value, str) else value)
    task.full_clean(exclude=["deal", "assignee", "done_by"])
    task.save(update_fields=[*changes])
    return task


@transaction.atomic
def finish_task(*, task: Task, by: User, at: dt.datetime) -> Task:
    """Mark a task as done; one that is done stays as it was."""
    _require(by, "deals.change_task")
    task = _lock(task)
    if task.done_at is None:
        task.done_at, task.done_by = at, by
        task.save(update_fields=["done_at", "done_by"])
    return task


@transaction.atomic
def reopen_task(*, task: Task, by: User) -> Task:
    """Mark a task as not done again."""
    _require(by, "deals.change_task")
    task = _lock(task)
    if task.done_at is not None:
        task.done_at = task.done_by = None
        task.save(update_fields=["done_at", "done_by"])
    return task


@transaction.atomic
def delete_task(*, task: Task, by: User) -> None:
    """Remove a task that was a mistake."""
    _require(by, "deals.delete_task")
    task.delete()


def _require(by: User, permission: str) -> None:
    if not by.has_perm(permission):
        raise PermissionRefusedError(_("Your role cannot change tasks."))


def _lock(task: Task) -> Task:
    return Task.objects.select_for_update(of=("self",)).select_related("deal").get(pk=task.pk)


def _check_assignee(deal: Deal, assignee: User | None) -> None:
    if assignee is None:
        return
    if not assignee.is_active:
        raise DomainError(_("%(name)s is not active any more.") % {"name": assignee}, field="assignee")
    if deal.is_confidential and not Deal.objects.visible_to(assignee).filter(pk=deal.pk).exists():
        message = _("%(name)s does not see this confidential deal. Add them to the team first.")
        raise DomainError(message % {"name": assignee}, field="assignee")
