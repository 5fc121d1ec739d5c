"""Handing on the deals and tasks of someone who leaves."""

import datetime as dt

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils.translation import ngettext

from accounts.domain.hand_over import Work, register_work
from accounts.models import User
from deals.models import Deal, Task


def register_deal_work() -> None:
    """Say that deals and tasks are work; deals first, so that their new owner sees the confidential ones."""
    register_work(
        Work(
            "deals",
            count=lambda user: Deal.objects.unclosed().filter(owner=user).count(),
            in_words=lambda n: ngettext("%(n)s open deal", "%(n)s open deals", n) % {"n": n},
            hand_on=hand_on_deals,
        )
    )
    register_work(
        Work(
            "tasks",
            count=lambda user: Task.objects.pending().filter(assignee=user).count(),
            in_words=lambda n: ngettext("%(n)s open task", "%(n)s open tasks", n) % {"n": n},
            hand_on=hand_on_tasks,
        )
    )


@transaction.atomic
def hand_on_deals(*, user: User, to: User, at: dt.datetime) -> None:
    """Make somebody else the owner of a person's deals that are neither lost nor ended."""
    Deal.objects.unclosed().filter(owner=user).update(owner=to)


@transaction.atomic
def hand_on_tasks(*, user: User, to: User, at: dt.datetime) -> None:
    """Give a person's open tasks to somebody else; those of deals that they do not see, to the deal's owner."""
    tasks = Task.objects.pending().filter(assignee=user)
    tasks.filter(deal__in=Deal.objects.visible_to(to).values("pk")).update(assignee=to)
    owner = Deal.objects.filter(pk=OuterRef("deal"), owner__is_active=True).exclude(owner=user)
    tasks.update(assignee=Subquery(owner.values("owner")))
