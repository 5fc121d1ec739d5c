"""Handing on the work of someone who leaves: apps above say what work there is."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.problems import DomainError


class HandOn(Protocol):
    """Give all work of one kind that `user` holds to somebody else."""

    def __call__(self, *, user: User, to: User, at: dt.datetime) -> None:
        """Give it all, in the transaction of the caller."""


@dataclass(frozen=True, slots=True)
class Work:
    """Work of one kind: how much of it a person holds, in words for a number, and how it is handed on."""

    key: str
    count: Callable[[User], int]
    in_words: Callable[[int], str]
    hand_on: HandOn


_kinds: dict[str, Work] = {}


def register_work(work: Work) -> None:
    """Add a kind of work; called from `AppConfig.ready`."""
    _kinds[work.key] = work


def work_of(user: User) -> list[str]:
    """Return what a person holds, in words: “3 open deals”."""
    counts = [(work, work.count(user)) for work in _kinds.values()]
    return [work.in_words(count) for work, count in counts if count]


@transaction.atomic
def hand_over(*, user: User, to: User, at: dt.datetime) -> None:
    """Give all the work that a person holds to somebody else, in the order in which its kinds were registered.

    Raise DomainError for somebody who is the person or not active.
    """
    if to.pk == user.pk or not to.is_active:
        raise DomainError(_("Choose somebody else who is active."), field="to")
    for work in _kinds.values():
        work.hand_on(user=user, to=to, at=at)
