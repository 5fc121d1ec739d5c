"""A reminder always points to a rule, a deal and a person that there are, whoever writes and whatever comes first."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, NotSupportedError, connection, transaction
from django.db.models import ProtectedError

from accounts.models import User
from deals.models import Deal
from reminders.models import Reminder, ReminderRule
from tests.accounts.factories import UserFactory
from tests.companies.factories import ContactFactory
from tests.deals.factories import DealFactory
from tests.reminders.factories import ReminderFactory, RuleFactory

PARENTS = {"rule": ReminderRule, "deal": Deal, "recipient": User}
FACTORIES = {"rule": RuleFactory, "deal": DealFactory, "recipient": UserFactory}
MISSING = 987_654_321

each_field = pytest.mark.parametrize("field", PARENTS)


@pytest.fixture
def reminder(db) -> Reminder:
    return ReminderFactory(status="waiting", told_to=None, told_at=None)


@pytest.fixture
def committed(transactional_db) -> Reminder:
    return ReminderFactory(status="waiting", told_to=None, told_at=None)


@contextmanager
def refused(field: str) -> Iterator[None]:
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        yield
    cause = error.value.__cause__
    assert (cause.sqlstate, cause.diag.constraint_name) == ("23503", f"reminders_reminder_{field}_exists")
    assert (cause.diag.table_name, cause.diag.column_name) == ("reminders_reminder", f"{field}_id")


def run(sql: str, *parameters: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def check_references(field: str) -> None:
    """Check now what is checked at the end of a transaction."""
    run(f"SET CONSTRAINTS reminders_reminder_{field}_exists_kept IMMEDIATE")


def delete(field: str, key: int) -> None:
    PARENTS[field].objects.filter(pk=key).delete()


class Beside:
    """Work in a transaction and on a connection of its own."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.refused_by = ""
        self.thread = threading.Thread(target=self._run, args=[work])
        self.thread.start()

    def _run(self, work: Callable[[], object]) -> None:
        try:
            with transaction.atomic():
                work()
        except IntegrityError as error:
            self.refused_by = error.__cause__.diag.constraint_name
        finally:
            connection.close()

    def wait_for_us(self) -> None:
        """Return when it can go on only after our transaction."""
        waits = (
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
        )
        for _try in range(200):
            with connection.cursor() as cursor:
                cursor.execute(waits)
                if cursor.fetchone()[0]:
                    return
            time.sleep(0.05)
        raise AssertionError("it does not wait")

    def end(self) -> str:
        """Return the constraint that refused it, or nothing."""
        self.thread.join(20)
        assert not self.thread.is_alive()
        return self.refused_by


def copy_of(reminder: Reminder, **changes: object) -> Reminder:
    names = ("rule_id", "kind", "deal_id", "due_on", "offset_days", "recipient_id", "send_at", "status")
    values = {name: getattr(reminder, name) for name in names}
    return Reminder(**{**values, "subject_id": reminder.subject_id + 1, **changes})


@each_field
def test_reminder_of_what_is_missing_is_refused(reminder, field):
    with refused(field):
        copy_of(reminder, **{f"{field}_id": MISSING}).save(force_insert=True)


@each_field
def test_many_reminders_are_refused_when_one_points_to_what_is_missing(reminder, field):
    many = [copy_of(reminder, subject_id=number) for number in range(1_001, 1_050)]
    setattr(many[30], f"{field}_id", MISSING)

    with refused(field):
        Reminder.objects.bulk_create(many)

    assert Reminder.objects.count() == 1


@each_field
def test_reminder_of_what_is_missing_is_refused_in_plain_sql(reminder, field):
    values = {"rule": "rule_id", "deal": "deal_id", "recipient": "recipient_id"} | {field: str(MISSING)}
    with refused(field):
        run(
            f"""
            INSERT INTO reminders_reminder (rule_id, kind, subject_id, deal_id, due_on, offset_days, recipient_id,
                send_at, status, reason, title, detail, url)
            SELECT {values["rule"]}, kind, subject_id + 1, {values["deal"]}, due_on, offset_days, {values["recipient"]},
                send_at, status, reason, title, detail, url
            FROM reminders_reminder
            """  # noqa: S608  # names of columns, and a number
        )


@each_field
def test_reminder_cannot_be_made_to_point_to_what_is_missing(reminder, field):
    with refused(field):
        Reminder.objects.update(**{f"{field}_id": MISSING})
    with refused(field):
        run(f"UPDATE reminders_reminder SET {field}_id = %s", MISSING)  # noqa: S608  # a name of a column
    setattr(reminder, f"{field}_id", MISSING)
    with refused(field):
        reminder.save()


