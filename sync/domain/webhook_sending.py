"""From deliveries to posts: leased, posted side by side, and recorded together.

A message waits while an earlier one of its endpoint and object does. A sender that is killed lets its leases run out,
and another goes on; what the receiver had taken and was not recorded yet is posted once more with the same
`webhook-id`. What cannot be posted is tried again, later and later, for three days.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import structlog
from django.utils import timezone
from django.utils.translation import gettext as _

from sync.domain.feed_knowledge import may_know_of
from sync.domain.webhook_disabling import give_up
from sync.domain.webhook_leases import PATIENCE, record, skip, take_leases
from sync.domain.webhook_owners import viewer_of
from sync.domain.webhook_posting import Attempt, post_once
from sync.enums import DisabledReason
from sync.models import WebhookDelivery, WebhookEndpoint

log = structlog.get_logger(__name__)

MOST_POSTS = 48
TRY_FOR = dt.timedelta(days=3)
# An endpoint that takes nothing rests for a tenth of the time that this has lasted.
LONGEST_REST = dt.timedelta(minutes=5)
# What is done by then is recorded together; with nothing done, the next look is later.
_GATHER_SECONDS = 0.02
_LOOK_SECONDS = 0.2


class Sender:
    """Posts under way. Use it as a context manager: what is under way at its end is waited for and recorded."""

    def __init__(self, clock: Callable[[], dt.datetime] = timezone.now) -> None:
        self._clock = clock
        self._pool = ThreadPoolExecutor(MOST_POSTS, thread_name_prefix="webhook")
        self._under_way: dict[Future[Attempt], WebhookDelivery] = {}
        self.taken = 0

    def __enter__(self) -> "Sender":
        return self

    def __exit__(self, *_error: object) -> None:
        self._pool.shutdown()
        self.gather()

    def send_due(self) -> int:
        """Start posting what is due, as far as there is room; return how many were started."""
        room = MOST_POSTS - len(self._under_way)
        if room == 0:
            return 0
        now = self._clock()
        each = Counter(delivery.endpoint_id for delivery in self._under_way.values())
        leased = take_leases(limit=room, under_way=each, at=now)
        for delivery in _still_allowed(leased, now):
            self._under_way[self._pool.submit(post_once, delivery.endpoint, delivery, at=now)] = delivery
        return len(leased)

    def gather(self) -> bool:
        """Record what is done, waiting for something for a moment; return whether posts are still under way."""
        done, _rest = wait(self._under_way, _GATHER_SECONDS)
        if not done:
            done, _rest = wait(self._under_way, _LOOK_SECONDS, FIRST_COMPLETED)
        if done:
            self._record([(self._under_way.pop(future), _attempt_of(future)) for future in done])
        return bool(self._under_way)

    def _record(self, results: Sequence[tuple[WebhookDelivery, Attempt]]) -> None:
        now = self._clock()
        record(results, at=now)
        self.taken += sum(attempt.is_taken for _delivery, attempt in results)
        _note_health(results, now)
        for delivery, attempt in results:
            if attempt.is_gone:
                give_up(endpoint=delivery.endpoint, reason=DisabledReason.GONE, at=now)
            elif not attempt.is_taken and now - (delivery.first_attempt_at or now) >= TRY_FOR:
                give_up(endpoint=delivery.endpoint, reason=DisabledReason.FAILING, at=now)


def _attempt_of(future: Future[Attempt]) -> Attempt:
    try:
        return future.result()
    except Exception as error:
        # A fault of ours in one message keeps no other waiting: it is tried again like any.
        log.exception("webhook could not be posted")
        return Attempt(0, error=type(error).__name__)


def _still_allowed(leased: Sequence[WebhookDelivery], at: dt.datetime) -> Iterable[WebhookDelivery]:
    """Return what the endpoint's viewer may know of at this moment; the rest is skipped.

    That something is gone has no content, and is what tells of it.
    """
    by_endpoint: dict[WebhookEndpoint, list[WebhookDelivery]] = defaultdict(list)
    for delivery in leased:
        by_endpoint[delivery.endpoint].append(delivery)
    allowed = []
    for endpoint, deliveries in by_endpoint.items():
        objects = {_object(delivery) for delivery in deliveries if not delivery.tells_end}
        known = may_know_of(viewer_of(endpoint), objects)
        allowed += [delivery for delivery in deliveries if delivery.tells_end or _object(delivery) in known]
    if forbidden := set(leased) - set(allowed):
        skip(forbidden, why=_("The owner of the webhook may not see it any more."), at=at)
    return allowed


def _object(delivery: WebhookDelivery) -> tuple[str, int]:
    return delivery.resource, delivery.object_id or 0


def _note_health(results: Iterable[tuple[WebhookDelivery, Attempt]], at: dt.datetime) -> None:
    """Note since when endpoints take nothing, and let those that do so for a while rest."""
    took = {delivery.endpoint_id: False for delivery, _attempt in results}
    for delivery, attempt in results:
        took[delivery.endpoint_id] |= attempt.is_taken
    well = [pk for pk, has_taken in took.items() if has_taken]
    ill = [pk for pk, has_taken in took.items() if not has_taken]
    if well:
        WebhookEndpoint.objects.filter(pk__in=well, failing_since__isnull=False).update(
            failing_since=None, resting_until=None
        )
    for endpoint in WebhookEndpoint.objects.filter(pk__in=ill):
        since = endpoint.failing_since
        if since is None:
            WebhookEndpoint.objects.filter(pk=endpoint.pk, failing_since__isnull=True).update(failing_since=at)
        elif at - since >= PATIENCE:
            rest = min((at - since) / 10, LONGEST_REST)
            WebhookEndpoint.objects.filter(pk=endpoint.pk).update(resting_until=at + rest)
