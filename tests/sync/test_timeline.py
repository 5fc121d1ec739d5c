import datetime as dt
import re

import pytest
from django.db import connection

from accounts.enums import Role
from accounts.models import User
from deals.domain.gates import tick_gate
from deals.domain.moves import move_deal
from deals.domain.notes import add_note, delete_note
from deals.domain.tasks import add_task, finish_task
from deals.enums import DocumentAudience, NoteKind
from deals.models import Deal, DealContact, DealTeamMember
from lrs_tracker.change_log import change_context
from sync.domain.timeline import in_words, timeline_of
from sync.models import Change
from tests.accounts.factories import UserFactory
from tests.companies.factories import ContactFactory
from tests.deals.factories import NOW, TODAY, DealFactory, DocumentFactory, GateFactory, StageFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def maria():
    return UserFactory(name="Maria Falk")


@pytest.fixture
def deal(maria):
    return DealFactory(owner=maria, expected_sop_on=dt.date(2029, 4, 1))


def told(deal, viewer, **options):
    """Return the timeline as plain text, newest first, without what made the deal."""
    page = timeline_of("deal", deal.pk, viewer=viewer, **options)
    lines = [
        (entry.who, re.sub(r"<[^>]+>", "", line.text), re.sub(r"<[^>]+>", "", line.body).strip())
        for entry in page.entries
        for line in entry.lines
    ]
    return [line for line in lines if line[1] != "created this deal"]


def acting(user, channel="web"):
    return change_context(actor_id=user.pk, channel=channel)


def test_a_changed_field_is_told_with_old_and_new(deal, maria):
    with acting(maria):
        Deal.objects.filter(pk=deal.pk).update(expected_sop_on=dt.date(2029, 7, 1), region="europe")

    assert told(deal, maria) == [
        ("Maria Falk", "set region to Europe, expected start of production 1 Apr 2029 → 1 Jul 2029", "")
    ]
    (entry, _created) = timeline_of("deal", deal.pk, viewer=maria).entries
    assert '<s class="was" dir="auto">1 Apr 2029</s>' in entry.lines[0].text


def test_values_read_as_people_write_them(deal, maria):
    other = UserFactory(name="Wei Lin")
    with acting(maria):
        Deal.objects.filter(pk=deal.pk).update(
            owner=other, capacity_gwh="35.5", is_confidential=True, scope=["licence", "operation"], currency="USD"
        )

    ((_who, text, _body),) = told(deal, maria)
    assert text == (
        "set owner Maria Falk → Wei Lin, scope to Licence, Operation, capacity, GWh a year to 35.5, "
        "currency to USD, confidential no → yes"
    )


@pytest.mark.parametrize(
    ("channel", "who"), [("import", "An import"), ("command", "A command"), ("task", "LRS Tracker")]
)
def test_a_change_without_a_person_says_where_it_came_from(deal, maria, channel, who):
    with change_context(actor_id=None, channel=channel):
        Deal.objects.filter(pk=deal.pk).update(title="New")

    assert told(deal, maria)[0][0] == who


def test_a_change_by_sql_is_told_without_a_name(deal, maria):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE deals_deal SET title = '' WHERE id = %s", [deal.pk])

    assert told(deal, maria) == [("Someone, by SQL", f"set title {deal.title} → nothing", "")]


def test_a_person_by_another_channel_is_told_with_it(deal, maria):
    with acting(maria, "import"):
        Deal.objects.filter(pk=deal.pk).update(title="New")

    entry = timeline_of("deal", deal.pk, viewer=maria).entries[0]
    assert (entry.who, entry.via) == ("Maria Falk", "Import")


def test_a_move_is_one_sentence_with_reason_and_days(deal, maria):
    target = StageFactory(pipeline=deal.stage.pipeline, name="Term sheet", type="lost")
    with acting(maria):
        move_deal(deal=deal, target=target, reason="Price", by=maria, at=NOW + dt.timedelta(days=64), today=TODAY)

    assert told(deal, maria) == [("Maria Falk", f"moved {deal.stage.name} → Term sheet", "Price 64 days in stage.")]


