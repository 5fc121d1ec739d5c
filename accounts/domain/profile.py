"""Changing one's own settings; apps above follow when someone moves to another time zone."""

import datetime as dt
from typing import Any, Protocol

from django.db import transaction

from accounts.models import User


class AfterMove(Protocol):
    """Do what follows when `user` has moved from `former_zone` to another time zone."""

    def __call__(self, *, user: User, former_zone: str, at: dt.datetime) -> Any:
        """Do it, in the transaction of the caller."""


_after_move: list[AfterMove] = []


def register_after_move(follow: AfterMove) -> None:
    """Add what follows a move; called from `AppConfig.ready`."""
    _after_move.append(follow)


@transaction.atomic
def change_profile(*, user: User, at: dt.datetime, **values: Any) -> User:
    """Change name, time zone, language or currency of a user; the caller has validated them."""
    stored = User.objects.select_for_update().get(pk=user.pk)
    former_zone = stored.time_zone
    for name, value in values.items():
        setattr(stored, name, value)
    stored.save(update_fields=[*values])
    if stored.time_zone != former_zone:
        for follow in _after_move:
            follow(user=stored, former_zone=former_zone, at=at)
    return stored
