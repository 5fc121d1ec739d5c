import pytest
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import connection, transaction

from accounts.models import User
from companies.models import Company
from deals.models import Deal
from lrs_tracker.change_log import ChangeTrigger, change_context
from sync.models import Change, ExternalRef
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory
from tests.deals.factories import DealFactory, GateFactory, StageFactory, TaskFactory

pytestmark = pytest.mark.django_db


def latest():
    return Change.objects.order_by("-pk").first()


def test_insert_records_every_value_but_no_bookkeeping():
    company = CompanyFactory(name="Northlake Motors", country="CA")

    change = latest()
    assert (change.resource, change.object_id, change.operation) == ("company", company.pk, "insert")
    assert change.fields == {
        "name": [None, "Northlake Motors"],
        "kind": [None, "oem"],
        "country": [None, "CA"],
        "is_fictional": [None, False],
        "is_placeholder": [None, False],
    }


def test_update_records_old_and_new_of_what_changed():
    company = CompanyFactory(name="Before")
    company.name = "After"
    company.save()

    assert (latest().operation, latest().fields) == ("update", {"name": ["Before", "After"]})


def test_delete_leaves_a_tombstone_and_removes_external_ids():
    company = CompanyFactory()
    ExternalRef.objects.create(resource="company", object_id=company.pk, system="crm", external_id="1")
    pk = company.pk
    company.delete()

    gone = Change.objects.filter(resource="company").latest("pk")
    assert (gone.operation, gone.object_id, gone.fields["name"][1]) == ("delete", pk, None)
    assert not ExternalRef.objects.exists()


def test_update_without_a_difference_records_nothing():
    company = CompanyFactory()
    before = Change.objects.count()
    Company.objects.filter(pk=company.pk).update(name=company.name)

    assert Change.objects.count() == before
    assert Company.objects.get(pk=company.pk).version == 1


def test_version_rises_on_every_change_by_any_path():
    company = CompanyFactory()
    Company.objects.filter(pk=company.pk).update(name="Second")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE companies_company SET name = 'Third' WHERE id = %s", [company.pk])

    assert Company.objects.get(pk=company.pk).version == 3


def test_queryset_update_and_bulk_create_are_recorded_one_by_one():
    stage = StageFactory()
    DealFactory.create_batch(2, stage=stage)
    Deal.objects.filter(stage=stage).update(title="Renamed")
    before = Change.objects.count()
    Company.objects.bulk_create([Company(name="One"), Company(name="Two"), Company(name="Three")])

    assert Change.objects.filter(resource="deal", operation="update").count() == 2
    assert Change.objects.count() == before + 3


def test_plain_sql_has_no_actor_and_channel_sql():
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO auth_group (name) VALUES ('x')")
        cursor.execute(
            "INSERT INTO companies_company (name, kind, country, website, about, is_fictional, is_placeholder, version)"
            " VALUES ('By hand', 'oem', '', '', '', false, false, 1)"
        )

    assert (latest().channel, latest().actor_id, latest().request_id) == ("sql", None, "")


@pytest.mark.django_db(transaction=True)
def test_context_reaches_the_row_and_ends_with_its_transaction():
    user = UserFactory()
    with change_context(actor_id=user.pk, channel="task", request_id="task-1"):
        CompanyFactory(name="Inside")
    inside = latest()
    CompanyFactory(name="Outside")

    assert (inside.actor_id, inside.channel, inside.request_id) == (user.pk, "task", "task-1")
    assert (latest().actor_id, latest().channel) == (None, "sql")


def test_inner_context_wins_and_the_outer_returns():
    with change_context(actor_id=None, channel="command"):
        with change_context(actor_id=None, channel="import"):
            CompanyFactory()
        inner = latest().channel
        CompanyFactory()

    assert (inner, latest().channel) == ("import", "command")


@pytest.mark.parametrize(("channel", "request_id"), [("guess", ""), ("web", "a'; DROP TABLE x; --"), ("web", "x" * 65)])
def test_context_refuses_what_is_not_safe_as_a_literal(channel, request_id):
    with (
        pytest.raises(ValueError, match="unsafe"),
        change_context(actor_id=None, channel=channel, request_id=request_id),
    ):
        pass


@pytest.mark.django_db(transaction=True)
def test_rolled_back_transaction_leaves_no_row():
    CompanyFactory(name="Kept")
    with transaction.atomic():
        CompanyFactory(name="Gone")
        transaction.set_rollback(True)

    assert list(Change.objects.filter(resource="company").values_list("fields__name__1", flat=True)) == ["Kept"]


def test_rows_of_a_deal_belong_to_its_timeline():
    deal = DealFactory()
    task = TaskFactory(deal=deal)
    TaskFactory()

    rows = Change.objects.of("deal", deal.pk).order_by("pk").values_list("resource", "object_id")
    assert list(rows) == [("deal", deal.pk), ("task", task.pk)]


def test_secrets_of_users_are_never_recorded():
    user = UserFactory()
    User.objects.filter(pk=user.pk).update(password=make_password("another-phrase-2"))

    assert not Change.objects.filter(resource="user", fields__has_key="password").exists()
    assert not Change.objects.filter(resource="user", operation="update").exists()


def test_changes_of_a_confidential_deal_exist_only_for_its_team():
    deal = DealFactory(is_confidential=True)
    TaskFactory(deal=deal)
    outsider = UserFactory()

    seen = Change.objects.of("deal", deal.pk)
    assert seen.visible_to(outsider).count() == 0
    assert seen.visible_to(deal.owner).count() == 2


@pytest.mark.parametrize("factory", [CompanyFactory, DealFactory, TaskFactory, StageFactory, GateFactory, UserFactory])
def test_every_synced_table_carries_the_trigger(factory):
    assert any(isinstance(trigger, ChangeTrigger) for trigger in factory._meta.model._meta.triggers)


def test_triggers_in_the_database_are_those_declared():
    call_command("pgtrigger", "ls", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'pgtrigger_log_change%' AND tgenabled = 'O'")
        assert cursor.fetchone()[0] >= 20