def test_parts_of_a_deal_are_told_in_their_own_words(deal, maria):
    contact = ContactFactory(company=deal.company, name="Dana Ortiz")
    gate = GateFactory(stage=deal.stage, label="Screening done")
    with acting(maria):
        task = add_task(deal=deal, title="Send options", due_on=TODAY, assignee=None, by=maria)
        finish_task(task=task, by=maria, at=NOW)
        tick_gate(deal=deal, gate=gate, note="No hits", by=maria, at=NOW)
        DealContact.objects.create(deal=deal, contact=contact, role="sponsor").delete()
        DealTeamMember.objects.create(deal=deal, user=maria)

    assert [line[1:] for line in reversed(told(deal, maria))] == [
        ("added task Send options for 24 Nov 2026", ""),
        ("finished task Send options", ""),
        ("ticked Screening done", "No hits"),
        ("added contact Dana Ortiz as sponsor", ""),
        ("removed contact Dana Ortiz as sponsor", ""),
        ("added Maria Falk to the team", ""),
    ]


def test_a_note_is_told_with_its_text_as_it_is_now(deal, maria):
    with acting(maria):
        note = add_note(
            deal=deal, kind=NoteKind.MEETING, body="**Met** @Maria Falk", happened_on=None, by=maria, today=TODAY
        )

    assert told(deal, maria) == [("Maria Falk", "logged a meeting of 24 Nov 2026", "Met @Maria Falk")]
    line = timeline_of("deal", deal.pk, viewer=maria, only=["note"]).entries[0].lines[0]
    assert (line.object_id, line.author_id) == (note.pk, maria.pk)

    with acting(maria):
        delete_note(note=note, by=maria)
    assert [line[1] for line in told(deal, maria)] == [
        "removed a note",
        "logged a meeting of 24 Nov 2026 removed since",
    ]


def test_a_restricted_document_is_not_named_to_others(deal, maria):
    with acting(maria):
        DocumentFactory(deal=deal, title="Secret memo", audience=DocumentAudience.TEAM)

    assert told(deal, maria)[0][1] == "uploaded NDA Secret memo"
    assert told(deal, UserFactory())[0][1] == "added document"


def test_changes_of_one_transaction_are_one_entry_and_pages_follow_on(deal, maria):
    for number in range(5):
        with acting(maria):
            Deal.objects.filter(pk=deal.pk).update(title=f"Title {number}")

    first = timeline_of("deal", deal.pk, viewer=maria, size=2)
    second = timeline_of("deal", deal.pk, viewer=maria, size=2, before=first.older)
    third = timeline_of("deal", deal.pk, viewer=maria, size=2, before=second.older)

    titles = [re.findall("<b[^>]*>(.*?)</b>", entry.lines[0].text) for entry in first.entries + second.entries]
    assert titles == [["Title 4"], ["Title 3"], ["Title 2"], ["Title 1"]]
    assert (len(third.entries), third.older) == (2, None)


def test_values_cannot_carry_html(deal, maria):
    Deal.objects.filter(pk=deal.pk).update(title="<script>alert(1)</script>")

    assert "&lt;script&gt;" in timeline_of("deal", deal.pk, viewer=maria).entries[0].lines[0].text


def test_a_timeline_takes_two_queries_whatever_it_points_to(deal, maria, django_assert_num_queries):
    for number in range(4):
        with acting(UserFactory()):
            Deal.objects.filter(pk=deal.pk).update(owner=UserFactory(), title=f"{number}")
            add_task(deal=deal, title="x", due_on=TODAY, assignee=UserFactory(), by=maria)

    with django_assert_num_queries(2):
        assert len(timeline_of("deal", deal.pk, viewer=User(pk=maria.pk, is_superuser=True)).entries) == 9


def test_in_words_tells_only_what_the_viewer_may_see(maria):
    hidden = DealFactory(is_confidential=True)
    open_one = DealFactory(title="Open")
    stranger = User.objects.get(pk=UserFactory(role=Role.BUSINESS_DEVELOPMENT).pk)
    changes = Change.objects.visible_to(stranger).filter(resource="deal").select_related("actor").order_by("-pk")

    assert [entry.lines[0].object_id for entry in in_words(changes, viewer=stranger)] == [open_one.pk]
    assert hidden.pk != open_one.pk
