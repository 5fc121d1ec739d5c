"""Ten thousand reminders, sent by workers that are killed, with a broker that loses its data and two beats."""

import datetime as dt
import random
import time
from collections import Counter
from itertools import cycle

import pytest
from django.utils import timezone

from accounts.enums import Role
from accounts.models import User
from deals.models import Task
from reminders.enums import Channel
from reminders.models import Notification, Preference, Reminder
from tests.accounts.factories import UserFactory
from tests.deals.factories import DealFactory
from tests.reminders.factories import RuleFactory
from tests.reminders.processes import Broker, Fleet, Postbox, environment_of, mail_server, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
REMINDERS = 10_000
PEOPLE = 200
KILLS = 10
# How long all may take in the end on a machine that is busy with other things.
PATIENCE_SECONDS = 600


@pytest.fixture
def due_now():
    """Reminders that are due at this moment, whatever day it is."""
    today = timezone.now().date()
    people = UserFactory.create_batch(PEOPLE, role=Role.BUSINESS_DEVELOPMENT)
    Preference.objects.bulk_create(
        Preference(user=person, send_time=dt.time(0), working_days=[0, 1, 2, 3, 4, 5, 6]) for person in people
    )
    deal = DealFactory()
    Task.objects.bulk_create(
        Task(deal=deal, title=f"Step {number}", due_on=today, assignee=person)
        for number, person in zip(range(REMINDERS), cycle(people), strict=False)
    )
    RuleFactory(channels=[Channel.EMAIL], enabled_on=today)
    return people


def test_every_reminder_is_sent_whatever_is_killed(due_now, tmp_path):
    dice = random.Random(20261128)  # noqa: S311  # nothing secret
    postbox, broker = Postbox(), Broker(tmp_path)
    broker.start()
    with mail_server(postbox) as port:
        fleet = Fleet(
            environment_of(
                broker.url,
                port,
                REMINDERS_HOLD_ABOVE=str(REMINDERS),
                REMINDERS_LEASE_SECONDS="5",
                REMINDERS_TICK_SECONDS="1",
            )
        )
        try:
            for name in ("worker", "worker", "beat", "beat"):
                fleet.start(name)
            assert wait_for(lambda: len(postbox.taken) > 50, PATIENCE_SECONDS), "nothing was sent at all"
            for number in range(KILLS):
                time.sleep(dice.uniform(0.2, 2))
                # Workers eight times, and each beat once.
                fleet.start(fleet.kill(0 if number not in (3, 7) else _place_of_a_beat(fleet)))
                if number == 5:
                    broker.kill()
                    broker.start()
            assert wait_for(lambda: _count("sent") == REMINDERS, PATIENCE_SECONDS), _states()
        finally:
            fleet.kill_all()
            broker.kill()

    assert Counter(Reminder.objects.values_list("status", flat=True)) == {"told": REMINDERS}
    # The ledger and the mail server agree, one by one.
    addresses = dict(User.objects.values_list("pk", "email"))
    ledger = {
        str(uid): (addresses[recipient], address)
        for uid, recipient, address in Notification.objects.values_list("uid", "recipient_id", "address")
    }
    taken = Counter((message_id.strip("<>").split("@")[0], address) for message_id, address in postbox.taken)
    assert {(uid, address) for uid, (_email, address) in ledger.items()} == set(taken)
    assert all(email == address for email, address in ledger.values())
    # A worker has one mail in its hands when it is killed: that one may come twice, as the same message.
    assert sum(count - 1 for count in taken.values()) <= KILLS
    assert {address for _uid, address in taken} == {person.email for person in due_now}


def _place_of_a_beat(fleet):
    return next(place for place, (name, _process) in enumerate(fleet.running) if name == "beat")


def _count(status):
    return Notification.objects.filter(status=status).count()


def _states():
    return Counter(Notification.objects.values_list("status", "last_error"))
