"""Notes of a deal: meetings, calls, mails and remarks."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from deals.domain.mentions import find_mentions
from deals.enums import NoteKind
from deals.models import Deal, Note
from lrs_tracker.problems import DomainError, PermissionRefusedError, StaleVersionError

LONGEST_BODY = 20_000


@transaction.atomic
def add_note(*, deal: Deal, kind: NoteKind, body: str, happened_on: dt.date | None, by: User, today: dt.date) -> Note:
    """Record what was said or decided; a meeting, call or mail without a day happened today.

    Raise DomainError for a mention of someone who cannot see the deal, an overlong text or a day in the future,
    ValidationError for an empty text, PermissionRefusedError without the permission.
    """
    if not by.has_perm("deals.add_note"):
        raise PermissionRefusedError(_("Your role cannot add notes."))
    note = Note(deal=deal, author=by)
    return _write(note, kind=kind, body=body, happened_on=happened_on, today=today)


@transaction.atomic
def edit_note(
    *,
    note: Note,
    kind: NoteKind,
    body: str,
    happened_on: dt.date | None,
    by: User,
    today: dt.date,
    expected_version: int | None = None,
) -> Note:
    """Change a note: one's own, or anyone's for a manager.

    Raise StaleVersionError when the stored version is not the expected one, else as `add_note` does.
    """
    note = Note.objects.select_for_update(of=("self",)).select_related("deal").get(pk=note.pk)
    _refuse_strangers(note, by)
    if expected_version is not None and note.version != expected_version:
        raise StaleVersionError(_("Someone changed this note after you opened it."))
    return _write(note, kind=kind, body=body, happened_on=happened_on, today=today)


@transaction.atomic
def delete_note(*, note: Note, by: User) -> None:
    """Remove a note: one's own, or anyone's for a manager. The change log keeps that it was there."""
    _refuse_strangers(note, by)
    note.delete()


def may_change_note(*, author_id: int | None, by: User) -> bool:
    """Return whether a user may edit and delete a note of this author."""
    return by.has_perm("deals.delete_note") or (author_id == by.pk and by.has_perm("deals.add_note"))


def _refuse_strangers(note: Note, by: User) -> None:
    if not may_change_note(author_id=note.author_id, by=by):
        raise PermissionRefusedError(_("Only its author or a manager can change a note."))


def _write(note: Note, *, kind: NoteKind, body: str, happened_on: dt.date | None, today: dt.date) -> Note:
    if happened_on is not None and happened_on > today:
        raise DomainError(_("This day is in the future: add a task instead."), field="happened_on")
    if len(body) > LONGEST_BODY:
        raise DomainError(_("This is too long: put it into a document."), field="body")
    note.kind = kind
    note.body = body.strip()
    note.happened_on = None if kind == NoteKind.NOTE else happened_on or today
    note.full_clean(exclude=["deal", "author"])
    mentioned = _mentioned(note.deal, note.body)
    note.save()
    note.mentions.set(mentioned)
    return note


def _mentioned(deal: Deal, body: str) -> list[User]:
    if "@" not in body:
        return []
    mentioned = find_mentions(body, users=User.objects.filter(is_active=True))
    if deal.is_confidential:
        for user in mentioned:
            if not Deal.objects.visible_to(user).filter(pk=deal.pk).exists():
                message = _("%(name)s does not see this confidential deal. Add them to the team first.")
                raise DomainError(message % {"name": user}, field="body")
    return mentioned
