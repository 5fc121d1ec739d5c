"""Sending: messages are leased in small batches, sent over a kept connection, and recorded one by one.

A sender that is killed lets its lease run out, and another goes on; what the server had accepted and was not
recorded yet goes out once more with the same `Message-ID`. A server that does not answer ends the run: nothing is
lost, and the next tick tries again.
"""

import datetime as dt
import random
import smtplib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.core.mail import mailers
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from lrs_tracker.problems import DomainError
from reminders.domain.chat import ChatError, post
from reminders.domain.mails import build_mail
from reminders.domain.relevance import still_relevant
from reminders.enums import Channel, MessageStatus
from reminders.models import Notification, NotificationItem, Reminder

log = structlog.get_logger(__name__)

BATCH = 100
# One minute, two, four … an hour, each a little off so that not all come back at once: nine hours in all.
FIRST_RETRY = dt.timedelta(minutes=1)
LONGEST_RETRY = dt.timedelta(hours=1)
MOST_ATTEMPTS = 14
_LONGEST_ERROR = 500

_LEASE = """
UPDATE reminders_notification SET leased_until = %(until)s
WHERE id IN (
    SELECT id FROM reminders_notification
    WHERE status = 'pending' AND next_attempt_at <= %(at)s AND (leased_until IS NULL OR leased_until <= %(at)s)
    ORDER BY next_attempt_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
RETURNING id
"""


class UnreachableError(Exception):
    """The server did not answer, or broke off: the message may be sent to it later."""


class RefusedError(Exception):
    """The server refused this message for good."""


class PutOffError(Exception):
    """The server refused this message for now."""


@dataclass(slots=True)
class SendResult:
    """What became of the messages of a run."""

    sent: int = 0
    put_off: int = 0
    failed: int = 0
    skipped: int = 0


def send_pending(*, until: dt.datetime, clock: Callable[[], dt.datetime] = timezone.now) -> SendResult:
    """Send what waits until nothing does, or time is up; any number of processes may do so at once."""
    result = SendResult()
    with MailSender() as mail_sender:
        while clock() < until and (lease := _take_lease(clock())):
            try:
                for message, reminders in _still_wanted(lease.messages, clock(), result):
                    if not lease.renew(clock()):
                        # Held up for so long that another sender goes on with the rest.
                        break
                    _send_one(message, reminders, mail_sender, clock, result)
            except UnreachableError:
                lease.let_go()
                break
    return result


class Lease:
    """Messages that one sender holds for a while, and renews long before another would take them."""

    def __init__(self, messages: Sequence[Notification], until: dt.datetime) -> None:
        self.messages = messages
        self._until = until

    def renew(self, at: dt.datetime) -> bool:
        """Hold what is left for longer when half the time is over; return whether it is still held."""
        if at >= self._until:
            return False
        if at >= self._until - lease_time() / 2:
            left, self._until = self._left(), at + lease_time()
            left.update(leased_until=self._until)
        return True

    def let_go(self) -> None:
        """Leave what is left to any sender."""
        self._left().update(leased_until=None)

    def _left(self) -> QuerySet[Notification]:
        keys = [message.pk for message in self.messages]
        return Notification.objects.filter(pk__in=keys, status=MessageStatus.PENDING, leased_until=self._until)


def lease_time() -> dt.timedelta:
    """Return for how long a sender holds messages without a sign of life."""
    return dt.timedelta(seconds=settings.REMINDERS_LEASE_SECONDS)


