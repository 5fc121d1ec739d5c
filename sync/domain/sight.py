"""What a user sees rests on them as much as on the rows: a copy made with other rights is not theirs any more.

The feed tells what happens to objects, not what happens to its reader. So a cursor carries the sight that it was given
out to, and one of another sight is gone: its holder loads everything anew.
"""

import functools
from collections.abc import Collection
from typing import NamedTuple, Self

from django.core.signing import BadSignature
from django.utils.translation import gettext_lazy as _

from lrs_tracker.visibility import Viewer
from sync import registry
from sync.domain.changes import CursorError
from sync.domain.feed import SIGNER, CursorGoneError, Position


def sight_of(user: Viewer) -> str:
    """Return what tells a user's sight from that of others, and from their own with other permissions."""
    return f"{user.pk}-{''.join('1' if user.has_perm(name) else '0' for name in _permissions())}"


class Cursor(NamedTuple):
    """A position of the feed and the sight that it was given out to; none for one that goes with every sight."""

    position: Position
    sight: str = ""

    def __str__(self) -> str:
        """Return the text that stands for it."""
        return SIGNER.sign(f"{self.position.transaction}.{self.position.row}.{self.sight}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what a cursor stands for. Raise CursorError for one that we did not give out."""
        try:
            transaction, row, *sight = SIGNER.unsign(text).split(".")
            return cls(Position(int(transaction), int(row)), *sight)
        except (BadSignature, ValueError, TypeError) as error:
            raise CursorError(_("This cursor is not one of ours."), field="after") from error

    def refuse_other(self, sight: str) -> Position:
        """Return the position for a sight. Raise CursorGoneError when the cursor was given out to another one."""
        if self.sight and self.sight != sight:
            raise CursorGoneError(
                _("What you may see is not what it was. Load everything anew, with “snapshot=true”."), field="after"
            )
        return self.position


class _Asker:
    """A viewer with every permission but some, who notes which ones are asked for."""

    pk = 0
    is_active = is_authenticated = True

    def __init__(self, denied: Collection[str]) -> None:
        self.denied = denied
        self.asked: set[str] = set()

    def has_perm(self, perm: str) -> bool:
        """Note what is asked for, and answer."""
        self.asked.add(perm)
        return perm not in self.denied


@functools.cache
def _permissions() -> tuple[str, ...]:
    """Return every permission that what is visible of a resource of the feed rests on."""
    return tuple(sorted(set().union(*(_asked_by(known, frozenset()) for known in registry.synced()))))


def _asked_by(known: registry.Synced, denied: frozenset[str]) -> set[str]:
    asker = _Asker(denied)
    known.visible_to(asker)
    return asker.asked.union(*(_asked_by(known, denied | {perm}) for perm in asker.asked - denied))
