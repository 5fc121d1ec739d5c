"""A receiver that hangs, answers 500 a third of the time and is killed, while writers commit and a worker dies."""

import random
import threading
import time

import pytest
from django.conf import settings
from django.db import connection, connections, transaction

from companies.models import Company
from sync.domain.feed import Position
from sync.models import Change, WebhookDelivery, WebhookEndpoint
from tests.companies.factories import CompanyFactory
from tests.reminders.processes import Fleet, environment_of, wait_for
from tests.sync.webhooks.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS = 3
WRITE_SECONDS = 8
# How long all may take in the end on a machine that is busy with other things.
PATIENCE_SECONDS = 180


def moody(calm):
    """Return what answers 500 a third of the time, and now and then not at all, until it is calm."""

    def decide(dice):
        roll = dice.random()
        return 204 if calm.is_set() or roll >= 0.333 else 0 if roll < 0.003 else 500

    return decide


def write(number, keys, until):
    """Change, create and delete companies by model, bulk and SQL; hold some open, roll some back."""
    dice = random.Random(number)  # noqa: S311  # nothing secret
    own = connections["default"]
    # Outside the pool, of which threads of earlier tests may still hold some.
    own.settings_dict = {**own.settings_dict, "OPTIONS": {**own.settings_dict["OPTIONS"], "pool": False}}
    try:
        while time.monotonic() < until:
            key, what = dice.choice(keys), dice.randrange(6)
            with transaction.atomic():
                if what == 0:
                    CompanyFactory(name=f"Made {number} {dice.random()}")
                elif what == 1:
                    with connection.cursor() as cursor:
                        cursor.execute(
                            "UPDATE companies_company SET name = %s WHERE id = %s", [f"SQL {dice.random()}", key]
                        )
                elif what == 2:
                    Company.objects.filter(name__startswith=f"Made {number} ").delete()
                else:
                    Company.objects.filter(pk=key).update(name=f"Set {dice.random()}")
                if what == 3:
                    time.sleep(dice.random() / 2)
                transaction.set_rollback(what == 4)
            time.sleep(dice.random() / 10)
    finally:
        connection.close()


def test_nothing_is_missing_and_each_object_is_in_order_whatever_fails(endpoint, taken, receiver):
    keys = [company.pk for company in CompanyFactory.create_batch(40)]
    before = Position(endpoint.position_transaction, endpoint.position_row)
    receiver.kill()
    port, calm = receiver.port, threading.Event()
    fleet = Fleet(environment_of(settings.REDIS_URL, 25, REMINDERS_TICK_SECONDS="60"))
    until = time.monotonic() + WRITE_SECONDS
    writers = [threading.Thread(target=write, args=(number, keys, until)) for number in range(WRITERS)]
    try:
        for name in ("worker", "worker", "beat"):
            fleet.start(name)
        for writer in writers:
            writer.start()
        moods = Receiver(taken, port=port, decide=moody(calm))
        assert wait_for(lambda: len(taken.messages) > 20, PATIENCE_SECONDS), "nothing was sent at all"
        fleet.start(fleet.kill(0))
        moods.kill()
        time.sleep(1)
        moods = Receiver(taken, port=port, decide=moody(calm))
        for writer in writers:
            writer.join()
        calm.set()
        assert wait_for(lambda: _is_done(endpoint), PATIENCE_SECONDS), _state()
        moods.kill()
    finally:
        fleet.kill_all()

    assert taken.mistakes == []
    told = {key: [facts["cursor"] for facts in changes] for key, changes in taken.by_object().items()}
    expected: dict = {}
    for change in Change.objects.filter(resource="company").in_feed_order():
        position = Position(change.feed_transaction, change.pk)
        if position > before:
            expected.setdefault(("company", str(change.object_id)), []).append(str(position))
    assert sum(map(len, expected.values())) > 100
    assert told == expected
    # What was refused came again as the same message, and nothing came twice for no reason.
    assert taken.seen > WebhookDelivery.objects.count()


def _is_done(endpoint):
    newest = Change.objects.filter(resource="company").in_feed_order().last()
    endpoint = WebhookEndpoint.objects.get(pk=endpoint.pk)
    has_all = (endpoint.position_transaction, endpoint.position_row) >= (newest.feed_transaction, newest.pk)
    return has_all and not WebhookDelivery.objects.filter(status="pending").exists()


def _state():
    return list(WebhookDelivery.objects.filter(status="pending").values_list("attempts", "last_error")[:5])
