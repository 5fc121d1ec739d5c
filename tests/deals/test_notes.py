import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from accounts.enums import Role
from deals.domain.mentions import find_mentions
from deals.domain.notes import add_note, delete_note, edit_note
from deals.enums import NoteKind
from deals.models import DealTeamMember, Note
from lrs_tracker.problems import DomainError, PermissionRefusedError, StaleVersionError
from tests.accounts.factories import UserFactory
from tests.deals.factories import TODAY, DealFactory, NoteFactory

pytestmark = pytest.mark.django_db


def add(deal, body="Agreed.", kind=NoteKind.NOTE, happened_on=None, by=None):
    return add_note(deal=deal, kind=kind, body=body, happened_on=happened_on, by=by or deal.owner, today=TODAY)


def edit(note, body, by, **options):
    return edit_note(note=note, kind=note.kind, body=body, happened_on=None, by=by, today=TODAY, **options)


def test_add_note_keeps_its_author_and_mentions():
    maria = UserFactory(name="Maria Falk")
    deal = DealFactory()

    note = add(deal, "Over to @maria falk, please.")

    assert (note.author, list(note.mentions.all()), note.happened_on) == (deal.owner, [maria], None)


def test_add_note_dates_a_meeting_today_unless_told():
    deal = DealFactory()
    yesterday = TODAY - dt.timedelta(days=1)

    assert add(deal, kind=NoteKind.MEETING).happened_on == TODAY
    assert add(deal, kind=NoteKind.CALL, happened_on=yesterday).happened_on == yesterday


def test_add_note_refuses_a_day_to_come():
    with pytest.raises(DomainError, match="future") as caught:
        add(DealFactory(), kind=NoteKind.MEETING, happened_on=TODAY + dt.timedelta(days=1))
    assert caught.value.field == "happened_on"


@pytest.mark.parametrize("body", ["", "  \n ", "x" * 20_001])
def test_add_note_refuses_an_unfit_text(body):
    with pytest.raises((ValidationError, DomainError)):
        add(DealFactory(), body)
    assert not Note.objects.exists()


def test_add_note_refuses_to_mention_an_outsider_of_a_confidential_deal():
    UserFactory(name="Ann Stranger")
    deal = DealFactory(is_confidential=True)

    with pytest.raises(DomainError, match="Ann Stranger does not see") as caught:
        add(deal, "@Ann Stranger look")
    assert (caught.value.field, Note.objects.count()) == ("body", 0)


def test_add_note_mentions_a_team_member_of_a_confidential_deal():
    ann = UserFactory(name="Ann Inside")
    deal = DealFactory(is_confidential=True)
    DealTeamMember.objects.create(deal=deal, user=ann)

    assert list(add(deal, "@Ann Inside look").mentions.all()) == [ann]


def test_add_note_refuses_read_only():
    with pytest.raises(PermissionRefusedError):
        add(DealFactory(), by=UserFactory(role=Role.READ_ONLY))


def test_edit_note_by_author_and_manager_but_nobody_else():
    note = NoteFactory()

    edit(note, "Mine", note.author)
    edit(note, "A manager's", UserFactory(role=Role.MANAGER))
    with pytest.raises(PermissionRefusedError):
        edit(note, "A stranger's", UserFactory())
    assert Note.objects.get().body == "A manager's"


def test_edit_note_refuses_a_stale_version():
    note = NoteFactory()
    edit(note, "Newer", note.author)

    with pytest.raises(StaleVersionError):
        edit(note, "Older", note.author, expected_version=1)


def test_delete_note_by_author_but_not_by_a_colleague():
    note = NoteFactory()

    with pytest.raises(PermissionRefusedError):
        delete_note(note=note, by=UserFactory())
    delete_note(note=note, by=note.author)
    assert not Note.objects.exists()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("@Maria Falk", ["maria@example.com"]),
        ("ask @MARIA@example.com.", ["maria@example.com"]),
        ("@Maria Falkner and @Maria Falk", ["falkner@example.com", "maria@example.com"]),
        ("mail me@Maria Falk", []),
        ("@Maria", []),
        ("@Li Wei", []),
        ("@li2@example.com", ["li2@example.com"]),
        ("@李伟你好", []),
        ("@李伟, 你好", ["wei@example.com"]),
    ],
)
def test_find_mentions(body, expected):
    users = [
        UserFactory.build(pk=1, name="Maria Falk", email="maria@example.com"),
        UserFactory.build(pk=2, name="Maria Falkner", email="falkner@example.com"),
        UserFactory.build(pk=3, name="Li Wei", email="li1@example.com"),
        UserFactory.build(pk=4, name="Li Wei", email="li2@example.com"),
        UserFactory.build(pk=5, name="李伟", email="wei@example.com"),
    ]

    assert [user.email for user in find_mentions(body, users=users)] == expected