@each_field
def test_reminders_point_to_what_there_is(reminder, field):
    other = FACTORIES[field]()

    Reminder.objects.bulk_create(
        [copy_of(reminder, **{f"{field}_id": other.pk, "subject_id": number}) for number in range(1_001, 1_050)]
    )
    Reminder.objects.filter(pk=reminder.pk).update(**{field: other})

    assert Reminder.objects.filter(**{field: other}).count() == 50


def test_reminders_without_a_deal_or_a_person_to_tell_point_to_nothing(reminder):
    contact = ContactFactory()
    copy_of(reminder, deal_id=None).save()
    copy_of(reminder, deal_id=None, recipient_id=None, contact=contact).save()
    Reminder.objects.update(deal=None)

    assert Reminder.objects.filter(deal=None).count() == 3


@each_field
def test_what_a_reminder_points_to_is_not_deleted_in_plain_sql(reminder, field):
    table = PARENTS[field]._meta.db_table
    for sql in (f"DELETE FROM {table}", f"UPDATE {table} SET id = {MISSING} WHERE id = %s"):  # noqa: S608  # names, a number
        with refused(field):
            parameters = [getattr(reminder, f"{field}_id")] if "%s" in sql else []
            run(sql, *parameters)
            check_references(field)

    assert getattr(Reminder.objects.get(), f"{field}_id") in PARENTS[field].objects.values_list("pk", flat=True)


@each_field
def test_what_a_reminder_points_to_may_come_again_in_the_same_transaction(reminder, field):
    parent = getattr(reminder, field)
    run(f"UPDATE {parent._meta.db_table} SET id = %s WHERE id = %s", MISSING, parent.pk)  # noqa: S608  # a name
    run(f"UPDATE {parent._meta.db_table} SET id = %s WHERE id = %s", parent.pk, MISSING)  # noqa: S608  # a name

    check_references(field)


@each_field
def test_what_no_reminder_points_to_is_deleted(reminder, field):
    other_id = FACTORIES[field]().pk

    delete(field, other_id)
    check_references(field)

    assert not PARENTS[field].objects.filter(pk=other_id).exists()


@pytest.mark.parametrize("field", ["rule", "deal"])
def test_what_a_reminder_points_to_is_not_emptied(reminder, field):
    table = PARENTS[field]._meta.db_table
    run("SET CONSTRAINTS ALL IMMEDIATE")

    with refused(field):
        run(f"TRUNCATE {table} CASCADE")


def test_reminders_of_a_deal_are_deleted_with_it(reminder):
    other = ReminderFactory()

    reminder.deal.delete()
    check_references("deal")

    assert list(Reminder.objects.all()) == [other]


@pytest.mark.parametrize("field", ["rule", "recipient"])
def test_rule_and_person_of_a_reminder_are_not_deleted(reminder, field):
    with pytest.raises(ProtectedError):
        getattr(reminder, field).delete()


@each_field
def test_what_is_deleted_beside_is_not_pointed_to(committed, field):
    parent_id = FACTORIES[field]().pk
    with transaction.atomic():
        delete(field, parent_id)
        inserting = Beside(lambda: copy_of(committed, **{f"{field}_id": parent_id}).save())
        inserting.wait_for_us()

    assert inserting.end() == f"reminders_reminder_{field}_exists"
    assert list(Reminder.objects.all()) == [committed]


@each_field
def test_reminder_is_not_moved_to_what_is_deleted_beside(committed, field):
    parent_id = FACTORIES[field]().pk
    with transaction.atomic():
        delete(field, parent_id)
        moving = Beside(lambda: Reminder.objects.update(**{f"{field}_id": parent_id}))
        moving.wait_for_us()

    assert moving.end() == f"reminders_reminder_{field}_exists"


@each_field
def test_what_is_pointed_to_beside_is_not_deleted(committed, field):
    parent_id = FACTORIES[field]().pk
    with transaction.atomic():
        copy_of(committed, **{f"{field}_id": parent_id}).save()
        deleting = Beside(lambda: delete(field, parent_id))
        deleting.wait_for_us()

    assert deleting.end() == f"reminders_reminder_{field}_exists"
    assert PARENTS[field].objects.filter(reminders__isnull=False, pk=parent_id).count() == 1


@each_field
def test_nothing_is_deleted_by_who_cannot_see_what_points_there(committed, field):
    parent_id = FACTORIES[field]().pk

    def delete_later():
        with transaction.atomic():
            run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            assert Reminder.objects.count() == 1
            assert Beside(copy_of(committed, **{f"{field}_id": parent_id}).save).end() == ""
            delete(field, parent_id)

    with pytest.raises(NotSupportedError):
        delete_later()

    assert Reminder.objects.filter(**{f"{field}_id": parent_id}).count() == 1
