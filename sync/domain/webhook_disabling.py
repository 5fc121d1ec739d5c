"""Endpoints that nothing is sent to any more, because they do not take it, and telling who cares."""

import datetime as dt

import structlog
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from lrs_tracker.base_url import absolute_url
from sync.domain.webhook_owners import people_to_tell
from sync.enums import DisabledReason
from sync.models import WebhookEndpoint

log = structlog.get_logger(__name__)


def give_up(*, endpoint: WebhookEndpoint, reason: DisabledReason, at: dt.datetime) -> bool:
    """Disable an endpoint and tell its owner by mail; return whether it was enabled until now.

    Call it outside a transaction: what is told must be true.
    """
    enabled = WebhookEndpoint.objects.filter(pk=endpoint.pk, disabled_at__isnull=True)
    if not enabled.update(disabled_at=at, disabled_reason=reason):
        return False
    log.warning("webhook disabled", webhook=endpoint.pk, reason=reason.value)
    for person in people_to_tell(endpoint):
        with translation.override(person.language):
            subject = _("LRS Tracker: the webhook “%(name)s” is disabled") % {"name": endpoint.name}
            context = {
                "person": person,
                "endpoint": endpoint,
                "reason": reason.label,
                "url": absolute_url(endpoint.get_absolute_url()),
            }
            body = render_to_string("sync/email/webhook_disabled.txt", context)
        try:
            send_mail(subject, body, None, [person.email])
        except OSError:
            # The page says so too, and a mail server that is away must not hold up what others are sent.
            log.exception("owner of a webhook could not be told", webhook=endpoint.pk)
    return True
