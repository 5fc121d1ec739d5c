"""The weekly digest: its subject is the manager who reads it, its date a Monday."""

from collections.abc import Collection, Sequence

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.enums import Role
from accounts.models import User
from reminders.domain.subjects.base import Asked, Named, Row, Subject, Wanted, calculated
from reminders.enums import SubjectKind

_MONDAY = 0


def _mondays(wanted: Wanted) -> Collection[Row]:
    managers = User.objects.filter(is_active=True, groups__name=Role.MANAGER)
    if wanted.ids is not None:
        managers = managers.filter(pk__in=wanted.ids)
    mondays = [day for day in wanted.dates or () if day.weekday() == _MONDAY]
    return [(pk, None, day, pk) for pk in managers.order_by().values_list("pk", flat=True) for day in mondays]


def _own(asked: Sequence[Asked]) -> list[set[int]]:
    return [{viewer.pk} & set(ids) for viewer, ids in asked]


def _named(ids: Collection[int]) -> dict[int, Named]:
    return {pk: Named("", reverse("deals:my_day")) for pk in ids}


SUBJECTS = (
    Subject(
        SubjectKind.WEEKLY_DIGEST,
        _("Your week"),
        _("week from"),
        calculated(_mondays),
        _own,
        _named,
    ),
)
