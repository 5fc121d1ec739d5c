import datetime as dt
from decimal import Decimal

import pytest

from accounts.enums import Role
from accounts.models import User
from companies.models import Company, Contact
from deals.domain.imports.undoing import ChangedSinceError, deals_changed_since, undo_import
from deals.enums import ImportStatus
from deals.models import Deal, Note, Pipeline, Stage, StageTransition, Task
from lrs_tracker.problems import DomainError
from sync.models import Change, ExternalRef
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, DealFactory, NoteFactory
from tests.deals.imports.builders import a_map, csv_file, import_file
from tests.deals.imports.test_running import RICH_FILE, RICH_MAP

# Each import is a transaction of its own, so that the change log can tell them apart.
pytestmark = pytest.mark.django_db(transaction=True)

TABLES = (Deal, Stage, Pipeline, Company, Contact, Task, Note, StageTransition, ExternalRef)


@pytest.fixture
def user():
    return UserFactory()


def test_undo_leaves_nothing_behind(user):
    before = {model: set(model.objects.values_list("pk", flat=True)) for model in (*TABLES, User)}
    batch, _report = import_file(RICH_FILE, RICH_MAP, by=user)
    undone = undo_import(batch=batch, by=user, at=NOW)
    assert (undone.deleted, undone.restored, undone.left, undone.kept) == (3, 0, [], [])
    assert {model: set(model.objects.values_list("pk", flat=True)) for model in (*TABLES, User)} == before
    batch.refresh_from_db()
    assert (batch.status, batch.undone_by, batch.undone_at) == (ImportStatus.UNDONE, user, NOW)


def test_undo_is_in_the_change_log(user):
    batch, _report = import_file(RICH_FILE, RICH_MAP, by=user)
    undo_import(batch=batch, by=user, at=NOW)
    gone = Change.objects.filter(resource="deal", operation="delete")
    assert {(change.channel, change.actor_id) for change in gone} == {("import", user.pk)}
    assert gone.count() == 3


def test_undo_gives_back_every_former_value(user):
    headings = "id,company,title,stage,opened,value,scope"
    raw_map = a_map(
        more_columns={"opened": "opened_on", "value": "value", "scope": "scope"}, defaults={"currency": "EUR"}
    )
    first = csv_file("A1,Acme,One,Talks,2020-01-31,1234567890123.45,licence", "A2,B,Two,Lost,,,", headings=headings)
    second = csv_file("A1,Acme 2,Uno,Lost,2021-01-31,5.00,operation", headings=headings)
    import_file(first, raw_map, by=user)
    before = Deal.objects.values().get(title="One")
    batch, report = import_file(second, raw_map, by=user)
    assert report["updated"] == 1
    undone = undo_import(batch=batch, by=user, at=NOW)
    after = Deal.objects.values().get(title="One")
    differing = {name for name in before if before[name] != after[name]}
    assert (undone.restored, differing) == (1, {"version", "updated_at", "rank"})
    assert after["annual_royalty"] == Decimal("1234567890123.45")
    assert Deal.objects.get(title="One").transitions.count() == 1
    assert not Company.objects.filter(name="Acme 2").exists()


def test_undo_refuses_deals_changed_since_and_can_leave_them(user):
    batch, _report = import_file(csv_file("A1,Acme,One,Won", "A2,Acme,Two,Won", "A3,Bolt,Three,Won"), by=user)
    one, two = Deal.objects.get(title="One"), Deal.objects.get(title="Two")
    Deal.objects.filter(pk=one.pk).update(title="One!")
    NoteFactory(deal=two, author=user)
    assert deals_changed_since(batch) == [one.code, two.code]
    with pytest.raises(ChangedSinceError, match=one.code):
        undo_import(batch=batch, by=user, at=NOW)
    assert Deal.objects.count() == 3
    undone = undo_import(batch=batch, by=user, at=NOW, leave_changed=True)
    assert (undone.deleted, undone.left) == (1, [one.code, two.code])
    assert set(Deal.objects.values_list("title", flat=True)) == {"One!", "Two"}
    assert undone.kept == ["Acme", "Won", "Imported"]
    assert not Company.objects.filter(name="Bolt").exists()


def test_company_that_something_else_uses_stays(user):
    batch, _report = import_file(csv_file("A1,Acme,One,Won"), by=user)
    DealFactory(company=Company.objects.get(name="Acme"))
    assert undo_import(batch=batch, by=user, at=NOW).kept == ["Acme"]


def test_id_given_to_a_deal_that_was_there_goes_again(user):
    import_file(csv_file(",Acme,One,Won"), by=user)
    deal = Deal.objects.get()
    batch, _report = import_file(csv_file("A1,Acme,One,Won"), a_map(confirm={"2": deal.code}), by=user)
    assert ExternalRef.objects.count() == 1
    undo_import(batch=batch, by=user, at=NOW)
    assert (ExternalRef.objects.count(), Deal.objects.count()) == (0, 1)


def test_second_undo_is_refused(user):
    batch, _report = import_file(csv_file("A1,Acme,One,Won"), by=user)
    undo_import(batch=batch, by=user, at=NOW)
    with pytest.raises(DomainError, match="applied"):
        undo_import(batch=batch, by=user, at=NOW + dt.timedelta(minutes=1))


def test_import_of_someone_else_is_for_managers(user):
    batch, _report = import_file(csv_file("A1,Acme,One,Won"), by=user)
    with pytest.raises(DomainError, match="manager"):
        undo_import(batch=batch, by=UserFactory(), at=NOW)
    undo_import(batch=batch, by=UserFactory(role=Role.MANAGER), at=NOW)


def test_import_after_an_undo_makes_it_all_again(user):
    batch, _report = import_file(RICH_FILE, RICH_MAP, by=user)
    undo_import(batch=batch, by=user, at=NOW)
    _batch, report = import_file(RICH_FILE, RICH_MAP, by=user)
    assert report["created"] == 3
