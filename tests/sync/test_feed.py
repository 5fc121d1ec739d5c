"""The sync feed: what each reader is told, once and in which order."""

import threading
import time

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from accounts.enums import Role
from deals.models import Deal, DealTeamMember
from sync.domain.changes import CursorError
from sync.domain.feed import CursorGoneError, Position, current_position, read_feed
from sync.domain.pruning import prune_changes
from sync.enums import Operation
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory
from tests.deals.factories import DealFactory, TaskFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin():
    return UserFactory(role=Role.ADMINISTRATOR)


@pytest.fixture
def colleague():
    return UserFactory(role=Role.BUSINESS_DEVELOPMENT)


def read(user, after, *, until=None, **values):
    """Read until what was committed before is there: other databases of the server may hold the feed up for a while."""
    until = until or current_position()
    found = []
    while current_position().transaction < after.transaction:
        time.sleep(0.05)
    for _attempt in range(600):
        is_settled = current_position().transaction >= until.transaction
        page = read_feed(user=user, after=after, limit=1000, **values)
        found += page.changes
        after = page.next
        if not page.more and is_settled:
            return found
        time.sleep(0.05)
    raise AssertionError("the feed stands still")


def settled():
    """Return the position after everything committed so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        return Position(cursor.fetchone()[0], 0)


def said(changes):
    return [(change.resource, change.operation, change.object_id) for change in changes]


def test_feed_tells_each_change_once_in_order_whatever_made_it(admin):
    start = current_position()
    company = CompanyFactory()
    type(company).objects.filter(pk=company.pk).update(website="https://a.example")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM companies_company WHERE id = %s", [company.pk])
    end = settled()

    found = read(admin, start, until=end, resources=["company"])

    assert said(found) == [("company", op, company.pk) for op in (Operation.INSERT, Operation.UPDATE, Operation.DELETE)]
    assert found[1].fields == {"website": ["", "https://a.example"]}
    assert found[1].channel == "sql"
    assert said(read(admin, found[0].position, until=end, resources=["company"])) == said(found)[1:]


def test_pages_of_one_change_go_on_where_they_ended(admin):
    start = current_position()
    companies = CompanyFactory.create_batch(5)
    settled_at = settled()
    while current_position().transaction < settled_at.transaction:
        time.sleep(0.05)

    found, after, more = [], start, True
    while more:
        page = read_feed(user=admin, after=after, resources=["company"], limit=2)
        found += page.changes
        after, more = page.next, page.more

    assert [change.object_id for change in found] == [company.pk for company in companies]


def test_feed_waits_for_a_transaction_that_is_held_open(admin):
    start = current_position()
    written, may_commit = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            CompanyFactory(name="Held")
            written.set()
            may_commit.wait(20)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    written.wait(20)
    later = CompanyFactory(name="Later")
    early = read_feed(user=admin, after=start, resources=["company"], limit=10)
    may_commit.set()
    holder.join()
    found = read(admin, early.next, until=settled(), resources=["company"])

    assert early.changes == []
    assert [change.fields["name"][1] for change in found] == ["Held", "Later"]
    assert found[1].object_id == later.pk


def test_what_was_rolled_back_is_not_told(admin):
    start = current_position()
    with transaction.atomic():
        CompanyFactory()
        transaction.set_rollback(True)

    assert read(admin, start, until=settled(), resources=["company"]) == []


def test_confidential_deals_are_not_told_to_outsiders(admin, colleague):
    start = current_position()
    deal = DealFactory(is_confidential=True)
    task = TaskFactory(deal=deal)
    task.delete()
    TaskFactory(deal=deal)
    end = settled()
    wanted = ["deal", "task"]

    assert read(colleague, start, until=end, resources=wanted) == []
    assert len(read(admin, start, until=end, resources=wanted)) == 4
    Deal.objects.get(pk=deal.pk).delete()
    assert read(colleague, start, until=settled(), resources=wanted) == []


def test_deletion_is_told_to_those_who_knew_the_deal(admin, colleague):
    member = UserFactory(role=Role.BUSINESS_DEVELOPMENT)
    deal = DealFactory(is_confidential=True)
    DealTeamMember.objects.create(deal=deal, user=member)
    open_deal = DealFactory()
    TaskFactory(deal=open_deal)
    start = settled()
    Deal.objects.filter(pk__in=[deal.pk, open_deal.pk]).delete()
    end = settled()

    def deleted(user):
        return {
            (change.resource, change.object_id)
            for change in read(user, start, until=end)
            if change.operation == Operation.DELETE and change.resource == "deal"
        }

    assert deleted(colleague) == {("deal", open_deal.pk)}
    assert deleted(member) == deleted(admin) == {("deal", open_deal.pk), ("deal", deal.pk)}
    (task,) = [change for change in read(colleague, start, until=end) if change.resource == "task"]
    assert (task.operation, task.fields) == (Operation.DELETE, {})


def test_deal_that_becomes_confidential_is_gone_for_outsiders_and_comes_back(admin, colleague):
    deal = DealFactory()
    start = settled()
    Deal.objects.filter(pk=deal.pk).update(is_confidential=True, title="Secret plan")
    middle = settled()

    (hidden,) = read(colleague, start, until=middle, resources=["deal"])
    assert (hidden.operation, hidden.object_id, hidden.fields) == (Operation.DELETE, deal.pk, {})
    (plain,) = read(admin, start, until=middle, resources=["deal"])
    assert plain.operation == Operation.UPDATE

    DealTeamMember.objects.create(deal=deal, user=colleague)
    (gained,) = read(colleague, middle, until=settled(), resources=["deal"])
    assert (gained.operation, gained.part, gained.is_gained) == (Operation.UPDATE, "deal-team-member", True)

    left = settled()
    DealTeamMember.objects.filter(deal=deal, user=colleague).delete()
    (gone,) = read(colleague, left, until=settled(), resources=["deal"])
    assert (gone.operation, gone.object_id) == (Operation.DELETE, deal.pk)


@pytest.mark.parametrize("cursor", ["", "1.2", "1.2~forged", "x" * 5000, "0.0~" + "A" * 43, "\x00"])
def test_forged_cursor_is_refused(cursor):
    with pytest.raises(CursorError):
        Position.parse(cursor)


def test_cursor_survives_its_text():
    assert Position.parse(str(Position(12, 34))) == Position(12, 34)


def test_cursor_before_what_is_kept_or_of_another_database_is_gone(admin):
    start = current_position()
    CompanyFactory()
    end = settled()
    while current_position().transaction < end.transaction:
        time.sleep(0.05)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sync_change SET at = at - interval '2 days'")
        cursor.execute("SELECT now() - interval '1 day'")
        (before,) = cursor.fetchone()

    assert prune_changes(before=before) > 0

    with pytest.raises(CursorGoneError):
        read_feed(user=admin, after=start, limit=10)
    with pytest.raises(CursorGoneError):
        read_feed(user=admin, after=Position(2**60, 0), limit=10)
    assert read_feed(user=admin, after=current_position(), limit=10).changes == []
    company = CompanyFactory()
    assert said(read(admin, end, until=settled(), resources=["company"])) == [("company", Operation.INSERT, company.pk)]


def test_what_is_pruned_while_it_is_read_is_told(admin):
    start = current_position()
    CompanyFactory()
    end = settled()
    while current_position().transaction < end.transaction:
        time.sleep(0.05)
    pruned = []

    def prune():
        with connection.cursor() as cursor:
            cursor.execute("SELECT now() + interval '1 day'")
            (tomorrow,) = cursor.fetchone()
        pruned.append(prune_changes(before=tomorrow))
        connection.close()

    def prune_first(execute, sql, params, many, context):
        if "FROM sync_change" in sql and not pruned:
            pruner = threading.Thread(target=prune)
            pruner.start()
            pruner.join()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(prune_first), pytest.raises(CursorGoneError):
        read_feed(user=admin, after=start, resources=["company"], limit=10)
    assert pruned[0] > 0


def test_prune_changes_command_says_how_many(admin, capsys):
    CompanyFactory()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sync_change SET at = at - interval '401 days' WHERE resource = 'company'")
        cursor.execute("SELECT pg_current_xact_id()")
    settled_at = settled()
    while current_position().transaction < settled_at.transaction - 1:
        time.sleep(0.05)

    call_command("prune_changes", "--older-than", "400d")

    assert capsys.readouterr().out == "1 changes deleted\n"
    with pytest.raises(CommandError):
        call_command("prune_changes", "--older-than", "soon")


def overtake(change_early, change_late):
    """Have a transaction that began first do `change_late` after another one did `change_early` and committed."""
    begun, may_go_on = threading.Event(), threading.Event()

    def late():
        with transaction.atomic():
            CompanyFactory(name="Takes its number")
            begun.set()
            may_go_on.wait(20)
            change_late()
        connection.close()

    thread = threading.Thread(target=late)
    thread.start()
    begun.wait(20)
    change_early()
    may_go_on.set()
    thread.join()


def test_changes_of_an_object_are_in_the_order_they_were_made_in_whatever_transaction_began_first(admin):
    company = CompanyFactory(name="First")
    start = settled()

    def rename(name):
        return lambda: type(company).objects.filter(pk=company.pk).update(name=name)

    overtake(rename("Between"), rename("Last"))

    told = [change for change in read(admin, start, until=settled()) if change.object_id == company.pk]
    assert [change.fields["name"] for change in told] == [["First", "Between"], ["Between", "Last"]]


def test_object_deleted_by_a_transaction_that_began_before_it_was_made_ends_deleted(admin):
    start = current_position()
    made = []

    def make():
        made.append(CompanyFactory())

    def delete():
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM companies_company WHERE id = %s", [made[0].pk])

    overtake(make, delete)

    told = [change for change in read(admin, start, until=settled()) if change.object_id == made[0].pk]
    assert [change.operation for change in told] == [Operation.INSERT, Operation.DELETE]


def test_transaction_that_waited_for_a_row_comes_after_the_one_it_waited_for(admin):
    company = CompanyFactory(name="First")
    start = settled()
    begun, has_written = threading.Event(), threading.Event()

    def wait():
        with transaction.atomic():
            CompanyFactory(name="Takes its number")
            begun.set()
            has_written.wait(20)
            type(company).objects.filter(pk=company.pk).update(name="Last")
        connection.close()

    thread = threading.Thread(target=wait)
    thread.start()
    begun.wait(20)
    with transaction.atomic():
        type(company).objects.filter(pk=company.pk).update(name="Between")
        has_written.set()
        time.sleep(0.5)
    thread.join()

    told = [change for change in read(admin, start, until=settled()) if change.object_id == company.pk]
    assert [change.fields["name"] for change in told] == [["First", "Between"], ["Between", "Last"]]


def test_member_who_was_taken_off_and_added_again_by_an_older_transaction_is_in(admin, colleague):
    deal = DealFactory(is_confidential=True)
    DealTeamMember.objects.create(deal=deal, user=colleague)
    start = settled()

    overtake(
        lambda: DealTeamMember.objects.filter(deal=deal, user=colleague).delete(),
        lambda: DealTeamMember.objects.create(deal=deal, user=colleague),
    )

    told = [change.fields["user_id"] for change in read(admin, start, until=settled(), resources=["deal"])]
    assert told == [[colleague.pk, None], [None, colleague.pk]]


def test_feed_is_read_from_its_index(admin):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_change (transaction_id, resource, object_id, parent_resource, operation, fields, channel,"
            " request_id) SELECT n, 'company', n, '', 'update', '{}', 'sql', '' FROM generate_series(1, 5000) n"
        )
        cursor.execute("ANALYZE sync_change")
        cursor.execute(
            "EXPLAIN SELECT id FROM sync_change WHERE (greatest(transaction_id, written_after), id) > (100, 1)"
            " AND greatest(transaction_id, written_after) < 4000"
            " ORDER BY greatest(transaction_id, written_after), id LIMIT 100"
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "sync_change_order" in plan
    assert "Sort" not in plan
