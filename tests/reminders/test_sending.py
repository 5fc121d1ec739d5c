"""Sending over real SMTP: servers that refuse, hang, break off, and answer 4xx for an hour."""

import datetime as dt

import pytest

from accounts.enums import Role
from reminders.domain.scan import scan
from reminders.domain.sending import MOST_ATTEMPTS, Lease, resend, retry_delay, send_pending
from reminders.domain.telling import tell_due
from reminders.enums import Channel
from reminders.models import Notification, Reminder
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, TODAY, TaskFactory
from tests.reminders.factories import RuleFactory
from tests.reminders.processes import Postbox, mail_server

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


class Moody(Postbox):
    """A mail server that says to each recipient, or to each mail, what it is told to say."""

    def __init__(self, *, rcpt="250 fine", mail="250 taken", break_off=False) -> None:
        super().__init__()
        self.rcpt, self.mail, self.break_off = rcpt, mail, break_off

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  # as aiosmtpd names it
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.break_off:
            server.transport.close()
        if self.mail.startswith("250"):
            return await super().handle_DATA(server, session, envelope)
        return self.mail


@pytest.fixture
def message():
    owner = UserFactory(role=Role.BUSINESS_DEVELOPMENT, email="mei@lrs.example")
    TaskFactory(due_on=TODAY, deal__owner=owner)
    RuleFactory(channels=[Channel.EMAIL])
    scan(at=NOW)
    tell_due(at=NOW)
    return Notification.objects.get()


def send(settings, server, *, at=NOW):
    with mail_server(server) as port:
        use_port(settings, port)
        return send_pending(until=at + MINUTE, clock=lambda: at)


def use_port(settings, port):
    backend = "django.core.mail.backends.smtp.EmailBackend"
    settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": {"host": "127.0.0.1", "port": port, "timeout": 1}}}


def state(message):
    message.refresh_from_db()
    return message.status, message.attempts, message.leased_until


def test_message_is_sent_and_recorded(message, settings):
    server = Moody()

    result = send(settings, server)

    assert (result.sent, state(message)) == (1, ("sent", 1, None))
    assert (message.address, message.sent_at, message.last_error) == ("mei@lrs.example", NOW, "")
    assert [(uid.strip("<>").split("@")[0], address) for uid, address in server.taken] == [
        (str(message.uid), "mei@lrs.example")
    ]


def test_message_is_sent_once(message, settings):
    send(settings, Moody())
    server = Moody()

    send(settings, server)

    assert server.taken == []


@pytest.mark.parametrize("server", [{"rcpt": "550 no such user"}, {"mail": "554 not wanted"}])
def test_message_that_is_refused_for_good_fails_at_once(message, settings, server):
    result = send(settings, Moody(**server))

    assert (result.failed, state(message)) == (1, ("failed", 1, None))
    assert message.last_error in {"550 no such user", "554 not wanted"}


@pytest.mark.parametrize("server", [{"rcpt": "451 try later"}, {"mail": "452 no space"}])
def test_message_that_is_refused_for_now_is_sent_later(message, settings, server):
    at = NOW
    for attempt in range(1, 7):
        send(settings, Moody(**server), at=at)
        assert state(message) == ("pending", attempt, None)
        assert at < message.next_attempt_at <= at + 72 * MINUTE
        at = message.next_attempt_at

    send(settings, Moody(), at=at)

    assert state(message) == ("sent", 7, None)
    assert at > NOW + 40 * MINUTE


def test_server_that_breaks_off_takes_nothing_and_keeps_nobody(message, settings):
    send(settings, Moody(break_off=True))

    assert state(message) == ("pending", 1, None)
    assert "SMTPServerDisconnected" in message.last_error
    send(settings, Moody(), at=message.next_attempt_at)
    assert state(message)[0] == "sent"


def test_server_that_is_not_there_ends_the_run_after_one_message(message, settings):
    TaskFactory(due_on=TODAY, deal=Reminder.objects.get().deal, assignee=message.recipient)
    scan(at=NOW)
    tell_due(at=NOW)
    use_port(settings, 9)

    result = send_pending(until=NOW + MINUTE, clock=lambda: NOW)

    assert result.put_off == 1
    found = Notification.objects.order_by("attempts").values_list("status", "attempts", "leased_until")
    assert list(found) == [("pending", 0, None), ("pending", 1, None)]


def test_message_fails_after_the_last_attempt_and_can_be_sent_again(message, settings):
    Notification.objects.update(attempts=MOST_ATTEMPTS - 1)
    send(settings, Moody(rcpt="451 try later"))
    assert state(message) == ("failed", MOST_ATTEMPTS, None)

    resend(message=message, at=NOW)
    send(settings, Moody())

    assert state(message) == ("sent", 1, None)


def test_message_that_cannot_be_written_keeps_no_other_waiting(message, settings):
    TaskFactory(due_on=TODAY, deal=Reminder.objects.get().deal, assignee=message.recipient)
    scan(at=NOW)
    tell_due(at=NOW)
    # A time zone that a newer release of the zones knows.
    Notification.objects.filter(pk=message.pk).update(recipient=UserFactory())
    type(message.recipient).objects.filter(notifications=message).update(time_zone="Moon/Crater")

    result = send(settings, Moody())

    assert (result.sent, result.put_off) == (1, 1)
    assert state(message) == ("pending", 1, None)
    assert message.last_error == "ZoneInfoNotFoundError"


def test_message_about_what_was_done_meanwhile_is_not_sent(message, settings):
    Reminder.objects.update(done_at=NOW)
    server = Moody()

    result = send(settings, server)

    assert (result.skipped, server.taken, state(message)[0]) == (1, [], "skipped")


def test_message_to_somebody_who_may_not_see_it_any_more_is_not_sent(message, settings):
    message.recipient.groups.clear()
    server = Moody()

    send(settings, server)

    assert (server.taken, state(message)[0]) == ([], "skipped")


def test_two_senders_hold_different_messages(message):
    from reminders.domain.sending import _take_lease

    first = _take_lease(NOW)

    assert isinstance(first, Lease)
    assert _take_lease(NOW) is None
    assert _take_lease(NOW + 3 * MINUTE) is not None, "the lease of a sender that was killed has run out"


def test_lease_is_renewed_while_its_sender_lives(message, settings):
    from reminders.domain.sending import _take_lease

    lease = _take_lease(NOW)

    assert lease.renew(NOW + MINUTE)
    assert _take_lease(NOW + 2.5 * MINUTE) is None
    assert not lease.renew(NOW + 4 * MINUTE)


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 1), (2, 2), (6, 32), (7, 60), (13, 60)])
def test_retries_wait_longer_each_time_up_to_an_hour(attempts, minutes):
    assert 0.8 * minutes * MINUTE <= retry_delay(attempts) <= 1.2 * minutes * MINUTE