class MailSender:
    """A connection to the mail server that is opened once, and again after it broke."""

    def __init__(self) -> None:
        self._connection: BaseEmailBackend | None = None

    def __enter__(self) -> "MailSender":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Say goodbye to the server, if there was one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def send(self, message: Notification, reminders: Sequence[Reminder], at: dt.datetime) -> str:
        """Send a message and return the address it went to. Raise UnreachableError, RefusedError or PutOffError."""
        try:
            mail = build_mail(message, reminders, at=at)
        except DomainError as error:
            # A contact whose address was taken away, or a week in which everything was taken back.
            raise RefusedError(str(error)) from error
        except Exception as error:
            # A fault of ours in one message keeps no other waiting: it is tried again, and then seen as failed.
            log.exception("message could not be written", notification_id=message.pk)
            raise PutOffError(type(error).__name__) from error
        try:
            self._open().send_messages([mail])
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = next(iter(error.recipients.values()))
            raise _refusal(code, answer) from error
        except smtplib.SMTPDataError as error:
            raise _refusal(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPSenderRefused as error:
            # That we may not send at all is a matter of settings: the message itself is as good as any.
            self.close()
            raise PutOffError(_answer(error.smtp_code, error.smtp_error)) from error
        except OSError as error:
            # Nobody there, a broken connection, a refused login: smtplib's other errors are OSErrors too.
            self.close()
            raise UnreachableError(type(error).__name__) from error
        return str(mail.to[0])

    def _open(self) -> BaseEmailBackend:
        if self._connection is None:
            opened: BaseEmailBackend = mailers["default"]
            opened.open()
            self._connection = opened
        return self._connection


def _refusal(code: int, answer: bytes | str) -> RefusedError | PutOffError:
    is_final = 500 <= code < 600
    return (RefusedError if is_final else PutOffError)(_answer(code, answer))


def _answer(code: int, answer: bytes | str) -> str:
    return f"{code} {answer.decode(errors='replace') if isinstance(answer, bytes) else answer}"


def _take_lease(at: dt.datetime) -> Lease | None:
    until = at + lease_time()
    with connection.cursor() as cursor:
        cursor.execute(_LEASE, {"at": at, "until": until, "limit": BATCH})
        ids = [pk for (pk,) in cursor.fetchall()]
    if not ids:
        return None
    rows = Notification.objects.filter(pk__in=ids).select_related("recipient", "contact", "chat_endpoint")
    return Lease(list(rows.order_by("pk")), until)


def _still_wanted(
    batch: Sequence[Notification], at: dt.datetime, result: SendResult
) -> Iterator[tuple[Notification, list[Reminder]]]:
    """Yield the messages with those of their reminders that still hold; those without any are skipped."""
    items = list(NotificationItem.objects.filter(notification__in=batch).order_by("pk"))
    reminders = Reminder.objects.filter(pk__in={item.reminder_id for item in items})
    relevant = still_relevant(reminders.select_related("rule", "escalates", "recipient", "deal__company"), at=at)
    carried: dict[int, list[Reminder]] = defaultdict(list)
    for item in items:
        if item.reminder_id in relevant:
            carried[item.notification_id].append(relevant[item.reminder_id])
    for message in batch:
        if carried[message.pk]:
            yield message, carried[message.pk]
        else:
            result.skipped += 1
            _record(message, status=MessageStatus.SKIPPED)


def _send_one(
    message: Notification,
    reminders: Sequence[Reminder],
    mail_sender: MailSender,
    clock: Callable[[], dt.datetime],
    result: SendResult,
) -> None:
    """Send a message and record what became of it. Raise UnreachableError, recorded too, when nobody answered."""
    attempts = message.attempts + 1
    try:
        address = _hand_over(message, reminders, mail_sender, clock())
    except RefusedError as error:
        result.failed += 1
        _record(message, status=MessageStatus.FAILED, attempts=attempts, last_error=_shown(error))
    except (PutOffError, UnreachableError) as error:
        is_last = attempts >= MOST_ATTEMPTS
        result.failed += is_last
        result.put_off += not is_last
        _record(
            message,
            status=MessageStatus.FAILED if is_last else MessageStatus.PENDING,
            attempts=attempts,
            last_error=_shown(error),
            next_attempt_at=clock() + retry_delay(attempts),
        )
        if isinstance(error, UnreachableError):
            raise
    else:
        result.sent += 1
        _record(message, status=MessageStatus.SENT, attempts=attempts, sent_at=clock(), address=address, last_error="")


def _hand_over(message: Notification, reminders: Sequence[Reminder], mail_sender: MailSender, at: dt.datetime) -> str:
    if message.channel == Channel.EMAIL:
        return mail_sender.send(message, reminders, at)
    if message.chat_endpoint is None or message.chat_endpoint.archived_at is not None:
        raise RefusedError("the chat is not there any more")
    try:
        post(message.chat_endpoint, reminders, message)
    except ChatError as error:
        # A chat is one of many, so that one which does not answer keeps no other message waiting.
        raise (RefusedError if error.is_final else PutOffError)(str(error)) from error
    return message.chat_endpoint.name


def _shown(error: Exception) -> str:
    return str(error)[:_LONGEST_ERROR]


def _record(message: Notification, **values: object) -> None:
    Notification.objects.filter(pk=message.pk).update(leased_until=None, **values)


def retry_delay(attempts: int) -> dt.timedelta:
    """Return how long to wait after an attempt: twice as long each time, up to an hour, give or take a fifth."""
    delay = min(FIRST_RETRY * 2 ** (attempts - 1), LONGEST_RETRY)
    return delay * random.uniform(0.8, 1.2)  # noqa: S311  # only spreads the load


def resend(*, message: Notification, at: dt.datetime) -> None:
    """Send a failed message again, from the first attempt on."""
    Notification.objects.filter(pk=message.pk, status=MessageStatus.FAILED).update(
        status=MessageStatus.PENDING, attempts=0, next_attempt_at=at, leased_until=None
    )
